"""`manage.py feed`: play a file as if it were live."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Annotated

import typer

from errors import FixSettings
from operations.feed_bluesky import BlueskyOutlet
from operations.feed_kafka import KafkaOutlet, prepare_topic
from operations.feed_lines import batches
from operations.feed_mastodon import MastodonOutlet
from operations.feed_player import Event, Outlet, play
from operations.feed_progress import Progress, shown
from operations.feed_recording import recorded, recorded_messages
from operations.feed_request import Feed
from operations.feed_tcp import TcpOutlet, listen
from operations.feed_x import XOutlet
from operations.interrupt import Interrupt, Interrupted
from operations.pace import Pace, even, uneven


def feed(
    file: Annotated[str | None, typer.Option(help="Lines to play, one event each; - reads standard input.")] = None,
    rate: Annotated[
        float | None, typer.Option(help="With --file: events per second on average; 0: as fast as they are taken.")
    ] = None,
    recording: Annotated[
        Path | None, typer.Option(help="In place of a file: what manage.py record has written to this folder.")
    ] = None,
    speed: Annotated[
        float, typer.Option(help="With --recording: 1 as it was heard, 10 ten times as fast; 0: as fast as possible.")
    ] = 1,
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

    manage.py feed --recording recordings/monday --speed 10 --bluesky-port 6008

    manage.py feed --file demo/tweets.txt --rate 20 --mastodon-port 9011 --loop
    """
    asked = Feed(
        file, rate, recording, speed, port, x_port, mastodon_port, bluesky_port, host, kafka, topic, partitions, loop,
        life_like, seed,
    )  # fmt: skip
    if problems := asked.problems():
        raise FixSettings(problems)
    run(asked)


def run(asked: Feed) -> None:
    """Play until the end of the file or until asked to end. Raises: CannotStart, JobError."""
    with Interrupt() as interrupt, shown(interrupt) as progress:
        if asked.kafka is not None and asked.recording is not None:
            messages, arrivals = recorded_messages(asked.recording, asked.speed)
            with _topic(asked, interrupt) as topic:
                _play(messages, arrivals, interrupt, topic, progress)
        else:
            events, arrivals = _played(asked, interrupt)
            with _outlet(asked, interrupt, progress) as outlet:
                _play(events, arrivals, interrupt, outlet, progress)


def _play(
    events: Iterator[list[Event]],
    arrivals: Iterator[float],
    interrupt: Interrupt,
    outlet: Outlet[Event],
    progress: Progress,
) -> None:
    with suppress(Interrupted):
        play(events, Pace(arrivals, interrupt), interrupt, outlet, progress)


def _played(asked: Feed, interrupt: Interrupt) -> tuple[Iterator[list[bytes]], Iterator[float]]:
    """The events, and the seconds after the start at which each is due."""
    if asked.recording is not None:
        return recorded(asked.recording, asked.speed)
    rate = asked.rate or 0
    arrivals = uneven(rate, Random(asked.seed)) if asked.life_like else even(rate)
    return batches(asked.file or "", asked.loop, interrupt), arrivals


@contextmanager
def _topic(asked: Feed, interrupt: Interrupt) -> Iterator[KafkaOutlet]:
    kafka, topic = asked.kafka or "", asked.topic or ""
    prepare_topic(kafka, topic, asked.partitions)
    with KafkaOutlet(kafka, topic, interrupt) as outlet:
        yield outlet


@contextmanager
def _outlet(asked: Feed, interrupt: Interrupt, progress: Progress) -> Iterator[Outlet[bytes]]:
    if asked.kafka is not None:
        with _topic(asked, interrupt) as topic:
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
