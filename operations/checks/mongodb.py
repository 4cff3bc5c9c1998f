"""Whether MongoDB answers and lets the job in; opens the database for the checks that need it."""

from collections.abc import Iterator

from ledger.database import connect, reach
from operations.checks.result import Result, failed, ok, skipped
from operations.checks.subject import Subject
from runtime.embedded import FOLDER, NOT_INSTALLED, PROGRAM, EmbeddedServer

_SETTINGS = "CASESTREAM_MONGODB_URI"
_TO_DO = "see whether the server runs and is reached from here"
_ASKED_FOR = '"Primary()"'  # in pymongo's words for a set whose members answer
_NO_PRIMARY = "the replica set has no primary: a majority of its members must be up, and reach each other: rs.status()"


def look(subject: Subject) -> Iterator[Result]:
    """As a job does at its start. Of a job without a URI: its embedded server, started where there are data of it."""
    settings = subject.settings
    if settings.mongodb_uri is not None:
        uri, what = settings.mongodb_uri.get_secret_value(), "MongoDB"
    elif not PROGRAM.is_file():
        yield failed(NOT_INSTALLED)
        return
    elif not FOLDER.is_dir():
        yield skipped(f"{_SETTINGS} is not set: the job will start the embedded server, for trying things")
        return
    else:
        server, what = EmbeddedServer(), f"the embedded server, for trying things ({_SETTINGS} is not set)"
        subject.opened.callback(server.stop)
        uri = server.start()
    database = connect(uri, settings.database, settings.mongodb_ca_file)
    subject.opened.callback(database.client.close)
    if (why := reach(database)) is not None:
        yield failed(why, _NO_PRIMARY if _ASKED_FOR in why else f"{_TO_DO}, and {_SETTINGS}")
        return
    subject.database = database
    yield ok(f"{what} {database.client.server_info()['version']}, database {database.name}")
