"""Ports of loopback that a test's server can keep."""

import random
import socket

PORTS = range(20_000, 32_000)
"""Below what systems give to outgoing connections: a port stays free while its server is down."""


class NoFreePorts(Exception):
    """Everything is taken."""


def free_ports(number: int) -> list[int]:
    """So many ports that nobody listens on. Raises: NoFreePorts."""
    found: list[int] = []
    # Not the seeded generator of a test: two test runs side by side must not draw the same ports.
    for port in random.SystemRandom().sample(PORTS, len(PORTS)):
        if len(found) == number:
            return found
        if _is_free(port):
            found.append(port)
    raise NoFreePorts(f"{number} from {PORTS.start} to {PORTS.stop}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
