"""What the contract's checks need to know of a source: events of its processor, and a feed for its receiver."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

EVENTS = (b'{"text": "one"}', "two, ü".encode(), b"\xff three", b"four")
"""What a feed says in the checks of a receiver: bytes, whatever they mean."""


class Publish(Protocol):
    """Puts events where a source that reads by itself finds them: in files of that folder, say."""

    def __call__(self, folder: Path, events: Sequence[bytes]) -> Mapping[str, Any]:
        """More events, after those that are there; the settings that name the place."""


@dataclass(frozen=True)
class ProcessorExamples:
    """posts: events, and the `text` that each becomes. problems: events, and the problem of each as a dead letter.

    removals: events that end a post, and the id of each. settings: what the processor cannot be made without. parses:
    how often an event's JSON is parsed, in a source of this project. publish: for a source that reads by itself; one
    that pushes reads the spool, and without either nothing is known of what the job does from one batch to the next.
    """

    posts: Mapping[bytes, str]
    problems: Mapping[bytes, str]
    settings: Mapping[str, Any] = field(default_factory=dict)
    publish: Publish | None = None
    parses: int = 1
    removals: Mapping[bytes, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Connection:
    """What the feed does with one connection of the receiver.

    says: events; taken one by one as they are sent, if possible. missed: events of the time in which nobody was
    connected, sent before them to who asks for what came after the last event that was sent, and to nobody else.
    hangs_up: whether the connection ends behind them; else it stays open and silent until the feed is left.
    """

    says: Iterable[bytes]
    missed: Sequence[bytes] = ()
    hangs_up: bool = False


Serve = Callable[[Sequence[Connection]], AbstractContextManager[Mapping[str, Any]]]
"""A feed on loopback while it is entered, which gives the settings that lead there; the first connection gets the first
`Connection`, and so on, those behind the last are held open and silent. Leaving it ends all connections."""


@dataclass(frozen=True)
class ReceiverExamples:
    """serve: the feed. events: four, other than `EVENTS` where the protocol cannot carry these. numbered: four whose
    place in the feed can be told, for a receiver that goes on (`Receiver.goes_on`) and reads it from the event.
    """

    serve: Serve
    events: Sequence[bytes] = EVENTS
    numbered: Sequence[bytes] = ()
