"""Which posts a filter of languages and words keeps."""

from dataclasses import dataclass

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from processors.wanted import is_wanted


@dataclass(frozen=True)
class Asked:
    languages: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


def kept(spark: SparkSession, asked: Asked, *posts: tuple[str | None, str | None]) -> list[bool]:
    """Of each (text, lang)."""
    rows = spark.createDataFrame(list(enumerate(posts)), "number INT, post STRUCT<text STRING, lang STRING>")
    wanted = rows.select("number", is_wanted(F.col("post.text"), F.col("post.lang"), asked).alias("wanted"))
    return [row["wanted"] for row in sorted(wanted.collect(), key=lambda row: int(row["number"]))]


def test_nothing_asked_keeps_everything_also_what_is_not_known(spark: SparkSession) -> None:
    assert kept(spark, Asked(), ("a", "en"), (None, None), ("", None)) == [True] * 3


@pytest.mark.parametrize(
    ("languages", "lang", "is_kept"),
    [
        (("en",), "en", True),
        (("en",), "EN", True),
        (("en",), "en-GB", True),
        (("en",), "eng", False),
        (("en",), "de", False),
        (("en", "de"), "de", True),
        (("en-GB",), "en", False),
        (("pt-br",), "pt-BR", True),
        (("en",), None, False),
        (("en",), "", False),
        (("en",), "ja en", True),
        (("en",), "ja den", False),
    ],
)
def test_a_language_is_kept_with_its_regions_and_one_of_several_is_enough(
    spark: SparkSession, languages: tuple[str, ...], lang: str | None, is_kept: bool
) -> None:
    assert kept(spark, Asked(languages), ("text", lang)) == [is_kept]


def test_a_keyword_is_a_whole_word_whatever_its_capitals(spark: SparkSession) -> None:
    asked = Asked(keywords=("covid", "Grippe", "naïve", "c++"))
    whole = ["covid", "COVID!", "no covid-19", "(covid)", "#covid", "die GRIPPE", "NAÏVE", "in C++.", "é covid é"]
    parts = ["covidiot", "postcovid", "covid_19", "covid19", "écovid", "Grippen", "c+", "xc++", "", "co vid"]
    assert kept(spark, asked, *((text, None) for text in whole)) == [True] * len(whole)
    assert kept(spark, asked, *((text, None) for text in parts)) == [False] * len(parts)
    assert kept(spark, asked, (None, "en")) == [False]


def test_a_phrase_may_be_broken_over_any_white_space(spark: SparkSession) -> None:
    asked = Asked(keywords=("face mask",))
    texts = ["a Face  mask", "face\nmask", "face\u00a0mask", "facemask", "face masks", "face a mask"]
    assert kept(spark, asked, *((text, None) for text in texts)) == [True, True, True, False, False, False]


def test_where_no_blanks_stand_between_words_a_word_may_stand_inside(spark: SparkSession) -> None:
    asked = Asked(keywords=("コロナ", "corona", "โควิด"))
    texts = ["新型コロナウイルス", "新型corona病毒", "ผู้ป่วยโควิดวันนี้", "coronas"]
    assert kept(spark, asked, *((text, None) for text in texts)) == [True, True, True, False]


def test_both_must_be_right_where_both_are_asked(spark: SparkSession) -> None:
    asked = Asked(("en",), ("covid",))
    posts = [("covid", "en"), ("covid", "de"), ("flu", "en")]
    assert kept(spark, asked, *posts) == [True, False, False]


def test_signs_of_regular_expressions_are_words_like_others(spark: SparkSession) -> None:
    asked = Asked(keywords=("a.b", "[x]", "\\E"))
    texts = ["a.b", "acb", "[x]", "x", "\\E", "E"]
    assert kept(spark, asked, *((text, None) for text in texts)) == [True, False, True, False, True, False]
