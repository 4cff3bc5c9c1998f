"""`make soak MINUTES=10`: `python -m tests.soak`."""

import json
import random
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tests.soak.feeds import SOURCES, fitting, unknown
from tests.soak.soak import soak

app = typer.Typer(pretty_exceptions_enable=False)


@app.command()
def main(
    minutes: Annotated[float, typer.Option(min=0, help="How long faults go on.")] = 10,
    seed: Annotated[int | None, typer.Option(help="Of the faults; it is printed, and runs them again.")] = None,
    sources: Annotated[
        str | None, typer.Option(help=f"Of {','.join(SOURCES)}; default: a few that the seed chooses, one a processor.")
    ] = None,
    folder: Annotated[Path | None, typer.Option(help="For logs and data, new; default: one below /tmp.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write what happened into this file, as JSON.")] = None,
) -> None:
    """Several sources at once, a fault at random every 15 to 40 s; exit code 0 if nothing was lost or doubled."""
    seed = random.randrange(1_000_000) if seed is None else seed
    folder = folder or Path(tempfile.mkdtemp(prefix="casestream-soak-"))
    chosen = fitting(seed) if sources is None else tuple(sources.split(","))
    if wrong := unknown(chosen):
        raise typer.BadParameter(f"{', '.join(wrong)}: a source is one of {', '.join(SOURCES)}", param_hint="--sources")
    _say(f"seed {seed}, {minutes:g} minutes of {', '.join(chosen)}, in {folder}")
    outcome = soak(minutes, seed, chosen, folder.absolute(), _say)
    for line in outcome.lines():
        print(line)
    if report is not None:
        report.write_text(json.dumps(outcome.as_json(), default=str, indent=1) + "\n")
    sys.exit(1 if outcome.problems else 0)


def _say(what: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} UTC {what}", flush=True)


if __name__ == "__main__":
    app()
