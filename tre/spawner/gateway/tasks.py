"""What a gateway does besides answering: send its journal, follow sessions, end idle ones."""

import asyncio
import logging
import time
from contextlib import suppress

import aiohttp

from tre.core.errors import Invalid, TreError
from tre.spawner.gateway.live import Live
from tre.spawner.gateway.state import Gateway

log = logging.getLogger("tre.gateway")

IDLE_LOOK_SECONDS = 60.0
BATCH = 200


async def send_journal(gateway: Gateway) -> None:
    """Hand entries to the control plane, oldest first, until each is acknowledged; for ever."""
    pause = 0.5
    while True:
        up_to, entries = await gateway.journal.batch(BATCH)
        if not entries:
            gateway.journal.grown.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(gateway.journal.grown.wait(), 5)
            continue
        try:
            await gateway.control.call("POST", "/traces", {"events": entries})
        except TreError as failure:
            level = logging.ERROR if isinstance(failure, Invalid) else logging.WARNING
            log.log(level, "%d traces wait: %s", len(entries), failure.code)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 10)
            continue
        pause = 0.5
        await gateway.journal.acknowledge(up_to)


async def end_idle(gateway: Gateway, pause: float = IDLE_LOOK_SECONDS) -> None:
    """End sessions in which nobody did anything and no kernel is busy for their idle time; for ever."""
    while True:
        await asyncio.sleep(pause)
        for person in gateway.live.persons():
            try:
                live = await gateway.live.of(person)
                if live is not None:
                    await look_at(gateway, live)
            except TreError as failure:
                log.warning("idle look failed: %s", failure.code)


async def look_at(gateway: Gateway, live: Live) -> None:
    """A busy kernel counts as use, whoever watches; a server that does not answer is not ended for being idle."""
    held = gateway.holding.of(live.session_id)
    if await _busy(gateway, live):
        held.touch()
    elif time.monotonic() - held.used_at > live.idle_minutes * 60:
        await gateway.control.call("POST", f"/sessions/{live.session_id}/ended", {"reason": "culled"})


async def _busy(gateway: Gateway, live: Live) -> bool:
    host = f"[{live.address}]" if ":" in live.address else live.address
    url = f"http://{host}:{gateway.settings.notebook_port}/user/{live.person}/api/kernels"
    headers = {"Authorization": f"token {live.notebook_token}"}
    try:
        async with gateway.client.get(url, headers=headers, timeout=aiohttp.ClientTimeout(total=5)) as answer:
            kernels = await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return True
    if not isinstance(kernels, list):
        return True
    return any(not isinstance(k, dict) or k.get("execution_state") != "idle" for k in kernels)
