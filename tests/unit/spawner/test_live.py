"""Who is live where: only the control plane's word counts, and silence counts as an end."""

import asyncio
from typing import Any

import pytest

from tre.core.errors import Unavailable
from tre.spawner.gateway import live
from tre.spawner.gateway.live import Live, LiveSessions, read_live

ENTRY = {
    "session_id": "ses-1", "person": "chercheuse-a", "address": "10.0.0.1", "notebook_token": "t" * 32,
    "idle_minutes": 60,
}  # fmt: skip


class Control:
    """A hub API that a test fills in."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = [ENTRY]
        self.down = False

    async def call(self, method: str, path: str, body: Any = None, **query: str) -> dict[str, Any]:
        if self.down:
            raise Unavailable("control-plane-unavailable", "down")
        return {"sessions": [e for e in self.entries if query.get("person", e["person"]) == e["person"]]}


def sessions(control: Control) -> tuple[LiveSessions, list[Live]]:
    made, ended = LiveSessions(control), []  # type: ignore[arg-type]
    made.on_end(ended.append)
    return made, ended


@pytest.mark.parametrize("key", ["session_id", "person", "address", "notebook_token"])
def test_an_incomplete_answer_is_no_session(key: str) -> None:
    assert read_live({k: v for k, v in ENTRY.items() if k != key}, "chercheuse-a") is None
    assert read_live({**ENTRY, key: ""}, "chercheuse-a") is None or key == "session_id"


def test_a_session_that_is_listed_no_more_has_ended() -> None:
    control = Control()
    made, ended = sessions(control)

    async def work() -> None:
        assert await made.of("chercheuse-a") is not None
        await made.look()
        assert ended == []
        control.entries = []
        await made.look()
        assert [live.session_id for live in ended] == ["ses-1"]
        assert await made.of("chercheuse-a") is None

    asyncio.run(work())


def test_another_session_of_the_same_person_ends_the_former() -> None:
    control = Control()
    made, ended = sessions(control)

    async def work() -> None:
        await made.of("chercheuse-a")
        control.entries = [{**ENTRY, "session_id": "ses-2"}]
        await made.look()
        assert [live.session_id for live in ended] == ["ses-1"]

    asyncio.run(work())


def test_a_silent_control_plane_ends_sessions_after_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    control = Control()
    made, ended = sessions(control)
    now = [1000.0]
    monkeypatch.setattr(live.time, "monotonic", lambda: now[0])

    async def work() -> None:
        await made.of("chercheuse-a")
        await made.look()
        control.down = True
        now[0] += live.BLIND_SECONDS - 1
        await made.look()
        assert ended == []
        now[0] += 2
        await made.look()
        assert [live.session_id for live in ended] == ["ses-1"]

    asyncio.run(work())
