"""A job does not write beside documents of a later layout."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from errors import CannotStart
from sinks.documents import SCHEMA_VERSION
from sinks.schema import refuse_newer
from tests.conftest import Documents
from tests.integration.jobs import run


def stored(database: Documents, job: str, *versions: int) -> None:
    """Documents of that job, one a day, of these layouts."""
    for day, version in enumerate(versions, start=1):
        document = {"_id": f"{job}:{day}", "job": job, "schema_version": version}
        database["micro_batches"].insert_one(document | {"timestamp": datetime(2026, 1, day, tzinfo=UTC)})


def test_documents_of_our_own_layout_of_an_older_one_and_of_other_jobs_are_no_hindrance(database: Documents) -> None:
    refuse_newer(database, "demo")
    stored(database, "other", SCHEMA_VERSION + 1)
    stored(database, "demo", SCHEMA_VERSION - 1, SCHEMA_VERSION)
    refuse_newer(database, "demo")


def test_a_newer_layout_is_refused_with_what_to_do(database: Documents) -> None:
    stored(database, "demo", SCHEMA_VERSION, SCHEMA_VERSION + 1)
    with pytest.raises(CannotStart, match="start the version that wrote it, or a later one") as raised:
        refuse_newer(database, "demo")
    assert "\n" not in str(raised.value)


def test_a_job_that_is_older_than_its_documents_ends_with_code_3_and_writes_nothing(
    data_folder: Path, settings: dict[str, str], database: Documents
) -> None:
    stored(database, "demo", SCHEMA_VERSION + 1)
    code, errors = run(data_folder, "--jobname", "demo", "--source", "socket", **settings)
    assert code == 3
    assert f"schema_version {SCHEMA_VERSION + 1}" in errors[-1]
    assert database.list_collection_names() == ["micro_batches"]
