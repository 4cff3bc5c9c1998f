"""A post that is put together by name."""

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from processors.posts import FIELDS, POST, post_of


def test_the_names_of_a_post_s_fields_are_those_of_its_struct(spark: SparkSession) -> None:
    (field,) = spark.range(0).select(F.lit(None).cast(POST).alias("post")).schema
    assert isinstance(field.dataType, StructType)
    assert tuple(field.dataType.names) == FIELDS


def test_a_post_is_made_of_its_text_and_what_is_given_takes_the_place_of_what_is_found(spark: SparkSession) -> None:
    made = post_of(F.lit("see #this, @you: http://a.bc/d"), lang=F.lit("en"), hashtags=F.array(F.lit("that")))
    (row,) = spark.range(1).select(made.alias("post")).collect()
    post = row["post"].asDict()
    assert post == dict.fromkeys(FIELDS) | {
        "kind": "post",
        "text": "see this, @you:",
        "raw_text": "see #this, @you: http://a.bc/d",
        "lang": "en",
        "hashtags": ["that"],
        "mentions": ["you"],
        "urls": ["http://a.bc/d"],
    }


def test_a_field_that_no_post_has_is_named(spark: SparkSession) -> None:  # noqa: ARG001 - a Column needs a session
    with pytest.raises(TypeError, match="a post has no autor: its fields are id, kind, text"):
        post_of(F.lit("x"), autor=F.lit("x"))
