"""A visitor is sent to a hub that answers, not to one that is still starting."""

from typing import Any, cast

import pytest

from tre.api.workspaces import hub_ready


class Deployments:
    """A cluster that holds two deployments."""

    def __init__(self, **ready: int | None) -> None:
        self.ready = ready

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> dict[str, Any] | None:
        assert (api_version, kind, namespace) == ("apps/v1", "Deployment", "tre-p-etude")
        if name not in self.ready:
            return None
        count = self.ready[name]
        return {"status": {} if count is None else {"readyReplicas": count}}


@pytest.mark.parametrize(
    ("ready", "wanted"),
    [
        ({"hub": 1, "gateway": 1}, True), ({"hub": 1, "gateway": 0}, False), ({"hub": None, "gateway": 1}, False),
        ({"hub": 1}, False), ({}, False),
    ],
)  # fmt: skip
def test_both_must_answer(ready: dict[str, int | None], wanted: bool) -> None:
    assert hub_ready(cast(Any, Deployments(**ready)), "etude") is wanted
