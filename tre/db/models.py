"""Imports every table of ours, so that ``Base.metadata`` is whole: migrations, guards and tests need that.

Found by file name, not by import: this package lies below the domains and must not know them.
"""

from importlib import import_module
from pathlib import Path

import tre
from tre.db.base import Base

# Modules of this name that hold no tables: this one, and the value types of the disclosure engine.
_OTHERS = {"tre.db.models", "tre.egress.checks.models"}
_ROOT = Path(tre.__file__).parent


def model_modules() -> list[str]:
    """Every module named ``models`` of a package of ours (``tre.projects.models`` …), sorted."""
    found = [path for depth in ("*/models.py", "*/*/models.py") for path in _ROOT.glob(depth)]
    names = [".".join(("tre", *path.relative_to(_ROOT).with_suffix("").parts)) for path in found]
    return sorted(set(names) - _OTHERS)


def load_models() -> type[Base]:
    """Import all of them; returns the base whose metadata is now complete."""
    for name in model_modules():
        import_module(name)
    return Base
