"""Whether Spark is there, and the jars that a job adds to it."""

from collections.abc import Iterator

import requests
from pyspark.version import __version__

from operations.checks.result import Result, failed, ok, warning
from operations.checks.subject import Subject
from runtime.ivy import Artefact, pyspark_jars
from runtime.jars import ARTEFACTS, class_path
from runtime.session import is_submitted

_SECONDS = 5
_FETCH = "python -m runtime.jars fetches them once"


def look(subject: Subject) -> Iterator[Result]:
    """Reads the folders, and asks Maven's repository only where jars are missing; fetches nothing."""
    try:
        pyspark_jars()
    except FileNotFoundError as missing:
        yield failed(str(missing))
        return
    jars = class_path(subject.machine.jars)
    if jars is not None or is_submitted():
        yield ok(f"{__version__}, and {len(jars or ())} jars in {subject.machine.jars}")
        return
    missing_jars = f"{__version__}, without its jars: {subject.machine.jars} lacks {', '.join(map(str, ARTEFACTS))}"
    if (why := _unreachable(ARTEFACTS[0], subject.machine.maven)) is None:
        yield warning(f"{missing_jars}; every start would fetch them", _FETCH)
    else:
        yield failed(f"{missing_jars}, and {why}", f"{_FETCH}, on a machine that reaches Maven's repository")


def _unreachable(artefact: Artefact, maven: str) -> str | None:
    """Why it could not be had from there, None when it could."""
    place = f"{artefact.group.replace('.', '/')}/{artefact.name}/{artefact.version}"
    try:
        answer = requests.head(f"{maven}{place}/{artefact.name}-{artefact.version}.pom", timeout=_SECONDS)
    except requests.RequestException as error:
        return f"{maven} does not answer: {type(error).__name__}"
    return None if answer.ok else f"{maven} answers HTTP {answer.status_code}"
