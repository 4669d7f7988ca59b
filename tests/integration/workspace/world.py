"""A whole workspace on loopback: hub API on PostgreSQL, JupyterHub, gateway and notebook, all real."""

import os
import secrets
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import httpx
import uvicorn
from fastapi import FastAPI

from tests.integration.workspace.platform import PERSON, PERSON_ID, SLUG, Platform, PodSeen, parts, standing
from tests.services.process import ServerProcess, free_port
from tests.support.workspace import Reached, WorkspaceBrowser
from tre.api.app import create_hubapi, create_workspace_api
from tre.api.context import Services
from tre.api.routes.hubapi import get_parts
from tre.audit.events import AuditEvent
from tre.core.people import system
from tre.core.settings import Settings
from tre.db.session import Database
from tre.sessions import service
from tre.sessions.tokens import set_service_token

WORK_DOMAIN = "work.tre.example"
ROOT = Path(__file__).parents[3]


class EveryPodIsHere(Platform):
    """Every session's pod is this machine."""

    def session_pod(self, slug: str, session_id: str) -> PodSeen | None:
        return PodSeen("127.0.0.1")


class Listener:
    """A FastAPI application on a port of its own, in a thread."""

    def __init__(self, app: FastAPI) -> None:
        self.port = free_port()
        self._server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=self.port, log_config=None))
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.02)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)


class World:
    """Everything, started; ``stop`` ends it."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder
        self.platform = EveryPodIsHere(people={PERSON_ID: standing(), "per-b": standing("per-b", "chercheur-b")})
        self.parts = parts(self.platform)
        self.token, gateway_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        with database.transaction() as tx:
            set_service_token(tx, SLUG, self.token, event=self.event("project.service_token"))
        self._control_plane()
        self.hub_port, self.gateway_port, self.notebook_port = free_port(), free_port(), free_port()
        self._secrets({"service-token": self.token, "gateway-token": gateway_token, "crypt-key": secrets.token_hex(32)})
        self.hub = self._process("hub", "tre.spawner.hub", self.hub_port)
        self.gateway = self._process("gateway", "tre.spawner.gateway", self.gateway_port)
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _wait(self) -> None:
        self.hub.wait_until(lambda: _answers(f"http://127.0.0.1:{self.hub_port}/hub/api/"), 60)
        self.gateway.wait_until(lambda: _answers(f"http://127.0.0.1:{self.gateway_port}/healthz"), 30)

    def _control_plane(self) -> None:
        services = Services(
            db=self.database, store=cast(Any, self.platform), vault=cast(Any, self.platform),
            cluster=cast(Any, self.platform), settings=Settings(policies_dir=ROOT / "policies"),
        )  # fmt: skip
        applications = [create_hubapi(services), create_workspace_api(services)]
        for application in applications:
            application.dependency_overrides[get_parts] = lambda: self.parts
        self.hubapi, self.workspace = (Listener(application) for application in applications)

    def _secrets(self, values: dict[str, str]) -> None:
        directory = self.folder / "secrets"
        directory.mkdir()
        for name, value in values.items():
            (directory / name).write_text(value)

    def _process(self, name: str, module: str, port: int) -> ServerProcess:
        data = self.folder / name
        data.mkdir()
        environment = {
            **os.environ, "TRE_PROJECT": SLUG, "TRE_WORK_DOMAIN": WORK_DOMAIN, "TRE_PUBLIC_URL": "https://tre.example",
            "TRE_HUBAPI_URL": f"http://127.0.0.1:{self.hubapi.port}", "TRE_DATA_DIR": str(data),
            "TRE_SECRETS_DIR": str(self.folder / "secrets"), "TRE_LISTEN_PORT": str(port),
            "TRE_NOTEBOOK_PORT": str(self.notebook_port), "TRE_HUB_URL": f"http://127.0.0.1:{self.hub_port}",
            "TRE_GATEWAY_URL": f"http://127.0.0.1:{self.gateway_port}", "TRE_TEST_HOME": str(self.folder),
            "TRE_SPAWNER": "tests.integration.workspace.local_spawner.LocalSpawner", "PYTHONPATH": str(ROOT),
            "TRE_TEST_WORKSPACE_URL": f"http://127.0.0.1:{self.workspace.port}/workspace/v1",
        }  # fmt: skip
        return ServerProcess([sys.executable, "-m", module], self.folder / f"{name}.log", environment)

    def ticket(self, person_id: str = PERSON_ID) -> str:
        with self.database.transaction() as tx:
            return service.issue_ticket(tx, self.parts, SLUG, person_id, event=self.event("workspace.open"))

    def event(self, action: str) -> AuditEvent:
        return AuditEvent(action, system("test"), SLUG)

    def stop(self) -> None:
        for part in (self.gateway, self.hub, self.hubapi, self.workspace):
            part.stop()
        pid = self.folder / "notebook.pid"  # a hub that stops leaves notebooks running, on purpose
        if pid.exists():
            with suppress(ProcessLookupError):
                os.killpg(int(pid.read_text()), signal.SIGTERM)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).status_code < 500
    except httpx.HTTPError:
        return False


HUB_HOST = f"{SLUG}.{WORK_DOMAIN}"
NOTEBOOK_HOST = f"{SLUG}--{PERSON}.{WORK_DOMAIN}"


class Browser(WorkspaceBrowser):
    """A browser of this world: hub and gateway are ports of this machine, behind a TLS ingress that is not there."""

    def __init__(self, world: World) -> None:
        super().__init__(SLUG, PERSON, WORK_DOMAIN)
        self.world = world

    def reach(self, host: str) -> Reached:
        port = self.world.hub_port if host == self.hub_host else self.world.gateway_port
        return Reached(f"http://127.0.0.1:{port}", {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.10"})

    def websocket(self, path: str) -> tuple[str, dict[str, Any]]:
        port = self.world.gateway_port
        return f"ws://{self.notebook_host}:{port}{path}", {"sock": socket.create_connection(("127.0.0.1", port))}
