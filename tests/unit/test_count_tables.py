"""What is peculiar to the tables of WHO and Our World in Data: how a number of the world is made of their rows."""

from datetime import UTC, datetime

import pytest

from case_count import Reading
from errors import CountUnparsed
from scraper import PROVIDERS
from scraper.table import LONGEST_LINE
from tests.contract.count_cases import CASES, EXCERPTS
from tests.servers.publisher import Publisher
from tests.told_clock import ToldClock

WHO, OWID = CASES["who"].body.decode(), CASES["owid"].body.decode()
WHO_HEADER = WHO.splitlines()[0]
COMPACT = (EXCERPTS / "owid-compact.csv").read_text()
OLD_HEADER = "iso_code,continent,location,date,total_cases,new_cases"


def read(name: str, text: str | bytes) -> Reading:
    with Publisher(text.encode() if isinstance(text, str) else text) as publisher:
        return PROVIDERS[name](publisher.url, timeout_seconds=60, clock=ToldClock()).fetch()


def why_not(name: str, text: str | bytes) -> str:
    with pytest.raises(CountUnparsed) as raised:
        read(name, text)
    return str(raised.value).split(" ", 1)[1]


@pytest.mark.parametrize("name", ["who", "owid"])
def test_a_byte_order_mark_and_lines_that_end_in_crlf_change_nothing(name: str) -> None:
    body = CASES[name].body
    expected = CASES[name].value
    assert read(name, b"\xef\xbb\xbf" + body).value == expected
    assert read(name, body.replace(b"\n", b"\r\n")).value == expected
    assert read(name, b"\xef\xbb\xbf" + body.replace(b"\n", b"\r\n").rstrip()).value == expected


def test_each_country_counts_once_with_its_newest_number_whatever_the_order_of_the_rows() -> None:
    rows = WHO.splitlines()[1:]
    for ordered in (rows[::-1], sorted(rows), rows * 3, rows + rows[:4]):
        assert read("who", "\n".join([WHO_HEADER, *ordered])) == read("who", WHO)


def test_a_country_that_stopped_reporting_keeps_its_last_number_and_the_newest_day_is_that_of_all() -> None:
    ended = WHO + "2023-05-07,XX,Nowhere,EURO,5,1000,,0\n2023-05-14,XX,Nowhere,EURO,,,,\n"
    assert read("who", ended) == Reading(337_089, datetime(2024, 5, 26, tzinfo=UTC), ToldClock().now())


def test_namibia_is_a_country_and_a_territory_without_a_code_is_one_too() -> None:
    more = WHO + "2024-05-26,NA,Namibia,AFRO,,172556,,4110\n2024-05-26,,Other,OTHER,,764,,13\n"
    assert read("who", more).value == 336_089 + 172_556 + 764


def test_a_correction_to_a_lower_number_is_taken() -> None:
    assert read("who", WHO + "2024-06-02,KG,Kyrgyzstan,EURO,-53,88900,,1024\n").value == 336_089 - 53


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("2024-05-26,XX,Nowhere,EURO,,1e9,,0", "gives '1e9' as a number of cases"),
        ("2024-05-26,XX,Nowhere,EURO,,-5,,0", "gives '-5' as a number of cases"),
        ("2024-05-26,XX,Nowhere,EURO,,5", "has 6 cells, not 8, in line 16"),
        ("2024-05-26,XX,No,where,EURO,,5,,0", "has 9 cells, not 8, in line 16"),
        ("May 26,XX,Nowhere,EURO,,5,,0", "has 'May 26' in Date_reported, no day like 2024-05-26"),
        ('2024-05-26,XX,"Nowhere,EURO,,5,,0', "is no CSV: unexpected end of data, in line 16"),
        ("2024-05-26,XX,Nowhere,EURO,,99999999999,,0", "as the number, not one from 1 to 10,000,000,000"),
        ("2024-05-26,XX," + "N" * (LONGEST_LINE + 70_000), "has a line of more than 100,000 characters"),
    ],
)
def test_a_row_that_is_damaged_makes_the_whole_table_unparsed(row: str, why: str) -> None:
    assert why in why_not("who", WHO + row + "\n")


def test_a_table_of_other_columns_is_unparsed_and_quoted() -> None:
    assert why_not("who", OWID).startswith("has no column for Date_reported; its first line is 'Entity,Code,Day,")
    assert why_not("owid", WHO).startswith("has no column for the place; its first line is 'Date_reported,")
    assert why_not("owid", COMPACT.replace("total_cases", "cases")).startswith("has no column for cumulative cases")
    assert why_not("who", WHO_HEADER + "\n") == "has no row with a number"


def test_more_countries_than_there_can_be_are_not_kept_in_memory() -> None:
    rows = "".join(f"2024-05-26,X{number},Nowhere,EURO,,1,,0\n" for number in range(1_001))
    assert why_not("who", WHO_HEADER + "\n" + rows) == "has more than 1,000 countries"


def test_the_world_is_read_and_neither_a_country_nor_the_world_without_one() -> None:
    later = OWID + "World excl. China,,2021-05-12,1,5\nAfrica,OWID_AFR,2021-05-12,1,6\n"
    assert read("owid", later) == Reading(159_690_774, datetime(2021, 5, 11, tzinfo=UTC), ToldClock().now())
    assert why_not("owid", COMPACT) == "has no row of OWID_WRL or World with a number"


@pytest.mark.parametrize(
    ("table", "value"),
    [
        (COMPACT + "World,2024-05-26,775522404,0,,,\nWorld,2024-06-02,,,,,\n", 775_522_404),
        (f"{OLD_HEADER}\nOWID_WRL,,World,2024-05-26,775522404.0,47169.0\nAFG,Asia,Afghanistan,2024-05-26,5.0,0.0\n",
         775_522_404),
        ("Entity,Code,Day,total_deaths,total_cases\nWorld,OWID_WRL,2024-05-26,7,775522404\n", 775_522_404),
        ("Entity,Code,Day,Cumulative confirmed deaths,Cumulative confirmed cases\nWorld,OWID_WRL,2024-05-26,7,9\n", 9),
    ],
    ids=["compact", "GitHub", "short names", "long names"],
)  # fmt: skip
def test_each_form_of_the_table_that_they_publish_is_understood(table: str, value: int) -> None:
    assert read("owid", table) == Reading(value, datetime(2024, 5, 26, tzinfo=UTC), ToldClock().now())


def test_half_a_case_is_none() -> None:
    assert why_not("owid", OWID + "World,OWID_WRL,2021-05-12,1,159690774.5\n") == (
        "gives '159690774.5' as a number of cases"
    )
