"""A number in a file, one that is set, and none."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import pytest

from case_count import Reading
from errors import CountAbsent, CountUnavailable, CountUnparsed
from scraper.base import CountProvider
from scraper.file import MAX_FILE_BYTES, CountFile
from scraper.fixed import Fixed
from scraper.none import NoCount
from settings import Settings
from tests.told_clock import START, ToldClock

AS_OF = datetime(2024, 4, 13, 1, tzinfo=UTC)


def made(kind: type[CountProvider], clock: ToldClock | None = None, **given: Any) -> CountProvider:  # noqa: ANN401
    return kind.from_settings(
        Settings.model_validate({"jobname": "a", "source": "socket", **given}), clock or ToldClock()
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "the count.json"


@pytest.mark.parametrize(
    ("text", "value", "as_of"),
    [
        ("704753890", 704_753_890, None),
        ("\ufeff 704,753,890\r\n", 704_753_890, None),
        ("0", 0, None),
        ('{"total_case_count": 704753890}', 704_753_890, None),
        ('{"total_case_count": 5, "as_of": null, "more": [1]}', 5, None),
        ('{"total_case_count": 5, "as_of": "2024-04-13T01:00Z"}', 5, AS_OF),
        ('{"total_case_count": 5, "as_of": "2024-04-13T03:00:00.0009+02:00"}', 5, AS_OF),
        ('{"total_case_count": 5, "as_of": "2024-04-13"}', 5, datetime(2024, 4, 13, tzinfo=UTC)),
    ],
)
def test_a_file_holds_a_number_or_an_object(file: Path, text: str, value: int, as_of: datetime | None) -> None:
    file.write_text(text)
    assert made(CountFile, count_url=str(file)).fetch() == Reading(value, as_of, START)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "gives '' as the number"),
        (b"many", "gives 'many' as the number"),
        (b"-1", "gives '-1' as the number"),
        (b"1e9", "gives '1e9' as the number"),
        (b"\xff", "is no UTF-8"),
        (b"{", "is no JSON"),
        (b'{"a":' * 10_000, "is no JSON"),
        (b"{}", "has 'None' as its total_case_count"),
        (b'{"total_case_count": "5"}', "has '5' as its total_case_count"),
        (b'{"total_case_count": 5.0}', "has '5.0' as its total_case_count"),
        (b'{"total_case_count": true}', "has 'True' as its total_case_count"),
        (b'{"total_case_count": -1}', "gives '-1' as the number, not one from 0 to"),
        (b'{"total_case_count": 9999999999999999}', "not one from 0 to 1,000,000,000,000,000"),
        (b'{"total_case_count": 5, "as_of": "yesterday"}', "has 'yesterday' as its as_of"),
        (
            b'{"total_case_count": 5, "as_of": "2024-04-13T01:00"}',
            "not a date like 2024-04-13, or a time with its zone",
        ),
        (b'{"total_case_count": 5, "as_of": 1712970000}', "has '1712970000' as its as_of"),
    ],
)
def test_a_file_that_holds_something_else_is_unparsed_and_says_what(file: Path, body: bytes, why: str) -> None:
    file.write_bytes(body)
    with pytest.raises(CountUnparsed) as raised:
        made(CountFile, count_url=str(file)).fetch()
    assert str(raised.value).startswith(f"{file} ")
    assert why in str(raised.value)


def test_a_file_that_is_not_there_is_none_or_is_too_large_is_unavailable_and_nothing_is_waited_for(
    file: Path, tmp_path: Path
) -> None:
    pipe, large = tmp_path / "pipe", tmp_path / "large"
    os.mkfifo(pipe)
    large.write_bytes(b"1" * (MAX_FILE_BYTES + 1))
    for path, why in [
        (file, "cannot be read: No such file"),
        (pipe, "is no file"),
        (tmp_path, "is no file"),
        (large, "bytes, more than the"),
    ]:
        with pytest.raises(CountUnavailable, match=why):
            made(CountFile, count_url=str(path)).fetch()


def test_a_file_is_read_again_when_it_has_changed_and_was_read_now_when_it_has_not(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    real_open = Path.open

    def noted_open(path: Path, mode: str) -> IO[Any]:
        opened.append(path)
        return real_open(path, mode)

    clock = ToldClock()
    file.write_text("5")
    provider = made(CountFile, clock, count_url=str(file))
    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", noted_open)
        assert provider.fetch() == Reading(5, None, START)
        clock.seconds = 20
        assert provider.fetch() == Reading(5, None, clock.at(20))
    assert opened == [file]
    replaced = file.with_suffix(".new")
    replaced.write_text("6")
    os.utime(replaced, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    replaced.rename(file)
    assert provider.fetch() == Reading(6, None, clock.at(20))


@pytest.mark.parametrize("form", ["{}", "file:{}", "file://{}", "file://localhost{}"])
def test_a_file_is_named_by_its_path_or_as_a_uri(file: Path, form: str) -> None:
    file.write_text("5")
    path = str(file) if form == "{}" else str(file).replace(" ", "%20")
    assert made(CountFile, count_url=form.format(path)).fetch().value == 5


def test_another_file_has_another_last_good_number(file: Path) -> None:
    keys = [made(CountFile, count_url=url).key for url in (str(file), f"file:{file}", str(file.with_name("b")))]
    assert keys[0] == keys[1] != keys[2]
    assert keys[0].startswith("file:")


def test_a_number_that_is_set_is_that_number_now_with_the_time_that_is_set() -> None:
    assert made(Fixed, ToldClock(7), count_value=704_753_890).fetch() == Reading(704_753_890, None, ToldClock().at(7))
    dated = made(Fixed, count_value="0", count_as_of="2024-04-13T01:00Z")
    assert dated.fetch() == Reading(0, AS_OF, START)


def test_none_is_no_number() -> None:
    with pytest.raises(CountAbsent, match="no count is wanted"):
        made(NoCount).fetch()
