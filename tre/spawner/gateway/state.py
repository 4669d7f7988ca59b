"""The parts of a running gateway, handed to its handlers."""

from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from tre.spawner.gateway.assets import Assets
from tre.spawner.gateway.contents import ContentLimits
from tre.spawner.gateway.journal import Journal
from tre.spawner.gateway.live import Live, LiveSessions
from tre.spawner.gateway.messages import Record
from tre.spawner.gateway.outputs import OutputFilter
from tre.spawner.gateway.rules import Rule
from tre.spawner.gateway.sessions import Held, Holding
from tre.spawner.gateway.visitors import Visitors
from tre.spawner.hubclient import HubApi
from tre.spawner.settings import WorkspaceSettings


@dataclass
class Gateway:
    """One gateway. ``client`` is the pool towards notebooks and hub: no cookies are kept in it."""

    settings: WorkspaceSettings
    control: HubApi
    live: LiveSessions
    visitors: Visitors
    journal: Journal
    assets: Assets
    client: aiohttp.ClientSession
    holding: Holding = field(default_factory=Holding)
    outputs: OutputFilter = field(default_factory=OutputFilter)
    limits: ContentLimits = field(default_factory=ContentLimits)


GATEWAY: web.AppKey[Gateway] = web.AppKey("gateway", Gateway)


@dataclass(frozen=True)
class Visit:
    """One admitted request: whose session, by which rule, below which path."""

    gateway: Gateway
    request: web.Request
    live: Live
    held: Held
    rule: Rule
    path: str

    @property
    def origin(self) -> str:
        """The notebook's own origin, from the settings and the person, never from the request."""
        return self.gateway.settings.notebook_origin(self.live.person)

    @property
    def address(self) -> str:
        """Where the visitor comes from, as the ingress says."""
        forwarded = self.request.headers.get("X-Forwarded-For", "")
        return (forwarded.rpartition(",")[2].strip() or self.request.remote or "")[:64]

    @property
    def upstream(self) -> URL:
        """The notebook server's address of this path, encoded as it came."""
        port = self.gateway.settings.notebook_port
        host = f"[{self.live.address}]" if ":" in self.live.address else self.live.address
        return URL(f"http://{host}:{port}/user/{self.live.person}/{self.path}", encoded=True)

    async def record(self, action: str, outcome: str = "success", **detail: Any) -> None:
        """Put an event of this visit into the journal; raises when it cannot be kept."""
        await self.gateway.journal.append(self.live.session_id, Record(action, detail, outcome=outcome), self.address)
