"""Checkpoint and spool at the start of a job."""

import json
from pathlib import Path
from typing import cast

import pytest
from pyspark.sql import SparkSession

from errors import CannotStart
from ledger.batches import BatchLedger
from processors.offset_log import OffsetLog
from runtime.folders import refuse_foreign, unreachable
from settings import Settings
from spool.files import open_folder


class Ledger:
    """Knows what one query was."""

    def __init__(self, job: str, source: str) -> None:
        self._was = {"a-query": (job, source)}

    def former(self, query_id: str) -> tuple[str, str] | None:
        return self._was.get(query_id)


def checkpoint(folder: Path, *, last_batch: str = "v1", query_id: str = "a-query") -> Path:
    """With ten batches and more, so that the newest is not the last one of the alphabet."""
    (folder / "offsets").mkdir()
    for number in range(11):
        (folder / f"offsets/{number}").write_text(last_batch if number == 10 else "v1\n{}\n{}")
    (folder / "metadata").write_text(json.dumps({"id": query_id}))
    return folder


def refuse(spark: SparkSession, folder: Path, source: str, ledger: Ledger) -> None:
    settings = Settings(jobname="covid", source=source, checkpoint=folder.as_uri())
    refuse_foreign(OffsetLog(spark, folder.as_uri()), cast(BatchLedger, ledger), settings)


@pytest.mark.parametrize(("wrote", "starts"), [("socket", "socket"), ("wires:Telegrams", "moved.wires:Telegrams")])
def test_a_checkpoint_of_the_same_source_is_gone_on_with_and_a_class_may_have_moved(
    spark: SparkSession, tmp_path: Path, wrote: str, starts: str
) -> None:
    refuse(spark, checkpoint(tmp_path), starts, Ledger("covid", wrote))


def test_a_fresh_checkpoint_and_one_of_which_the_ledger_knows_nothing_are_gone_on_with(
    spark: SparkSession, tmp_path: Path
) -> None:
    refuse(spark, tmp_path, "socket", Ledger("covid", "kafka"))
    refuse(spark, checkpoint(tmp_path, query_id="another"), "socket", Ledger("covid", "kafka"))


def test_a_checkpoint_of_another_source_is_refused_with_its_job_and_its_source(
    spark: SparkSession, tmp_path: Path
) -> None:
    with pytest.raises(CannotStart, match="that of wire with --source kafka: start it with this source") as raised:
        refuse(spark, checkpoint(tmp_path), "socket", Ledger("wire", "kafka"))
    assert str(tmp_path) in str(raised.value)


@pytest.mark.parametrize(("first_line", "is_shown"), [("v2\n{}\n{}", "'v2'"), ("", "''"), ("\n", "''")])
def test_a_log_of_a_later_spark_or_one_that_was_cut_short_is_refused_with_what_to_do(
    spark: SparkSession, tmp_path: Path, first_line: str, is_shown: str
) -> None:
    with pytest.raises(CannotStart, match=f"begins with {is_shown}, and this Spark reads 'v1'.*new --checkpoint"):
        refuse(spark, checkpoint(tmp_path, last_batch=first_line), "socket", Ledger("covid", "socket"))


def test_a_folder_that_is_not_there_is_made(spark: SparkSession, tmp_path: Path) -> None:
    folder = tmp_path / "a/b"
    assert unreachable(open_folder(folder.as_uri(), spark)) is None
    assert folder.is_dir()


def test_a_folder_that_this_machine_refuses_is_refused_at_once(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotStart, match=r"/file/b cannot be used: Not a directory"):
        unreachable(open_folder((tmp_path / "file/b").as_uri(), spark))


def test_a_file_system_that_does_not_answer_is_waited_for(spark: SparkSession) -> None:
    why = unreachable(open_folder("hdfs://127.0.0.1:1/a", spark))
    assert why is not None
    assert why.startswith("hdfs://127.0.0.1:1/a: ")


def test_a_file_system_that_spark_does_not_have_is_refused(spark: SparkSession) -> None:
    with pytest.raises(CannotStart, match=r"foo://a/b cannot be used: .*\"foo\""):
        open_folder("foo://a/b", spark)
