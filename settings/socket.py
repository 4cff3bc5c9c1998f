"""What a job that reads lines from a TCP peer is told."""

from settings.frozen import Frozen, setting
from settings.types import Host


class Socket(Frozen):
    """The peer."""

    group = "socket"

    socket_host: Host = setting("127.0.0.1", "host that the job connects to")
    socket_port: int = setting(9009, "its port; the job reads lines from it", ge=1, le=65_535)
