"""Statuses to whoever listens to an instance's stream, and what the instance and the network do to it."""

import time
from contextlib import suppress
from functools import partial

from operations.mastodon_stand_in.stream import SseStream
from operations.streaming_stand_in.open_stream import StreamLost
from tests.integration.crash_events import Event, is_bad
from tests.integration.network_events import of_mastodon, server_sent, status_of
from tests.servers.mastodon_api import MastodonApi
from tests.servers.open_stream import OpenStream
from tests.servers.scripted import refuse
from tests.soak.feed import EVER, LOST, WAIT_SECONDS, Act, Acts, Faults, Feed, key


class MastodonFeed(Feed):
    """What is said while nobody listens is in the timeline; what is no status is only said to who listens."""

    source = "mastodon"

    def __init__(self, events_per_second: float) -> None:
        super().__init__(events_per_second)
        self._stream = OpenStream()
        self._acts: Acts[SseStream] = Acts()
        self.api = MastodonApi(then=self._stream.play)
        self.settings = self.api.settings

    def event(self, number: int) -> Event:
        """See `Feed`."""
        return of_mastodon(number)

    def may_be_missed(self, name: str) -> frozenset[str]:
        """See `Feed`; no timeline repeats what is no status."""
        return LOST if name.startswith("<p>") else EVER

    def faults(self) -> Faults:
        """See `Feed`."""
        return {
            "Mastodon drops in an event": self.drop_in_an_event,
            "Mastodon resets": self.reset,
            "Mastodon stalls": self.stall,
            "Mastodon ends its stream": self.end,
            "Mastodon answers 503": partial(self.refuse, 503),
            "Mastodon answers 429": partial(self.refuse, 429),
        }

    def run(self) -> None:
        """See `Feed`."""
        self.api.__enter__()
        while not self._stream.opened and not self.pause():
            pass
        while not self.pause():
            if (stream := self._stream.now()) is not None:
                self._acts.do_what_is_wanted(stream)
            self._say(self._stream.now())

    def stop(self) -> None:
        """See `Feed`; the last status comes over a stream, behind all that the timeline repeats."""
        super().stop()
        while is_bad(self._number + 1):
            self._number += 1
        last = self._say(self._stream.wait(WAIT_SECONDS))
        assert last is not None
        self.last = key(last)

    def close(self) -> None:
        """See `Feed`."""
        self.api.__exit__(None, None, None)

    def drop_in_an_event(self) -> str:
        """Break off in the middle of an event."""
        return self._broken(self._drop)

    def reset(self) -> str:
        """Break off; what the client has not read is lost to it."""
        return self._broken(self._reset)

    def stall(self) -> str:
        """Stay connected and say nothing, not even a heartbeat, until the client gives up."""
        return self._broken(self._stall)

    def end(self) -> str:
        """End the stream in order."""
        return self._broken(self._end)

    def refuse(self, status: int) -> str:
        """Break off, and answer 503 twice, or 429 with its end in 3 s, before the next stream."""
        before = len(self.api.stream_requests)
        answer = refuse(503, b"") if status == 503 else refuse(429, b"", {"Retry-After": "3"})
        self.api.script.extend([answer] * (2 if status == 503 else 1))
        self._broken(self._drop)
        return f"{status} to {len(self.api.stream_requests) - before - 1} requests"

    def refuse_the_token(self) -> None:
        """Break off, and know the token no more when the job comes back."""
        self.api.script.append(refuse(401, {"error": "The access token was revoked"}))
        self._acts.have_done(self._drop)

    def _broken(self, act: Act[SseStream]) -> str:
        before = self._stream.opened
        done = self._acts.have_done(act)
        self.wait_until(lambda: self._stream.opened > before, "that the job listens again")
        return done

    def _say(self, stream: SseStream | None) -> Event | None:
        """The next event, or nothing where nobody would hear it."""
        if stream is None and is_bad(self._number + 1):
            self._number += 1
            return None
        event = self.next_event()
        if (status := status_of(event)) is not None:
            self.api.timelines.apply("update", status)
        if stream is not None:
            with suppress(StreamLost):
                stream.raw(server_sent(event))
        return event

    def _drop(self, stream: SseStream) -> str:
        half = server_sent(self.event(1))[:-40]
        stream.raw(half)
        stream.drop()
        return f"dropped behind {len(half)} bytes of an event"

    def _reset(self, stream: SseStream) -> str:
        stream.drop(reset=True)
        return "reset"

    def _end(self, stream: SseStream) -> str:
        stream.end()
        return "ended in order"

    def _stall(self, stream: SseStream) -> str:
        began = time.monotonic()
        stream.be_silent()
        while not (stream.over.is_set() or stream.gone() or self.pause()):
            self._say(None)
        return f"silent until the client gave up, {time.monotonic() - began:.0f} s"
