"""What `manage.py feed` is asked to play, and what is wrong with that."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from operations.feed_lines import STANDARD_INPUT
from operations.feed_recording import has_segments


@dataclass(frozen=True)
class Feed:
    """What to play, how fast, and where to: the command line of `manage.py feed`."""

    file: str | None
    rate: float | None
    recording: Path | None
    speed: float
    port: int | None
    x_port: int | None
    mastodon_port: int | None
    bluesky_port: int | None
    host: str
    kafka: str | None
    topic: str | None
    partitions: int
    loop: bool
    life_like: bool
    seed: int | None

    def problems(self) -> list[str]:
        """Everything that a person must change, one line each."""
        return [*_rate_problems(self), *_target_problems(self), *_file_problems(self)]


def _rate_problems(asked: Feed) -> Iterator[str]:
    if not (math.isfinite(asked.speed) and asked.speed >= 0):
        yield f"--speed {asked.speed:g}: must be 0 or more"
    if asked.recording is not None:
        if asked.rate is not None or asked.life_like or asked.loop:
            yield "--recording has its own pace, and an end: it goes with --speed, without --rate, --uneven and --loop"
    elif asked.rate is None:
        yield "--file needs a --rate"
    elif not (math.isfinite(asked.rate) and asked.rate >= 0):
        yield f"--rate {asked.rate:g}: must be 0 or more events per second"
    elif asked.life_like and asked.rate == 0:
        yield "--uneven needs a --rate above 0"


def _target_problems(asked: Feed) -> Iterator[str]:
    ports = {
        "--port": asked.port,
        "--x-port": asked.x_port,
        "--bluesky-port": asked.bluesky_port,
        "--mastodon-port": asked.mastodon_port,
    }
    if [*ports.values(), asked.kafka].count(None) != len(ports):
        yield (
            "give either --port (TCP) or --kafka with --topic, or --x-port (X's API), or --bluesky-port (Jetstream), "
            "or --mastodon-port"
        )
    for option, port in ports.items():
        if port is not None and not 0 <= port <= 65535:
            yield f"{option} {port}: must be 0 to 65535"
    if (asked.kafka is None) != (asked.topic is None):
        yield "--kafka and --topic belong together"
    if asked.partitions < 1:
        yield f"--partitions {asked.partitions}: must be 1 or more"


def _file_problems(asked: Feed) -> Iterator[str]:
    if (asked.file is None) == (asked.recording is None):
        yield "give either --file or --recording"
        return
    if asked.recording is not None:
        if not has_segments(asked.recording):
            yield f"--recording {asked.recording}: there is no recording; manage.py record makes one"
        return
    if asked.file == STANDARD_INPUT:
        if asked.loop:
            yield "--loop needs a file: standard input cannot be read again"
        return
    path = Path(asked.file or "")
    try:
        with path.open("rb"):
            empty = path.is_file() and path.stat().st_size == 0
    except OSError as error:
        yield f"--file {asked.file}: {error.strerror or error}"
        return
    if asked.loop and (empty or not path.is_file()):
        yield f"--loop needs a file with at least one line, and {asked.file} is none"
