"""`make soak MINUTES=10`: `python -m tests.soak`."""

import json
import random
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tests.soak.soak import soak

app = typer.Typer(pretty_exceptions_enable=False)


@app.command()
def main(
    minutes: Annotated[float, typer.Option(min=0, help="How long faults go on.")] = 10,
    seed: Annotated[int | None, typer.Option(help="Of the faults; it is printed, and runs them again.")] = None,
    folder: Annotated[Path | None, typer.Option(help="For logs and data, new; default: one below /tmp.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write what happened into this file, as JSON.")] = None,
) -> None:
    """Kafka, socket and X at once, a fault at random every 15 to 40 s; exit code 0 if nothing was lost or doubled."""
    seed = random.randrange(1_000_000) if seed is None else seed
    folder = folder or Path(tempfile.mkdtemp(prefix="casestream-soak-"))
    _say(f"seed {seed}, {minutes:g} minutes, in {folder}")
    outcome = soak(minutes, seed, folder.absolute(), _say)
    for line in outcome.lines():
        print(line)
    if report is not None:
        report.write_text(json.dumps(outcome.as_json(), default=str, indent=1) + "\n")
    sys.exit(1 if outcome.problems else 0)


def _say(what: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} UTC {what}", flush=True)


if __name__ == "__main__":
    app()
