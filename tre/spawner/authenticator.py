"""The only way into a hub: a one-use ticket of the control plane (design §2). The hub knows no password and no IdP."""

from typing import Any
from urllib.parse import quote

from jupyterhub.auth import Authenticator
from jupyterhub.handlers.base import BaseHandler
from tornado import web

from tre.core.errors import TreError, Unavailable
from tre.core.ids import check_slug
from tre.spawner.hubclient import HubApi
from tre.spawner.settings import WorkspaceSettings


class TicketAuthenticator(Authenticator):  # type: ignore[misc]  # JupyterHub is untyped
    """``authenticate`` redeems a ticket; what it answers is the person's slug, never what the browser says."""

    settings: WorkspaceSettings
    control: HubApi

    async def authenticate(self, handler: Any, data: Any) -> str | None:  # noqa: ARG002  # JupyterHub's signature
        """The person's slug, or None when the control plane does not vouch for the ticket."""
        ticket = str((data or {}).get("ticket", ""))
        if not ticket:
            return None
        try:
            answer = await self.control.call("POST", "/tickets/redeem", {"ticket": ticket})
            return check_slug(str(answer.get("person", "")), "person")
        except Unavailable:
            raise
        except TreError as refused:
            self.log.warning("ticket refused: %s", refused.code)
            return None

    def get_handlers(self, app: Any) -> list[tuple[str, type]]:  # noqa: ARG002  # JupyterHub's signature
        """Ours come before JupyterHub's own, whose login form does not exist here."""
        return [(r"/login", TicketLoginHandler), (r"/token", NoSuchPage), (r"/admin.*", NoSuchPage)]


class TicketLoginHandler(BaseHandler):  # type: ignore[misc]  # JupyterHub is untyped
    """``/hub/login?ticket=…`` lets in; without a ticket it sends people to the control plane for one."""

    async def get(self) -> None:
        """A ticket decides, whoever was signed in before."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "no-referrer")
        ticket = self.get_argument("ticket", "")
        # A ticket comes by a redirect of the control plane; another site's link would sign somebody in as another.
        foreign = self.request.headers.get("Sec-Fetch-Site", "same-site") not in {"same-site", "same-origin"}
        if not ticket or foreign:
            self.redirect(self._control_plane())
            return
        try:
            user = await self.login_user({"ticket": ticket})
        except Unavailable as down:
            raise web.HTTPError(503, down.message) from down
        if user is None:
            self.redirect(self._control_plane())
            return
        self.redirect(self._next(user))

    def _next(self, user: Any) -> str:
        wanted = str(self._validate_next_url(self.get_argument("next", "")))
        if wanted:
            return wanted
        return str(user.url if user.spawner.ready else f"{self.hub.base_url}spawn")

    def _control_plane(self) -> str:
        settings: WorkspaceSettings = self.authenticator.settings
        where = quote(str(self._validate_next_url(self.get_argument("next", ""))), safe="")
        return f"{settings.public_url}/projects/{settings.project}/workspace" + (f"?next={where}" if where else "")


class NoSuchPage(BaseHandler):  # type: ignore[misc]  # JupyterHub is untyped
    """Pages of JupyterHub that have no use here."""

    def prepare(self) -> None:
        """Whoever asks."""
        raise web.HTTPError(404)
