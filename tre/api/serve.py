"""`tre serve`: four listeners in one process, so that one Deployment is one thing to watch."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from tre.api.app import create_app, create_hubapi, create_ingress_api, create_workspace_api
from tre.api.context import Services
from tre.api.logs import configure_logs

PORTS = {"web": 8080, "hub": 8081, "workspace": 8082, "ingress": 8083}


class _Server(uvicorn.Server):
    """A server that leaves signals to its parent: one signal stops them all."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _server(app: FastAPI, port: int, host: str, *, behind_ingress: bool = False) -> _Server:
    """Only people's listener believes forwarded addresses: the workspace API decides by the peer's own address."""
    config = uvicorn.Config(
        app, host=host, port=port, log_config=None, access_log=False, server_header=False, proxy_headers=behind_ingress,
        forwarded_allow_ips="*" if behind_ingress else None, timeout_graceful_shutdown=10, timeout_keep_alive=75,
    )  # fmt: skip
    return _Server(config)


async def _serve(servers: list[_Server]) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop)
    tasks = [asyncio.create_task(server.serve()) for server in servers]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    stop()  # one listener that dies takes the process down: the cluster restarts it whole
    await asyncio.gather(*tasks)
    for task in done:
        task.result()


def run(services: Services, host: str = "0.0.0.0") -> None:  # noqa: S104  # the pod's network policy says who may reach it
    """Serve until SIGTERM; raises when an application refuses to start."""
    configure_logs()
    servers = [
        _server(create_app(services), PORTS["web"], host, behind_ingress=True),
        _server(create_hubapi(services), PORTS["hub"], host),
        _server(create_workspace_api(services), PORTS["workspace"], host),
        _server(create_ingress_api(services), PORTS["ingress"], host),
    ]
    asyncio.run(_serve(servers))
