"""How long to wait before connecting again."""

from dataclasses import dataclass

_MOST_DOUBLINGS = 16  # more and more would be no number any more, some day


@dataclass
class Pauses:
    """Twice as long for each connection in a row that came to nothing. Both in seconds."""

    first: float
    longest: float
    _in_vain: int = 0

    def after(self, was_fruitful: bool) -> float:
        """Seconds to wait after a connection; was_fruitful: it brought what it was made for."""
        self._in_vain = 0 if was_fruitful else min(self._in_vain + 1, _MOST_DOUBLINGS)
        return min(self.first * 2.0**self._in_vain, self.longest)
