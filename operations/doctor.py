"""`manage.py doctor`: whether a job could start with these settings, and do its work."""

import io
import json
import sys
import warnings
from collections.abc import Sequence
from contextlib import redirect_stdout
from typing import Annotated

import typer

import command_line
from command_line.job import Examined
from errors import FixSettings, JobError
from processors import PROCESSORS
from runtime.plugins import provider_needs, required_settings
from runtime.session import is_in_cluster, is_local

_TIMEOUT_SECONDS = 30.0


def doctor(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    timeout: Annotated[
        float, typer.Option(min=1, max=600, metavar="SECONDS", help="All is said within so long, whatever hangs.")
    ] = _TIMEOUT_SECONDS,
) -> None:
    """Check everything that a job needs, each as one line with what to do. The flags are main.py's, as are the rest of
    the settings: environment and --settings-file.

    manage.py doctor --jobname covid --source kafka --settings-file covid.env

    A check that fails, or hangs, stops no other. Nothing is changed that a running job uses: no event is taken, no post
    is billed. Exit codes: 0 nothing failed; 1 something did; 2 a flag is wrong.
    """
    out = sys.stdout or io.StringIO()
    # What somebody's own source prints on its way is no part of the report; what pymongo warns of, a check says.
    with redirect_stdout(sys.stderr), warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="pymongo")
        from operations.checks import CHECKS  # clients of every feed: the other commands are not to wait for them
        from operations.checks.report import Report
        from operations.checks.runner import examine
        from operations.checks.subject import Machine, Subject

        found = _settings(context.args)
        secrets = found.settings.secrets() if found.settings else ()
        report = Report(secrets, out.encoding or "ascii", max(len(check.name) for check in CHECKS))
        with Subject(found.settings, found.problems, timeout, Machine.this()) as subject:
            for line in examine(CHECKS, subject):
                text = report.add(line)
                if not as_json:
                    print(text, file=out, flush=True)
    if as_json:
        print(json.dumps(report.as_json(found.settings.jobname if found.settings else None)), file=out)
    if report.failures:
        raise JobError(f"{report.failures} of {len(CHECKS)} checks have failed")


def _settings(arguments: Sequence[str]) -> Examined:
    """What the job would be told. Raises FixSettings where the arguments themselves are wrong."""
    around = command_line.Surroundings(
        tuple(PROCESSORS), required_settings, provider_needs, is_local(), is_in_cluster()
    )
    found = command_line.examine(arguments, around)
    wrong = list(found.wrong_flags) + ["--check-settings is a flag of main.py's alone"] * found.check_only
    if wrong:
        raise FixSettings(wrong)
    return found
