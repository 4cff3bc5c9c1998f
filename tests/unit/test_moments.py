"""Times as somebody wrote them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moments import moment


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("2024-04-13", datetime(2024, 4, 13, tzinfo=UTC)),
        (" 2024-04-13T01:00Z ", datetime(2024, 4, 13, 1, tzinfo=UTC)),
        ("2024-04-13 01:00:00+00:00", datetime(2024, 4, 13, 1, tzinfo=UTC)),
        ("2024-04-13T03:00:00.123999+02:00", datetime(2024, 4, 13, 1, 0, 0, 123_000, tzinfo=UTC)),
    ],
)
def test_a_date_is_its_midnight_and_a_time_is_in_utc_in_whole_milliseconds(written: str, time: datetime) -> None:
    assert moment(written) == time


@pytest.mark.parametrize(
    "written", ["", "now", "2024-04-13T01:00", "2024-13-01", "13.4.2024", "0001-01-01T00:00+14:00"]
)
def test_what_could_be_any_time_or_is_none_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        moment(written)


@given(st.text() | st.datetimes(timezones=st.timezones() | st.none()).map(datetime.isoformat))
def test_whatever_is_written_is_a_time_in_utc_or_a_value_error(written: str) -> None:
    try:
        time = moment(written)
    except ValueError:
        return
    assert time.tzinfo is UTC
