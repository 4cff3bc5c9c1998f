"""`manage.py feed`: play a file as if it were live."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Annotated

import typer

from errors import FixSettings
from operations.feed_bluesky import BlueskyOutlet
from operations.feed_kafka import KafkaOutlet, prepare_topic
from operations.feed_lines import STANDARD_INPUT, batches
from operations.feed_mastodon import MastodonOutlet
from operations.feed_player import Outlet, play
from operations.feed_progress import Progress, shown
from operations.feed_tcp import TcpOutlet, listen
from operations.feed_x import XOutlet
from operations.interrupt import Interrupt, Interrupted
from operations.pace import Pace, even, uneven


@dataclass(frozen=True)
class Feed:
    """What to play, how fast, and where to: the command line of `manage.py feed`."""

    file: str
    rate: float
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


def feed(
    file: Annotated[str, typer.Option(help="Lines to play, one event each; - reads standard input.")],
    rate: Annotated[float, typer.Option(help="Events per second on average; 0: as fast as the other side takes them.")],
    port: Annotated[int | None, typer.Option(help="Play to the TCP clients of this port; 0: a free one.")] = None,
    x_port: Annotated[
        int | None, typer.Option(help="Play as X does: stand in for its API at this port; 0: a free one.")
    ] = None,
    mastodon_port: Annotated[
        int | None, typer.Option(help="Play as a Mastodon instance does: stand in for one at this port; 0: a free one.")
    ] = None,
    bluesky_port: Annotated[
        int | None, typer.Option(help="Play as Bluesky's Jetstream does: stand in for it at this port; 0: a free one.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    kafka: Annotated[
        str | None, typer.Option(metavar="BOOTSTRAP", help="Play into the Kafka of these brokers: host:port,…")
    ] = None,
    topic: Annotated[str | None, typer.Option(help="Kafka topic; created if there is none.")] = None,
    partitions: Annotated[int, typer.Option(help="Partitions of a topic that is created.")] = 1,
    loop: Annotated[bool, typer.Option("--loop", help="Begin again at the end of the file.")] = False,
    life_like: Annotated[
        bool, typer.Option("--uneven", help="Life-like: random arrivals on a slow tide, the same mean.")
    ] = False,
    seed: Annotated[int | None, typer.Option(help="Makes --uneven repeatable.")] = None,
) -> None:
    """Play a file line by line, as if it were live: over TCP, into a Kafka topic, as X's stream, as Jetstream, or as a
    Mastodon instance.

    Bytes are sent as they are. Over TCP the first client starts the stream, every client hears it from when it
    connected, the slowest sets the pace (one that reads nothing for 30 s is dropped), and while nobody listens the
    player pauses. As X's API, for one client at a time and any bearer token, a line of text becomes a post, and one
    that is a JSON object is sent as it is. As Jetstream a line of text becomes a post's event, one of Jetstream's own
    events gets the present time, and a client that comes back is sent what it missed. As a Mastodon instance, for any
    token, a line of text becomes a status, one that is a JSON object is a status or any event: {"event": …, "payload":
    …}. Ends with exit code 0 at the end of the file, on Ctrl-C and on SIGTERM; 1 if Kafka did not take every event, 2
    if the arguments are wrong, 3 if it could not start.

    manage.py feed --file demo/tweets.txt --rate 50 --port 9009 --loop --uneven

    manage.py feed --file demo/tweets.txt --rate 0 --kafka 127.0.0.1:9092 --topic tweets

    manage.py feed --file demo/tweets.txt --rate 20 --x-port 9010 --loop

    manage.py feed --file demo/tweets.txt --rate 20 --bluesky-port 6008 --loop

    manage.py feed --file demo/tweets.txt --rate 20 --mastodon-port 9011 --loop
    """
    asked = Feed(
        file, rate, port, x_port, mastodon_port, bluesky_port, host, kafka, topic, partitions, loop, life_like, seed
    )
    if problems := asked.problems():
        raise FixSettings(problems)
    run(asked)


def run(asked: Feed) -> None:
    """Play until the end of the file or until asked to end. Raises: CannotStart, JobError."""
    with Interrupt() as interrupt, shown(interrupt) as progress:
        arrivals = uneven(asked.rate, Random(asked.seed)) if asked.life_like else even(asked.rate)
        events = batches(asked.file, asked.loop, interrupt)
        with _outlet(asked, interrupt, progress) as outlet:
            try:
                play(events, Pace(arrivals, interrupt), interrupt, outlet, progress)
            except Interrupted:
                return


@contextmanager
def _outlet(asked: Feed, interrupt: Interrupt, progress: Progress) -> Iterator[Outlet]:
    if asked.kafka is not None and asked.topic is not None:
        prepare_topic(asked.kafka, asked.topic, asked.partitions)
        with KafkaOutlet(asked.kafka, asked.topic, interrupt) as topic:
            yield topic
    elif asked.x_port is not None:
        with XOutlet(listen(asked.host, asked.x_port), interrupt, progress) as clients_of_x:
            print(f"listening on {clients_of_x.url}", flush=True)
            yield clients_of_x
    elif asked.mastodon_port is not None:
        with MastodonOutlet(listen(asked.host, asked.mastodon_port), interrupt, progress) as clients_of_mastodon:
            print(f"listening on {clients_of_mastodon.url}", flush=True)
            yield clients_of_mastodon
    elif asked.bluesky_port is not None:
        with BlueskyOutlet(listen(asked.host, asked.bluesky_port), interrupt, progress) as clients_of_bluesky:
            print(f"listening on {clients_of_bluesky.url}", flush=True)
            yield clients_of_bluesky
    else:
        listener = listen(asked.host, asked.port or 0)
        print(f"listening on {asked.host}:{listener.getsockname()[1]}", flush=True)
        with TcpOutlet(listener, interrupt, progress) as clients:
            yield clients


def _rate_problems(asked: Feed) -> Iterator[str]:
    if not (math.isfinite(asked.rate) and asked.rate >= 0):
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
    if asked.file == STANDARD_INPUT:
        if asked.loop:
            yield "--loop needs a file: standard input cannot be read again"
        return
    path = Path(asked.file)
    try:
        with path.open("rb"):
            empty = path.is_file() and path.stat().st_size == 0
    except OSError as error:
        yield f"--file {asked.file}: {error.strerror or error}"
        return
    if asked.loop and (empty or not path.is_file()):
        yield f"--loop needs a file with at least one line, and {asked.file} is none"
