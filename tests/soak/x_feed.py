"""Posts to whoever is connected to X's filtered stream, and what X and the network do to it."""

import json
import time
from functools import partial

from operations.x_stand_in.stream import XStream
from tests.integration.crash_events import Event, of_x
from tests.servers.x_api import XApi
from tests.servers.x_bodies import OPERATIONAL_DISCONNECT, UNAVAILABLE, USAGE_CAPPED, post
from tests.soak.feed import Acts, Faults, Feed

_REPEATED = 10


class XFeed(Feed):
    """Each new connection hears the last posts again, as X may send them twice."""

    source = "twitter"

    def __init__(self, events_per_second: float) -> None:
        super().__init__(events_per_second)
        self.api = XApi(then=self._play, gzip=True)
        self.settings = {"twitter_api_url": self.api.url, "twitter_bearer_token": self.api.token}
        self.repeated = 0
        self._acts: Acts[XStream] = Acts()
        self._last: list[Event] = []

    def event(self, number: int) -> Event:
        """See `Feed`."""
        return of_x(number)

    def faults(self) -> Faults:
        """See `Feed`."""
        return {
            "X drops in a character": self.drop_in_a_character,
            "X resets": self.reset,
            "X stalls": self.stall,
            "X disconnects": self.say_goodbye,
            "X answers 503": partial(self.refuse, 503),
            "X answers 429": partial(self.refuse, 429),
        }

    def run(self) -> None:
        """See `Feed`; the server's own threads do the sending."""
        self.api.__enter__()
        self._stopping.wait()

    def close(self) -> None:
        """See `Feed`."""
        self.api.__exit__(None, None, None)

    def drop_in_a_character(self) -> str:
        """Break off in the middle of a character of a post."""
        return self._acts.have_done(self._drop)

    def reset(self) -> str:
        """Break off; what the client has not read is lost to it."""
        return self._acts.have_done(self._reset)

    def stall(self) -> str:
        """Stay connected and say nothing, not even that the stream is alive, until the client gives up."""
        return self._acts.have_done(self._stall)

    def say_goodbye(self) -> str:
        """X's own message that it disconnects, and the end of the stream."""
        return self._acts.have_done(self._disconnect)

    def refuse(self, status: int) -> str:
        """Break off, and answer 503 twice, or 429 with its reset in 5 s, before the next stream."""
        before = len(self.api.stream_requests)
        if status == 503:
            self.api.refuse_next(status, UNAVAILABLE, times=2)
        else:
            reset = {"x-rate-limit-reset": str(int(time.time()) + 5), "x-rate-limit-remaining": "0"}
            self.api.refuse_next(status, USAGE_CAPPED, reset)
        self._acts.have_done(self._drop)
        self.api.wait_for_stream()
        return f"{status} to {len(self.api.stream_requests) - before - 1} requests"

    def _play(self, stream: XStream) -> None:
        for event in self._last:
            stream.post(event.sent)
            self.repeated += 1
        while not self.pause():
            self._acts.do_what_is_wanted(stream)
            if stream.over.is_set():
                return
            event = self.next_event()
            stream.post(event.sent)
            if event.id is not None:  # without an id nobody can tell a repeated one from a new one
                self._last = [*self._last, event][-_REPEATED:]
        stream.hold(self.api.keep_alive_seconds)

    def _drop(self, stream: XStream) -> str:
        half = _half_a_post()
        stream.raw(half)
        stream.drop()
        return f"dropped behind {len(half)} bytes of a post, in the middle of a character"

    def _reset(self, stream: XStream) -> str:
        stream.drop(reset=True)
        return "reset"

    def _stall(self, stream: XStream) -> str:
        began = time.monotonic()
        stream.stall()
        return f"silent until the client gave up, {time.monotonic() - began:.0f} s"

    def _disconnect(self, stream: XStream) -> str:
        stream.post(OPERATIONAL_DISCONNECT)
        stream.end()
        return "X said that it disconnects"


def _half_a_post() -> bytes:
    whole = json.dumps(post("1", "never to be whole: ü"), ensure_ascii=False).encode()
    return whole[: whole.index("ü".encode()) + 1]
