"""How long to wait before connecting again, by X's rules.

https://docs.x.com/x-api/fundamentals/handling-disconnections: at once after a connection that worked; then for a
broken network 250 ms more each time up to 16 s, for HTTP errors 5 s doubled up to 320 s, for HTTP 429 until its
`x-rate-limit-reset`, else a minute, doubled. A connection that lasts for seconds only is made again at once, but the
next like it a little later, as after a broken network: nobody is called a hundred times in a second.
"""

import re
from datetime import datetime

from receivers.x_api.answers import Answer
from receivers.x_api.ended import Ended

_NETWORK_STEP_SECONDS, _NETWORK_MOST_SECONDS = 0.25, 16.0
_HTTP_FIRST_SECONDS, _HTTP_MOST_SECONDS = 5.0, 320.0
_WORKED_SECONDS = 10.0
_LIMIT_FIRST_SECONDS, _LIMIT_MOST_SECONDS = 60.0, 900.0  # X counts requests in windows of 15 minutes


class BackOff:
    """Counts failures, each kind for itself; a connection that lasted ends the count."""

    def __init__(self) -> None:
        self._network = self._http = self._limited = 0

    def seconds(self, ended: Ended, lasted: float, now: datetime) -> float:
        """How long to wait now. lasted: seconds for which something came over the connection."""
        if lasted >= _WORKED_SECONDS:
            self._network = self._http = self._limited = 0
        if ended.status in (420, 429):
            self._limited += 1
            return _until_reset(ended.answer, now) or _doubled(_LIMIT_FIRST_SECONDS, self._limited, _LIMIT_MOST_SECONDS)
        if ended.answer:
            self._http += 1
            return _doubled(_HTTP_FIRST_SECONDS, self._http, _HTTP_MOST_SECONDS)
        if lasted >= _WORKED_SECONDS:
            return 0
        steps = self._network if ended.was_heard else self._network + 1
        self._network += 1
        return min(_NETWORK_STEP_SECONDS * steps, _NETWORK_MOST_SECONDS)


def _doubled(first: float, times: int, most: float) -> float:
    return float(min(first * 2 ** min(times - 1, 16), most))


def _until_reset(answer: Answer | None, now: datetime) -> float | None:
    """Seconds until the window of requests is over; None where it is not that which is used up."""
    headers = answer.headers if answer else {}
    reset = headers.get("x-rate-limit-reset", "")
    if not re.fullmatch(r"[0-9]{1,12}", reset) or headers.get("x-rate-limit-remaining", "0") != "0":
        return None
    seconds = int(reset) - now.timestamp()
    return seconds if 0 < seconds <= 86_400 else None
