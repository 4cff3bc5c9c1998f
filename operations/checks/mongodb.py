"""Whether MongoDB answers and lets the job in; opens the database for the checks that need it."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from pymongo.database import Database
from pymongo.errors import ConfigurationError
from pymongo.uri_parser import split_options

from ledger.database import connect, reach
from operations.checks.result import Result, failed, ok, skipped, warning
from operations.checks.subject import Subject
from runtime.embedded import FOLDER, NOT_INSTALLED, PROGRAM, EmbeddedServer

_SETTINGS = "CASESTREAM_MONGODB_URI"
_TO_DO = "see whether the server runs and is reached from here"
_ASKED_FOR = '"Primary()"'  # in pymongo's words for a set whose members answer
_WORDS = {
    "^No servers found yet": "no answer",
    r"^Got (response id|opcode)|^Message length": "what answers there is no MongoDB",
}
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
        what = f"the embedded server, for trying things ({_SETTINGS} is not set)"
        try:
            uri = _embedded(subject)
        except OSError as error:
            yield failed(f"{FOLDER.absolute()}: {error.strerror}", f"make that folder this user's, or set {_SETTINGS}")
            return
    if (passed_over := _passed_over(uri)) is not None:
        yield warning(f"an option of {_SETTINGS} is passed over: {passed_over}", "correct it, or leave it out")
    database = connect(uri, settings.database, settings.mongodb_ca_file)
    subject.opened.callback(database.client.close)
    if (why := reach(database)) is not None:
        yield failed(_plain(why, database), _NO_PRIMARY if _ASKED_FOR in why else f"{_TO_DO}, and {_SETTINGS}")
        return
    subject.database = database
    is_new = database["leases"].find_one({}, {"_id": 1}) is None
    said = f"{what} {database.client.server_info()['version']}, database {database.name}"
    yield ok(f"{said}, in which no job has run yet" if is_new else said)


def _embedded(subject: Subject) -> str:
    server = EmbeddedServer()

    def stop() -> None:
        with suppress(OSError):  # of a folder that it could not use: nothing was started
            server.stop()

    subject.opened.callback(stop)
    return server.start()


def _passed_over(uri: str) -> str | None:
    """What pymongo would say of an option that it does not know, or that has no such value."""
    try:
        if options := uri.partition("?")[2]:
            split_options(options, warn=False)
    except (ConfigurationError, ValueError) as error:
        return str(error).partition(". ")[0]
    return None


def _plain(why: str, database: Database[dict[str, Any]]) -> str:
    """Why, in other words than pymongo's where those do not name the server, or what became of the question."""
    servers = [f"{host}:{port}" for host, port in database.client.topology_description.server_descriptions()]
    if any(server in why for server in servers):
        return why
    told = next((ours for pattern, ours in _WORDS.items() if re.search(pattern, why)), why)
    return f"{', '.join(sorted(servers))}: {told}"
