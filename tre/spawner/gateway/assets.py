"""JupyterLab's own files, from the gateway's image: a notebook server cannot answer with a file in their place."""

import mimetypes
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote

from tre.core.errors import Unavailable


@dataclass(frozen=True)
class Assets:
    """Prefix of the path below the server's base -> folder."""

    roots: tuple[tuple[str, Path], ...]

    def find(self, raw_path: str) -> Path | None:
        """The file of a path, or None; never outside its folder."""
        path = unquote(raw_path)
        for prefix, root in self.roots:
            if not path.startswith(prefix):
                continue
            found = (root / path[len(prefix) :]).resolve()
            if found.is_relative_to(root) and found.is_file():
                return found
        return None

    def type_of(self, path: Path) -> str:
        """The content type by name."""
        return mimetypes.guess_type(path.name)[0] or "application/octet-stream"


def installed_assets() -> Assets:
    """The files of the JupyterLab that is installed here; raises Unavailable ``assets-missing`` without one."""
    share = Path(sys.prefix) / "share" / "jupyter" / "lab"
    server = find_spec("jupyter_server")
    if not (share / "static").is_dir() or server is None or server.origin is None:
        raise Unavailable("assets-missing", "JupyterLab's files are not installed here.", "Install jupyterlab.")
    return Assets(
        (
            ("static/lab/", (share / "static").resolve()),
            ("static/", (Path(server.origin).parent / "static").resolve()),
            ("lab/extensions/", (share.parent / "labextensions").resolve()),
            ("lab/api/themes/", (share / "themes").resolve()),
        )
    )
