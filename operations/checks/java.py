"""Whether there is a Java 17, and it runs."""

import subprocess
from collections.abc import Iterator

from operations.checks.result import Result, failed, ok
from operations.checks.subject import Subject
from runtime.java import ANSWER_SECONDS, VERSION, find_java_home, passed_over


def look(subject: Subject) -> Iterator[Result]:
    """The one that Spark would be started with."""
    environ = subject.machine.environ
    home = find_java_home(environ)
    if home is None:
        yield failed(f"no Java {VERSION}: {'; '.join(passed_over(environ))}", "run make setup, or set JAVA_HOME to one")
        return
    try:
        asked = [str(home / "bin/java"), "-version"]
        within = min(ANSWER_SECONDS, subject.timeout_seconds / 2)
        done = subprocess.run(asked, capture_output=True, text=True, errors="replace", timeout=within, check=False)
        problem = f"it ends with {done.returncode}: {done.stderr.strip()[:200]}" if done.returncode else None
    except (OSError, subprocess.TimeoutExpired) as error:
        problem = str(error)
    if problem is not None:
        yield failed(f"{home} does not run, {problem}", f"set JAVA_HOME to a Java {VERSION} that does")
        return
    yield ok(f"{VERSION}, {home}")
