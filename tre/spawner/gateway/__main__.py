"""`python -m tre.spawner.gateway`."""

import asyncio
import logging
import signal
import sys
from contextlib import AsyncExitStack

import aiohttp
from aiohttp import web

from tre.core.errors import TreError
from tre.spawner.gateway.app import make_app
from tre.spawner.gateway.assets import installed_assets
from tre.spawner.gateway.journal import Journal
from tre.spawner.gateway.live import Live, LiveSessions
from tre.spawner.gateway.state import Gateway
from tre.spawner.gateway.tasks import end_idle, send_journal
from tre.spawner.gateway.visitors import Visitors
from tre.spawner.hubclient import HubApi
from tre.spawner.settings import WorkspaceSettings, load_settings


async def build(settings: WorkspaceSettings, stack: AsyncExitStack) -> Gateway:
    """A gateway with its pools and journal; ``stack`` closes them."""
    client = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False)
    stack.push_async_callback(client.close)
    control = HubApi(settings.hubapi_url, settings.service_token)
    stack.push_async_callback(control.close)
    journal = Journal(settings.data_dir / "journal.sqlite")
    stack.callback(journal.close)
    gateway = Gateway(
        settings=settings,
        control=control,
        live=LiveSessions(control),
        visitors=Visitors(settings, lambda: client),
        journal=journal,
        assets=installed_assets(),
        client=client,
    )

    def ended(live: Live) -> None:
        gateway.visitors.forget(live.session_id)
        gateway.holding.drop(live.session_id)

    gateway.live.on_end(ended)
    return gateway


async def serve(settings: WorkspaceSettings, stop: asyncio.Event) -> None:
    """Serve until ``stop``; a background task that dies takes the gateway down, and the cluster restarts it."""
    async with AsyncExitStack() as stack:
        gateway = await build(settings, stack)
        runner = web.AppRunner(make_app(gateway), access_log=None, handle_signals=False)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, None, settings.listen_port, shutdown_timeout=5).start()
        tasks = [
            asyncio.create_task(gateway.live.watch()),
            asyncio.create_task(send_journal(gateway)),
            asyncio.create_task(end_idle(gateway)),
            asyncio.create_task(stop.wait()),
        ]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        gateway.holding.stop_all("gateway-stopped")
        for task in tasks:
            task.cancel()
        for task in done:
            task.result()


def main() -> int:
    """Read the settings, serve until SIGTERM."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        settings = load_settings()
    except TreError as problem:
        print(f"{problem.message} {problem.remedy}", file=sys.stderr)
        return 2

    async def run() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve(settings, stop)

    asyncio.run(run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
