"""The page: python -m streamlit run dashboard/app.py -- [--settings-file FILE]. deploy/run-dashboard.sh starts it."""

import argparse
import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import streamlit as st
from pymongo.errors import OperationFailure, PyMongoError

import command_line
from dashboard.choice import Choice, choose
from dashboard.connection import Connection
from dashboard.panels import page
from dashboard.panels.style import style
from dashboard.reading import Reading, read
from errors import CannotStart, FixSettings
from ledger.health import jobs

RETRY_SECONDS = 2


@st.cache_resource(show_spinner=False)
def connection(settings_file: Path | None) -> Connection:
    """The one of this process. Raises FixSettings."""
    return Connection(command_line.read_storage(settings_file))


def main() -> None:
    """The whole page; what can change by itself is in fragments, which run again by themselves."""
    st.set_page_config(page_title="casestream", page_icon=str(Path(__file__).with_name("icon.svg")), layout="wide")
    style()
    try:
        connected = connection(_settings_file())
    except FixSettings as mistakes:
        page.settings_are_wrong(mistakes)
        return
    known = _known_jobs(connected)
    if not known:
        st.fragment(_wait_for_jobs, run_every=RETRY_SECONDS)(connected)
    elif choice := choose(known):
        st.fragment(_panels, run_every=choice.refresh_seconds)(connected, choice, known, datetime.now(UTC))


class _Arguments(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise FixSettings([message])


def _settings_file() -> Path | None:
    """Raises FixSettings: to end the process is to leave the viewer without a page."""
    parser = _Arguments(add_help=False)
    parser.add_argument("--settings-file", type=Path)
    found: Path | None = parser.parse_args().settings_file
    return found


def _known_jobs(connected: Connection) -> tuple[str, ...]:
    """The jobs; the last known ones while the database is away, so that the controls stay: what is below says why."""
    with contextlib.suppress(CannotStart, PyMongoError):
        st.session_state["jobs"] = jobs(connected.database())
    known: tuple[str, ...] = st.session_state.get("jobs", ())
    return known


def _wait_for_jobs(connected: Connection) -> None:
    try:
        database = connected.database()
        if jobs(database):
            st.rerun()
        page.nothing_is_stored(database.name, RETRY_SECONDS)
    except (CannotStart, PyMongoError) as error:
        page.no_database(_said(connected, error), RETRY_SECONDS)


def _panels(connected: Connection, choice: Choice, known: tuple[str, ...], known_at: datetime) -> None:
    """The panels; where a later reading has other jobs than the controls, all of the page once more."""
    try:
        reading = _read(connected, choice)
    except (CannotStart, PyMongoError) as error:
        page.no_database(_said(connected, error), choice.refresh_seconds)
        return
    if reading.at > known_at and set(reading.jobs) != set(known):
        st.rerun()
    page.show(reading, choice)


def _read(connected: Connection, choice: Choice) -> Reading:
    now = datetime.now(UTC)
    return read(connected.database(), choice.asked(now), choice.turn(now))


def _said(connected: Connection, error: Exception) -> str:
    details = error.details if isinstance(error, OperationFailure) else None
    return connected.without_secrets(str((details or {}).get("errmsg", error)))


main()
