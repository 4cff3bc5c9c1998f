"""Posts that a Mastodon instance streams, as server-sent events (https://docs.joinmastodon.org/methods/streaming/)."""

import threading
from typing import ClassVar

from pydantic import SecretStr

from receivers.base import Receiver, ReceiverParts
from receivers.mastodon_api import events
from receivers.mastodon_api.channels import channels
from receivers.mastodon_api.instance import Instance
from receivers.mastodon_api.places import Places
from receivers.mastodon_api.shared_gap import SharedGap
from receivers.mastodon_api.subscription import Subscription
from receivers.web import host_of


class MastodonReceiver(Receiver):
    """One connection for the public stream, or one for each hashtag; connects again, with back-off, when one ends.

    Guarantee: every event that came whole is appended before the next of its connection is read. Every time without a
    connection, between two runs of the job too, is in `coverage`: as backfilled where the timeline has told what was
    said meanwhile, else as lost. What it tells again is dropped by its key. A connection over which nothing comes, not
    even a heartbeat, is cut. A status that several hashtags bring has one key.
    """

    goes_on: ClassVar[bool] = True
    silence_seconds: ClassVar[float] = 35.0
    """Mastodon sends a heartbeat every 15 s: two are missing."""

    def __init__(self, parts: ReceiverParts) -> None:
        super().__init__(parts)
        settings = parts.settings
        token = (settings.mastodon_token or SecretStr("")).get_secret_value()
        silence = settings.idle_seconds if settings.available_now else self.silence_seconds
        heard = channels(settings)
        names = [channel.name for channel in heard]
        self._places = Places(self.bookmark, host_of(settings.mastodon_url or ""), names)
        gaps = SharedGap(self.coverage, names, self.clock).members()
        self._subscriptions = [
            Subscription(
                channel,
                Instance(settings.mastodon_url or "", token, silence, self.clock.now),
                settings,
                self.spool,
                gap,
                self._places.of(channel.name),
                self.clock,
                self.stopping,
            )
            for channel, gap in zip(heard, gaps, strict=True)
        ]
        self._failures: list[BaseException] = []

    @staticmethod
    def key(event: bytes) -> str | None:
        """The status' id, and when it was edited: each version is an event of its own, and so is its deletion."""
        return events.key(event)

    def receive(self) -> None:
        """Read until told to stop or, with `available_now`, until every channel is silent for `idle_seconds`.

        Raises CannotStart with the instance's words where waiting does not help: token, access, address.
        """
        self._places.resume()
        threads = [threading.Thread(target=self._follow, args=(each,), daemon=True) for each in self._subscriptions[1:]]
        for thread in threads:
            thread.start()
        self._follow(self._subscriptions[0])
        for thread in threads:
            thread.join()
        if self._failures:
            raise self._failures[0]

    def hang_up(self) -> None:
        """End reads that may last for half a minute."""
        for subscription in self._subscriptions:
            subscription.hang_up()

    def _follow(self, subscription: Subscription) -> None:
        try:
            subscription.run()
        except BaseException as failure:  # noqa: BLE001 - `receive` raises it
            self._failures.append(failure)
            self.stopping.set()  # one hashtag alone would look like all of them
            self.hang_up()
