"""What is taken out of the machine's firewall, and what is left alone."""

from __future__ import annotations

from devcluster.firewall import cluster_chains, remaining, without_cluster

OURS = r"""*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:CNI-89a29541db810cbd4f5d098c - [0:0]
:CNI-DN-deec64d89bcf604e35fd8 - [0:0]
:CNI-HOSTPORT-DNAT - [0:0]
:CNI-HOSTPORT-MASQ - [0:0]
:KUBE-SERVICES - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
-A POSTROUTING -m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ
-A POSTROUTING -s 10.244.0.2/32 -m comment --comment "name: \"tre-pods\" id: \"dc7b\"" -j CNI-89a29541db810cbd4f5d098c
-A CNI-89a29541db810cbd4f5d098c -d 10.244.0.0/16 -m comment --comment "name: \"tre-pods\" id: \"dc7b\"" -j ACCEPT
-A CNI-DN-deec64d89bcf604e35fd8 -p tcp -m tcp --dport 443 -j DNAT --to-destination 10.244.0.5:8443
-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \"tre-pods\" id: \"16cf\"" -j CNI-DN-deec64d89bcf604e35fd8
-A CNI-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE
COMMIT
"""
OTHERS_DECLARED = ":DOCKER - [0:0]\n:CNI-0123 - [0:0]\n:CNI-DN-0456 - [0:0]\n"
OTHERS_RULES = r"""-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 10.88.0.2/32 -m comment --comment "name: \"podman\" id: \"aa\"" -j CNI-0123
-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \"podman\" id: \"aa\"" -j CNI-DN-0456
"""


def test_nothing_of_the_cluster_stays() -> None:
    cleaned = without_cluster(OURS)
    assert "KUBE-" not in cleaned
    assert "CNI-" not in cleaned
    assert ":PREROUTING ACCEPT" in cleaned
    assert cleaned.rstrip().endswith("COMMIT")
    assert remaining(cleaned) == []


def test_rules_of_others_stay() -> None:
    shared = OURS.replace(":KUBE-SERVICES", f"{OTHERS_DECLARED}:KUBE-SERVICES")
    shared = shared.replace("COMMIT", f"{OTHERS_RULES}COMMIT")
    cleaned = without_cluster(shared)
    for line in (OTHERS_DECLARED + OTHERS_RULES).splitlines():
        assert line in cleaned
    # the chains that podman's host ports go through are still needed
    assert ":CNI-HOSTPORT-DNAT" in cleaned
    assert "tre-pods" not in cleaned
    assert "KUBE-" not in cleaned


def test_rules_that_name_a_set_of_the_cluster_are_found() -> None:
    dump = "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m set --match-set KUBE-SRC-ABC src -j ACCEPT\nCOMMIT\n"
    assert len(remaining(dump)) == 1


def test_an_empty_firewall_has_nothing_of_ours() -> None:
    assert cluster_chains("*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n") == set()
