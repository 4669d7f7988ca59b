"""Notebook server of a workspace, owned by root. The gateway is the boundary; this agrees with it.

A kernel runs as the same user as this server, so nothing here is relied upon to keep a file in.
"""

import re
from typing import Any

from jupyter_server.auth import Authorizer
from tornado import web

# Ways out that the gateway refuses as well: raw files, rendered files, conversions, terminals.
_CLOSED = re.compile(r"^/(files|view|nbconvert|terminals|api/nbconvert|api/terminals|lsp|api/shutdown)(/|$)")


class WorkspaceAuthorizer(Authorizer):
    """Refuses the routes above, whoever asks; everything else is for the holder of the session's token."""

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:  # noqa: ARG002
        base = handler.settings.get("base_url", "/")
        path = "/" + handler.request.path[len(base) :].lstrip("/")
        return _CLOSED.match(path) is None


class NoFiles(web.RequestHandler):
    """Answers /files in the place of the handler that serves them."""

    def initialize(self, **_: object) -> None:
        """Takes and ignores what the other handler is given."""

    def get(self, *_: object, **__: object) -> None:
        raise web.HTTPError(403, "raw files do not leave a workspace: ask for an export")

    head = get


c = get_config()  # noqa: F821
c.ServerApp.ip = "0.0.0.0"
c.ServerApp.port = 8888
c.ServerApp.port_retries = 0
c.ServerApp.open_browser = False
c.ServerApp.root_dir = "/home/researcher"
c.ServerApp.allow_remote_access = True
c.ServerApp.allow_root = False
c.ServerApp.terminals_enabled = False
c.ServerApp.quit_button = False
c.ServerApp.use_redirect_file = False
c.ServerApp.authorizer_class = WorkspaceAuthorizer
c.ContentsManager.files_handler_class = NoFiles
# No account, no password: the session's token (JUPYTER_TOKEN_FILE) is the only thing accepted, in a header.
c.PasswordIdentityProvider.allow_password_change = False
c.IdentityProvider.secure_cookie = True
c.LabApp.extension_manager = "readonly"
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.news_url = None
c.LabApp.extensions_in_dev_mode = False
