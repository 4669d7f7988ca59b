"""A spawner without a cluster, for tests: the same decisions of the control plane, a process in the place of a pod."""

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from jupyterhub.spawner import Spawner, SpawnException

from tre.core.errors import TreError
from tre.spawner.plan import read_plan
from tre.spawner.pod import _arguments
from tre.spawner.spawner import TreSpawner, _profile

# Jupyter's own limit would hide the gateway's.
_NO_RATE = "--ServerApp.iopub_data_rate_limit=1e12"


class LocalSpawner(Spawner):
    """Claims like a pod's init container, then runs the command of a pod's container."""

    process: subprocess.Popen[bytes] | None = None

    async def start(self) -> str:
        settings = TreSpawner.settings
        person = self.user.name
        try:
            wish = {"person": person, "profile": _profile(self.user_options)}
            plan = read_plan(await TreSpawner.control.call("POST", "/sessions", wish), settings.project, person)
        except TreError as refused:
            raise SpawnException(f"{refused.message}", reason=refused.code) from refused
        self.session_id = plan.session_id
        self.api_token = settings.client_secret(plan.session_id)
        home = Path(os.environ["TRE_TEST_HOME"])
        secrets = home / "session"
        shutil.rmtree(secrets, ignore_errors=True)
        secrets.mkdir(parents=True)
        environment = {
            **os.environ, "TRE_WORKSPACE_URL": os.environ["TRE_TEST_WORKSPACE_URL"], "TRE_SESSION": plan.session_id,
            "TRE_NONCE": plan.nonce, "TRE_SESSION_DIR": str(secrets), "TRE_CANARY_HOST": "127.0.0.1",
            "TRE_CANARY_PORT": "1",
        }  # fmt: skip
        claim = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "tre.spawner.claim"],
            env=environment,
            check=False,
            capture_output=True,
        )
        if claim.returncode:
            raise SpawnException(claim.stderr.decode(), reason="claim")
        self.process = self._jupyter(plan, home, secrets)
        (home / "notebook.pid").write_text(str(self.process.pid))
        return settings.gateway_url

    def _jupyter(self, plan: Any, home: Path, secrets: Path) -> "subprocess.Popen[bytes]":
        port = TreSpawner.settings.notebook_port
        work = home / "work"
        work.mkdir(exist_ok=True)
        replaced = {"--ServerApp.port=": f"{port}", "--ServerApp.ip=": "127.0.0.1", "--ServerApp.root_dir=": str(work)}
        arguments = [
            next((prefix + value for prefix, value in replaced.items() if a.startswith(prefix)), a)
            for a in _arguments(plan)
        ]
        environment = {
            **os.environ, "HOME": str(work), "JUPYTER_TOKEN_FILE": str(secrets / "notebook-token"),
            "JUPYTER_PREFER_ENV_PATH": "1",
        }  # fmt: skip
        with (home / "jupyter.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "jupyter", "lab", "--allow-root", _NO_RATE, *arguments],
                env=environment, cwd=work, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    async def stop(self, now: bool = False) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            await asyncio.to_thread(self.process.wait, 20)

    async def poll(self) -> int | None:
        return 0 if self.process is None else self.process.poll()
