"""Whether Jetstream's hosts answer. They are asked to send nothing.

With `requireHello` a host waits for a message before it sends events: https://github.com/bluesky-social/jetstream
"""

import threading
from collections.abc import Iterator
from queue import SimpleQueue

from operations.checks.result import Result, failed, ok, warning
from operations.checks.subject import Subject
from receivers.bluesky import STAND_IN
from receivers.jetstream.addresses import host_of, subscription
from receivers.jetstream.connection import Connection, Ended

_SETTING = "--bluesky-url (CASESTREAM_BLUESKY_URL)"


def look(subject: Subject) -> Iterator[Result]:
    """Connects to all of them, side by side, and hangs up."""
    addresses = subject.settings.bluesky_url
    answers: SimpleQueue[str | None] = SimpleQueue()
    for address in addresses:
        threading.Thread(target=lambda asked=address: answers.put(_refusal(asked)), daemon=True).start()
    refusals = [why for _ in addresses if (why := answers.get()) is not None]
    said = f"{len(addresses) - len(refusals)} of {len(addresses)} hosts answer" + "".join(
        f"; {why}" for why in refusals
    )
    if len(refusals) == len(addresses):
        yield failed(said, f"see the network and {_SETTING}; to try a job without the internet: {STAND_IN}")
    elif refusals:
        yield warning(said, f"the job asks the next one in turn; see {_SETTING} where this lasts")
    else:
        yield ok(said)


def _refusal(address: str) -> str | None:
    try:
        with Connection(f"{subscription(address, None)}&requireHello=true"):
            return None
    except Ended as why:
        return f"{host_of(address)}: {why}"
