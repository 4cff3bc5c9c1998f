"""`manage.py export` out of a filled database: what is in the folder, what a second run does, what is refused."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

import casestream
from casestream.tables import POSTS
from manage import main
from operations.exporting.batches import Batches, Entry
from operations.exporting.folder import Folder
from operations.exporting.formats import FORMATS
from operations.exporting.removal import remove_posts
from tests.conftest import Documents
from tests.exported import TEXTS, data_of, manifest_of
from tests.filled import BEGIN, Filling, fill, gap
from tests.integration.small_disk import fill as fill_disk
from tests.integration.small_disk import mounted

TWO_DAYS = Filling(batches=4, posts=30, parts=2, seconds=20_000)
LISTS = ("hashtags", "mentions", "urls", "case_count_flags")
OTHER = Filling(job="other", query="3" * 8, batches=1, posts=7, status="never", total_case_count=-1)


class Ended(NamedTuple):
    code: int
    out: str
    errors: str


class Export:
    """The command, for one database, within this process; `to` is its folder."""

    def __init__(self, to: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.to = to
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def run(self, *arguments: str) -> Ended:
        self._monkeypatch.setattr(sys, "argv", ["manage.py", "export", *arguments])
        try:
            code = main()
        except SystemExit as end:
            code = int(end.code or 0)
        return Ended(code, *self._capsys.readouterr())

    def again(self, *arguments: str) -> str:
        """What it says of an export that succeeds."""
        ended = self.run("--to", str(self.to), *arguments)
        assert ended.code == 0, ended
        return ended.out

    def check(self) -> Ended:
        return self.run("--check", str(self.to))

    def remove(self, *posts: str) -> int:
        return remove_posts(self.to, of_ids(*posts))


def of_ids(*posts: str) -> Callable[[pa.Table], pa.ChunkedArray]:
    return lambda table: pc.is_in(table["id"], pa.array(posts))


@pytest.fixture
def export(
    mongodb_uri: str,
    database: Documents,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Export:
    monkeypatch.setenv("CASESTREAM_MONGODB_URI", mongodb_uri)
    monkeypatch.setenv("CASESTREAM_DATABASE", database.name)
    return Export(tmp_path / "out", capsys, monkeypatch)


def test_a_folder_that_a_version_without_flags_has_begun_goes_on_with_the_columns_that_it_has(
    export: Export, database: Documents
) -> None:
    fill(database, TWO_DAYS)
    then = [name for name in POSTS.names() if name != "case_count_flags"]
    export.again("--columns", ",".join(then))
    before = data_of(export.to)
    fill(database, replace(TWO_DAYS, query="4" * 8, batches=1, begin=BEGIN + timedelta(days=9)))
    export.again()
    assert data_of(export.to).items() > before.items()
    assert manifest_of(export.to)["arguments"]["columns"] == then
    assert export.check().code == 0
    assert export.run("--to", str(export.to), "--columns", "id").code == 2


def test_parquet_reads_back_as_what_the_loader_gives(export: Export, database: Documents) -> None:
    fill(database, TWO_DAYS)
    for number, text in enumerate(TEXTS):
        database["micro_batches"].update_one(
            {"batch_id": 1, "part": 0}, {"$set": {f"content.{number}.text": text, f"content.{number}.lang": text[:1]}}
        )
    export.again()
    assert sorted(str(path.parent.relative_to(export.to)) for path in export.to.rglob("*.parquet")) == [
        "job=covid/day=2026-11-20",
        "job=covid/day=2026-11-21",
    ]
    expected = casestream.load_posts(database, as_="arrow")
    assert len(expected) == 120
    assert pq.read_table(export.to, partitioning=None).cast(expected.schema).equals(expected)
    by_pandas = casestream.load_posts(database)
    read = pd.read_parquet(export.to, partitioning=None).astype(by_pandas.dtypes)
    pd.testing.assert_frame_equal(read.assign(**{name: read[name].map(list) for name in LISTS}), by_pandas)
    with_day = pd.read_parquet(export.to)
    assert [*with_day.columns] == [*by_pandas.columns, "day"]
    assert with_day["text"].tolist() == by_pandas["text"].tolist()
    by_polars = pl.read_parquet(f"{export.to}/**/*.parquet").with_columns(pl.col("job").cast(pl.String))
    assert by_polars.equals(casestream.load_posts(database, as_="polars"))


@pytest.mark.parametrize("name", ["csv", "jsonl"])
def test_every_format_has_the_posts_that_the_loader_gives(export: Export, database: Documents, name: str) -> None:
    fill(database, TWO_DAYS)
    export.again("--format", name)
    expected = casestream.load_posts(database, as_="arrow")
    file_format = FORMATS[name](expected.schema)
    files = sorted(export.to.rglob(f"*.{name}"))
    read = pa.concat_tables(table for file in files for table in file_format.read(file))
    assert read.equals(file_format.encoded(expected))


def test_the_manifest_says_what_is_there_and_every_gap(export: Export, database: Documents, mongodb_uri: str) -> None:
    fill(database, TWO_DAYS)
    fill(database, OTHER)
    begin = BEGIN + timedelta(hours=11)
    gap(database, "covid", "kafka", begin, begin + timedelta(hours=2))
    gap(database, "covid", "kafka", BEGIN + timedelta(days=40), None)
    export.again()
    manifest = manifest_of(export.to)
    assert manifest["totals"]["rows"] == 127
    assert manifest["database"] == database.name
    assert mongodb_uri not in json.dumps(manifest)
    days = {(day["job"], day["day"]): day for day in manifest["days"]}
    assert {key: (day["batches"], day["posts"]) for key, day in days.items()} == {
        ("covid", "2026-11-20"): (3, 90),
        ("covid", "2026-11-21"): (1, 30),
        ("other", "2026-11-20"): (1, 7),
    }
    (of_first,) = days["covid", "2026-11-20"]["gaps"]
    assert (of_first["from"], of_first["to"]) == ("2026-11-20T23:00:00.000Z", "2026-11-21T01:00:00.000Z")
    assert days["covid", "2026-11-21"]["gaps"] == [of_first]
    assert days["other", "2026-11-20"]["gaps"] == []
    assert [each["to"] for each in manifest["gaps"]] == [of_first["to"], None]
    assert {each["path"]: each["bytes"] for each in manifest["files"]} == {
        path: len(content) for path, content in data_of(export.to).items()
    }


def test_only_what_is_asked_for_is_written(export: Export, database: Documents) -> None:
    fill(database, TWO_DAYS)
    fill(database, OTHER)
    since = BEGIN + timedelta(seconds=20_000)
    asked = ("--jobname", "covid", "--since", since.isoformat(), "--until", "2026-11-21", "--columns", "id, lang")
    export.again(*asked)
    expected = casestream.load_posts(
        database, job="covid", since=since, until="2026-11-21", columns=["id", "lang"], as_="arrow"
    )
    assert len(expected) == 60
    assert pq.read_table(export.to, partitioning=None).equals(expected)


@pytest.mark.parametrize(("name", "suffix"), [("parquet", "parquet"), ("csv", "txt"), ("jsonl", "txt")])
def test_ids_only_holds_nothing_but_ids(export: Export, database: Documents, name: str, suffix: str) -> None:
    fill(database, OTHER)
    export.again("--ids-only", "--format", name)
    (file,) = export.to.rglob(f"*.{suffix}")
    expected = [str(10**18 + number) for number in range(7)]
    if suffix == "txt":
        assert file.read_text() == "".join(f"{each}\n" for each in expected)
    else:
        assert pq.ParquetFile(file).read().to_pydict() == {"id": expected}
    assert export.check().code == 0


def test_a_second_run_writes_the_days_that_changed_and_no_others(export: Export, database: Documents) -> None:
    fill(database, TWO_DAYS)
    assert "2 written, 0 unchanged" in export.again()
    before = data_of(export.to)
    assert "0 written, 2 unchanged" in export.again()
    assert data_of(export.to) == before
    fill(database, Filling(query="requeue", batches=1, posts=5, begin=BEGIN + timedelta(seconds=9)))
    assert "1 written, 1 unchanged" in export.again()
    after = data_of(export.to)
    (changed,) = set(after) - set(before)
    assert (len(after), "day=2026-11-20" in changed) == (2, True)
    assert pq.read_table(export.to, partitioning=None)["id"].equals(casestream.load_posts(database, as_="arrow")["id"])


def test_a_batch_that_is_not_committed_is_not_exported(export: Export, database: Documents) -> None:
    fill(database, TWO_DAYS)
    database["batches"].update_one({"batch_id": 3}, {"$set": {"state": "planned"}})
    export.again()
    assert manifest_of(export.to)["totals"]["rows"] == 90


def test_a_file_that_is_gone_is_written_again(export: Export, database: Documents) -> None:
    fill(database, TWO_DAYS)
    export.again()
    before = data_of(export.to)
    (export.to / next(iter(before))).unlink()
    assert "1 written, 1 unchanged" in export.again()
    assert data_of(export.to) == before


def test_days_that_the_database_has_no_longer_stay_and_are_named(export: Export, database: Documents) -> None:
    fill(database, TWO_DAYS)
    export.again()
    before = data_of(export.to)
    database["batches"].delete_many({"batch_id": 3})
    assert "of 2026-11-21 (covid) the database has nothing any more" in export.again()
    assert data_of(export.to) == before


def test_what_has_expired_stays_where_it_was_exported_and_is_not_missed_where_it_was_not(
    export: Export, database: Documents
) -> None:
    fill(database, TWO_DAYS)
    export.again()
    before = data_of(export.to)
    database["batches"].update_many({"batch_id": {"$in": [0, 3]}}, {"$set": {"expired_at": BEGIN}})
    database["micro_batches"].delete_many({"batch_id": {"$in": [0, 3]}})
    assert "0 written, 2 unchanged" in export.again()
    assert data_of(export.to) == before
    export.to = export.to.with_name("later")
    assert "60 posts in 1 files" in export.again()
    assert "0 written, 2 unchanged" in export.again()


def test_posts_that_the_ledger_has_and_the_documents_lack_are_said(export: Export, database: Documents) -> None:
    fill(database, TWO_DAYS)
    database["micro_batches"].delete_one({"batch_id": 3})
    ended = export.run("--to", str(export.to))
    assert ended.code == 1
    assert "of 2026-11-21 (covid) the database lacks posts that the ledger has: manage.py verify" in ended.errors
    assert manifest_of(export.to)["totals"]["rows"] == 105
    assert "105 rows" not in export.check().out
    assert "covid, 2026-11-21: 15 rows, and the ledger had 30 posts" in export.check().out


def test_a_job_that_goes_on_storing_does_not_keep_the_export_of_an_incomplete_day(
    export: Export, database: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database, Filling(batches=2, posts=15))
    database["micro_batches"].delete_one({"batch_id": 1})
    numbers = count(2)

    def while_a_batch_is_stored(wrapped: Batches, entries: list[Entry]) -> Iterator[pa.Table]:
        number = next(numbers)
        assert number < 5, "the day is read again and again"
        begin = BEGIN + timedelta(seconds=20 * number)
        fill(database, Filling(query=f"q{number}", batches=1, posts=15, begin=begin))
        return posts_of(wrapped, entries)

    posts_of = Batches.posts
    monkeypatch.setattr(Batches, "posts", while_a_batch_is_stored)
    assert "of 2026-11-20 (covid) the database lacks posts" in export.run("--to", str(export.to)).errors


def test_nothing_to_export_is_a_manifest_and_no_failure(export: Export, database: Documents) -> None:
    fill(database, TWO_DAYS)
    assert "nothing to export" in export.again("--since", "2030-01-01")
    assert manifest_of(export.to)["totals"] == {"days": 0, "files": 0, "batches": 0, "rows": 0, "bytes": 0}
    assert export.check().code == 0


def test_a_folder_with_another_export_is_refused(export: Export, database: Documents) -> None:
    fill(database, TWO_DAYS)
    export.again()
    ended = export.run("--to", str(export.to), "--format", "csv", "--until", "2026-11-21")
    assert ended.code == 2
    assert ended.errors.splitlines()[-3:] == [
        "format: the folder has parquet, asked is csv",
        "until: the folder has none, asked is 2026-11-21T00:00:00.000Z",
        "Give the same arguments as then, or another folder.",
    ]


def test_a_folder_with_other_files_is_refused_and_left_as_it_is(export: Export, database: Documents) -> None:
    fill(database, TWO_DAYS)
    export.to.mkdir()
    (export.to / "thesis.tex").write_text("mine")
    ended = export.run("--to", str(export.to))
    assert (ended.code, "no manifest of an export" in ended.errors) == (2, True)
    assert [each.name for each in export.to.iterdir() if not each.name.startswith(".")] == ["thesis.tex"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "--to=FOLDER"),
        (("--to", "out", "--check", "out"), 2, "one of the two"),
        (("--to", "out", "--ids-only", "--columns", "text"), 2, "--ids-only"),
        (("--to", "out", "--columns", "txet"), 2, "Did you mean 'text'?"),
        (("--to", "out", "--since", "yesterday"), 2, "since is no time: 'yesterday'"),
        (("--to", "out", "--jobname", "nobody"), 3, "knows no job of the name nobody"),
        (("--to", "/proc/out"), 3, "/proc/out cannot be written"),
        (("--check", "nowhere"), 3, "holds no export"),
    ],
)
def test_a_mistake_is_one_line_and_makes_no_folder(
    export: Export, data_folder: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    ended = export.run(*arguments)
    assert ended.code == code
    assert said in ended.errors
    assert "Traceback" not in ended.errors
    assert list(data_folder.iterdir()) == []


def test_a_second_export_into_a_folder_is_refused_while_the_first_runs(export: Export, database: Documents) -> None:
    fill(database, TWO_DAYS)
    with Folder(export.to).locked():
        ended = export.run("--to", str(export.to))
        assert (ended.code, "another export" in ended.errors) == (3, True)
    export.again()


def test_an_export_is_recorded_for_forget(export: Export, database: Documents) -> None:
    fill(database, TWO_DAYS)
    export.again("--jobname", "covid", "--until", "2026-11-21")
    (record,) = database["exports"].find()
    assert record["_id"] == f"{record['host']}:{export.to}"
    assert (record["folder"], record["format"], record["jobs"]) == (str(export.to), "parquet", ["covid"])
    assert (record["posts"], record["ids_only"], record["since"]) == (90, False, None)
    export.again("--jobname", "covid", "--until", "2026-11-21")
    (later,) = database["exports"].find()
    assert later["first_at"] == record["first_at"] <= record["at"] < later["at"]


def damaged(folder: Path) -> dict[str, Path]:
    """Damage done to three files of four: what is done, and the file."""
    first, second, third, _ = sorted(folder.rglob("*.csv"))
    first.unlink()
    second.write_bytes(second.read_bytes()[:-1])
    third.write_bytes(third.read_bytes().replace(b"kafka", b"Kafka", 1))
    (third.parent / "posts-00009-00000000.csv").write_text("")
    return {"not there": first, "bytes, expected": second, "SHA-256": third, "not in _manifest.json": third.parent}


def test_check_says_what_it_cannot_look_at(export: Export, database: Documents) -> None:
    fill(database, Filling(batches=1, posts=10))
    export.again()
    (export.to / "job=covid").rename(export.to / "elsewhere")
    (export.to / "job=covid").write_text("no folder")
    assert "cannot be read: [Errno 20] Not a directory" in export.check().out


def test_check_finds_what_is_not_as_the_manifest_has_it(export: Export, database: Documents) -> None:
    fill(database, Filling(batches=4, posts=10, seconds=86_400))
    export.again("--format", "csv")
    assert export.check() == Ended(0, f"{export.to}: whole: 40 posts in 4 files\n", "")
    damage = damaged(export.to)
    ended = export.check()
    assert ended.code == 1
    lines = ended.out.splitlines()
    assert len(lines) == len(damage)
    for said, path in damage.items():
        assert any(said in line and str(path.relative_to(export.to)) in line for line in lines), said
    export.again("--format", "csv")
    assert len(export.check().out.splitlines()) == 1  # a file of the same size: only its hash tells


@pytest.mark.parametrize(
    "arguments", [(), ("--format", "csv"), ("--format", "jsonl"), ("--ids-only", "--format", "csv")]
)
def test_a_removed_post_does_not_come_back(export: Export, database: Documents, arguments: tuple[str, ...]) -> None:
    fill(database, TWO_DAYS)
    export.again(*arguments)
    assert export.remove(str(10**18 + 1), str(10**18 + 119), "unknown") == 2
    after, manifest = data_of(export.to), manifest_of(export.to)
    assert manifest["totals"]["rows"] == 118
    assert [each["rows"] for each in manifest["removals"]] == [2]
    assert export.check().code == 0
    assert not any(str(10**18 + 1).encode() in content for content in after.values() if arguments)
    assert export.remove(str(10**18 + 1)) == 0
    assert manifest_of(export.to) == manifest
    assert "0 written, 2 unchanged" in export.again(*arguments)
    assert data_of(export.to) == after


def test_a_day_whose_ledger_was_renewed_after_a_removal_is_written_anew(export: Export, database: Documents) -> None:
    fill(database, TWO_DAYS)
    export.again()
    forgotten = str(10**18 + 1)
    export.remove(forgotten)
    database["micro_batches"].update_many(
        {"batch_id": 0, "content.id": forgotten}, {"$pull": {"content": {"id": forgotten}}, "$inc": {"posts": -1}}
    )
    database["batches"].update_one({"batch_id": 0}, {"$set": {"content_hash": "0" * 16}, "$inc": {"posts": -1}})
    assert "1 written, 1 unchanged" in export.again()
    assert forgotten not in pq.read_table(export.to, partitioning=None)["id"].to_pylist()
    assert manifest_of(export.to)["totals"]["rows"] == 119


def test_a_file_of_which_all_posts_are_removed_goes(export: Export, database: Documents) -> None:
    fill(database, OTHER)
    export.again()
    assert export.remove(*(str(10**18 + number) for number in range(7))) == 7
    assert data_of(export.to) == {}
    assert "0 written, 1 unchanged" in export.again()


def test_a_removal_waits_for_nobody_and_says_so(export: Export, database: Documents) -> None:
    fill(database, OTHER)
    export.again()
    with Folder(export.to).locked(), pytest.raises(Exception, match="another export, or a forget, writes there"):
        export.remove("1")
    with pytest.raises(Exception, match="holds no export"):
        remove_posts(export.to / "nowhere", of_ids("1"))


def test_a_full_disk_is_a_line_and_the_same_command_goes_on(
    export: Export, database: Documents, tmp_path: Path
) -> None:
    fill(database, Filling(batches=6, posts=200, seconds=86_400))
    with mounted(tmp_path / "disk", 4_000_000) as disk:
        if disk is None:
            pytest.skip("only root may mount a small disk")
        export.to = disk / "out"
        ballast = disk / "ballast"
        fill_disk(ballast)
        with ballast.open("r+b") as file:
            file.truncate(3_700_000)
        ended = export.run("--to", str(export.to), "--format", "csv")
        assert (ended.code, "no room is left there" in ended.errors) == (1, True), ended
        assert "Traceback" not in ended.errors
        assert 0 < len(data_of(export.to)) < 6
        ballast.unlink()
        export.again("--format", "csv")
        assert export.check().out == f"{export.to}: whole: 1,200 posts in 6 files\n"
