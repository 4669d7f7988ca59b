"""Ask the cluster's resolver, over its service address: this shows that DNS, the service and the pod network work."""

from __future__ import annotations

import secrets
import socket
import struct

from devcluster.network_plan import CLUSTER_DOMAIN

TIMEOUT_SECONDS = 1.0
NAME = f"kubernetes.default.svc.{CLUSTER_DOMAIN}"


def query(name: str, identifier: int) -> bytes:
    """Return a DNS question for a name's IPv4 address (RFC 1035 §4)."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">HHHHHH", identifier, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", 1, 1)


def is_answer(message: bytes, identifier: int) -> bool:
    """Return whether a message answers our question without error and with an address."""
    if len(message) < 12:
        return False
    found, flags, _, answers, _, _ = struct.unpack(">HHHHHH", message[:12])
    return found == identifier and bool(flags & 0x8000) and flags & 0xF == 0 and answers > 0


def answers(server: str) -> bool:
    """Return whether the resolver knows the API server's name."""
    identifier = secrets.randbelow(0x10000)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(TIMEOUT_SECONDS)
        try:
            connection.sendto(query(NAME, identifier), (server, 53))
            return is_answer(connection.recv(512), identifier)
        except OSError:
            return False
