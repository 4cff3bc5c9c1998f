"""Whether Spark is there, and the jars that a job adds to it."""

from collections.abc import Iterator

from pyspark.version import __version__

from operations.checks.result import Result, failed, ok
from operations.checks.subject import Subject
from runtime.ivy import pyspark_jars
from runtime.jars import ARTEFACTS, class_path
from runtime.session import is_submitted


def look(subject: Subject) -> Iterator[Result]:
    """Reads the folders. Where jars are missing each start would have to fetch them, and may not be able to."""
    try:
        pyspark_jars()
    except FileNotFoundError as missing:
        yield failed(str(missing))
        return
    jars = class_path(subject.machine.jars)
    if jars is None and not is_submitted():
        lacking = ", ".join(map(str, ARTEFACTS))
        yield failed(
            f"{__version__}, without its jars: {subject.machine.jars} lacks {lacking}; every start would fetch them",
            "python -m runtime.jars fetches them once, on a machine that reaches Maven's repository",
        )
        return
    yield ok(f"{__version__}, and {len(jars or ())} jars in {subject.machine.jars}")
