"""JupyterHub's configuration file; JupyterHub runs it with ``get_config`` in scope. The choices: ``configure``."""

import os
from typing import TYPE_CHECKING, Any

from tre.spawner.configure import configure
from tre.spawner.settings import load_settings

if TYPE_CHECKING:

    def get_config() -> Any:
        """JupyterHub's."""


configure(get_config(), load_settings(), spawner=os.environ.get("TRE_SPAWNER", "kubernetes"))
