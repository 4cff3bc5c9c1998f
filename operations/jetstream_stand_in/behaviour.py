"""What a host of Jetstream may do otherwise than Jetstream would: for tests."""

import threading
from dataclasses import dataclass
from http import HTTPStatus


class HangUp(Exception):
    """Raised by a behaviour: break the connection off, without the websocket's own end."""


@dataclass(frozen=True)
class Subscription:
    """What a client asked for. number: of this subscription, from 0."""

    number: int
    cursor: int | None
    collections: list[str]
    dids: list[str]
    most_bytes: int


@dataclass
class Behaviour:
    """What the stand-in does before it does what Jetstream would. This one: nothing else. skew_us: of its clock."""

    skew_us: int = 0

    def refusal(self, number: int) -> tuple[HTTPStatus, str] | None:  # noqa: ARG002 - for others
        """An answer in place of the stream, to the connection of that number."""
        return None

    def first(self, subscription: Subscription, number: int) -> int:  # noqa: ARG002 - for others
        """The number of the event to begin with, where Jetstream would begin with this one."""
        return number

    def before(self, subscription: Subscription, sent: int, ending: threading.Event) -> None:
        """Called before each event, with how many were sent; may wait for `ending`, and raise HangUp."""
