"""What `manage.py requeue` is told: by its arguments, and by the environment and the settings file like a job."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import command_line
import manage
from errors import FixSettings
from operations.times import time_of


def test_it_reads_a_jobs_settings_but_for_where_the_job_reads(
    data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = data_folder / "settings"
    file.write_text("CASESTREAM_SOURCE=kafka\nCASESTREAM_CHECKPOINT=hdfs://away/x\nCASESTREAM_MAX_EVENT_BYTES=5000\n")
    monkeypatch.setenv("CASESTREAM_DATABASE", "environment")
    settings = command_line.read_like_job("demo", file)
    assert (settings.jobname, settings.database, settings.max_event_bytes) == ("demo", "environment", 5_000)
    assert (settings.source, settings.checkpoint) == ("unknown", f"file://{data_folder}/.data/demo/checkpoint")


def test_every_mistake_in_its_settings_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASESTREAM_MAX_EVENT_BYTE", "5000")
    monkeypatch.setenv("CASESTREAM_MAX_DOCUMENT_BYTES", "many")
    with pytest.raises(FixSettings) as raised:
        command_line.read_like_job("a b", None)
    names = ("CASESTREAM_MAX_EVENT_BYTE ", "--jobname", "--max-document-bytes")
    assert len(raised.value.problems) == len(names)
    for name in names:
        assert any(problem.startswith(name) for problem in raised.value.problems)


@pytest.mark.parametrize("text", ["2026-01-02T00:00Z", "2026-01-02T00:00", "2026-01-02", "2026-01-02T01:00+01:00"])
def test_a_time_without_a_zone_is_utc(text: str) -> None:
    assert time_of(text) == datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize("arguments", [("--since", "yesterday"), ("--problem", "too_short"), ("--no", "x")])
def test_arguments_that_mean_nothing_end_with_code_2(arguments: tuple[str, ...]) -> None:
    ended = CliRunner().invoke(manage.build(), ["requeue", "--jobname", "demo", *arguments])
    assert ended.exit_code == 2
    assert arguments[-1] in ended.output or arguments[0] in ended.output


def test_a_time_that_is_none_is_named() -> None:
    with pytest.raises(typer.BadParameter, match="yesterday is no time"):
        time_of("yesterday")


def test_a_range_in_which_nothing_can_lie_is_a_mistake() -> None:
    ended = CliRunner().invoke(
        manage.build(), ["requeue", "--jobname", "demo", "--since", "2026-01-02", "--until", "2026-01-01"]
    )
    assert isinstance(ended.exception, FixSettings)
    assert "--until 2026-01-01" in str(ended.exception)
