"""Which host is asked next, after how long, and how long it may be silent."""

from dataclasses import dataclass

from receivers.pauses import Pauses

WORKED_SECONDS = 10.0
_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.25, 30.0
_SILENCE_SECONDS, _LONGEST_SILENCE_SECONDS = 30.0, 3_600.0


class Hosts:
    """The addresses in turn: a host is left when it does not answer, is silent, or ends its connections soon."""

    def __init__(self, addresses: tuple[str, ...]) -> None:
        self._addresses = addresses
        self._turn = 0
        self._pauses = Pauses(_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS)

    @property
    def address(self) -> str:
        """Of the host whose turn it is."""
        return self._addresses[self._turn % len(self._addresses)]

    def leave(self) -> None:
        """It is the next one's turn."""
        self._turn += 1

    def pause(self, lasted: float, was_silent: bool = False) -> float:
        """Seconds to wait after a connection over which something came for so many seconds.

        was_silent: it was given up since nothing came any more.
        """
        has_worked = lasted >= WORKED_SECONDS
        if was_silent or not has_worked:
            self.leave()
        return self._pauses.after(has_worked)


@dataclass
class Patience:
    """How long a host may say nothing before it is left.

    Posts of all of Bluesky come many times in a second, at every hour: half a minute of silence is a fault, which
    answered pings do not exclude. A feed of few accounts (`wantedDids`) or of a small host may be quiet for longer:
    where a host was left in vain, since it had kept nothing back, the next may be silent for twice as long, up to an
    hour. A feed that was left in vain is asked to go on where it was: nothing is lost by that.
    """

    seconds: float = _SILENCE_SECONDS

    def was_silent(self) -> None:
        """It is left; in vain, as long as `had_more` is not called."""
        self.seconds = min(2 * self.seconds, _LONGEST_SILENCE_SECONDS)

    def had_more(self) -> None:
        """There was something to hear while nothing came."""
        self.seconds = _SILENCE_SECONDS
