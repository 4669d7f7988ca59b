"""A ceiling that the machines could never give is refused before anything is made."""

import pytest

from tre.core.errors import Conflict
from tre.projects.desired.spec import Capacity
from tre.worker.process import check_fits

SMALL = [{"cpu": "2", "memory": "16390236Ki"}]


@pytest.mark.requirement("2.3.02")
@pytest.mark.parametrize(
    ("wanted", "nodes", "fits"),
    [
        (Capacity("8", 16), SMALL, True),
        (Capacity("9", 16), SMALL, False),
        (Capacity("8", 32), SMALL, False),
        (Capacity("9", 16), [*SMALL, {"cpu": "500m", "memory": "1Gi"}], True),
        (Capacity("4", 4), [], False),
        (Capacity("4", 4), [{"cpu": "1", "memory": "2147483648"}], True),
    ],
)
def test_ceilings_against_machines(wanted: Capacity, nodes: list[dict[str, str]], fits: bool) -> None:
    if fits:
        check_fits(wanted, nodes)
    else:
        with pytest.raises(Conflict, match="capacity-missing"):
            check_fits(wanted, nodes)
