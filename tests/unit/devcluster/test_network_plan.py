"""Address ranges."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devcluster.errors import DevClusterError
from devcluster.network_plan import POD_BRIDGE, SERVICE_RANGES, NetworkPlan, choose, load_or_choose, parse_routes


def test_the_usual_ranges_where_nothing_clashes() -> None:
    plan = choose(["192.0.2.0/24"])
    assert (plan.service_cidr, plan.pod_cidr) == ("10.96.0.0/16", "10.244.0.0/16")
    assert (plan.api_service_ip, plan.dns_ip) == ("10.96.0.1", "10.96.0.10")


@given(st.lists(st.ip_addresses(v=4).map(lambda address: f"{address}/20"), max_size=5))
def test_never_hides_a_route_of_the_machine(routes: list[str]) -> None:
    try:
        plan = choose(routes)
    except DevClusterError:
        return
    for route in routes:
        for mine in (plan.service_cidr, plan.pod_cidr, f"{plan.node_ip}/32"):
            assert not ipaddress.ip_network(mine).overlaps(ipaddress.ip_network(route, strict=False))


def test_says_which_routes_are_in_the_way() -> None:
    with pytest.raises(DevClusterError, match="No free address range for services"):
        choose(SERVICE_RANGES)


def test_keeps_the_ranges_of_its_first_start(tmp_path: Path) -> None:
    file = tmp_path / "network.json"
    first = load_or_choose(file, ["10.96.0.0/12"])
    assert first.service_cidr != "10.96.0.0/16"
    assert load_or_choose(file, []) == first == NetworkPlan(**json.loads(file.read_text()))


def test_own_bridges_and_the_default_route_do_not_count() -> None:
    table = [
        {"dst": "default", "dev": "eth0"},
        {"dst": "10.244.0.0/16", "dev": POD_BRIDGE},
        {"dst": "10.0.0.0/24", "dev": "eth0"},
    ]
    assert parse_routes(json.dumps(table)) == ["10.0.0.0/24"]
    assert parse_routes("") == []
