"""What the job writes through Spark is what `casestream.stored` says, name by name and type by type, in order."""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import (
    ArrayType,
    BinaryType,
    DataType,
    IntegerType,
    LongType,
    StringType,
    StructType,
    TimestampType,
)

from case_count import CaseCount
from casestream.fields import Field, Type
from casestream.stored import DEAD_LETTERS, MICRO_BATCHES, REMOVALS
from micro_batch import BatchId, BatchPlan, Contents, LoggedBatch
from processors.posts import problem_only
from processors.rows import with_outcome
from settings import Settings
from sinks import documents
from tests.streaming.fakes import AS_OF, FETCHED_AT, HEARD_AT

EVENTS = "value binary, origin string, received_at timestamp, headers array<struct<key: string, value: binary>>"
TYPES = {Type.STRING: StringType(), Type.INTEGER: LongType(), Type.DATE: TimestampType(), Type.BINARY: BinaryType()}
PLAN = BatchPlan(
    BatchId("q", 0),
    LoggedBatch(HEARD_AT, ()),
    Contents(1, 1, 0, 1, "0" * 16, HEARD_AT),
    1,
    CaseCount(704_753_890, "live", "worldometers", AS_OF, FETCHED_AT),
)


def rows(spark: SparkSession) -> DataFrame:
    """No row at all, laid out as those of every source."""
    settings = Settings.model_validate({"jobname": "covid", "source": "kafka"})
    return with_outcome(spark.createDataFrame([], EVENTS), lambda _: problem_only("not_json"), settings)


OF_EVERY_JOB = ("flags",)
"""Fields that are optional because an earlier version did not write them."""


def described(fields: tuple[Field, ...]) -> StructType:
    """Without what a later command adds."""
    written = [each for each in fields if not each.optional or each.name in OF_EVERY_JOB]
    return StructType([field for each in written for field in StructType().add(each.name, kind(each))])


def kind(field: Field) -> DataType:
    if field.type == Type.STRINGS:
        return ArrayType(StringType())
    if field.type == Type.OBJECTS:
        return ArrayType(described(field.fields))
    return described(field.fields) if field.type == Type.OBJECT else TYPES[field.type]


def with_longs(schema: DataType) -> DataType:
    """32 bits or 64: an integer."""
    if isinstance(schema, StructType):
        fields = StructType()
        for field in schema:
            fields.add(field.name, with_longs(field.dataType))
        return fields
    if isinstance(schema, ArrayType):
        return ArrayType(with_longs(schema.elementType))
    return LongType() if isinstance(schema, IntegerType) else schema


def test_documents_have_the_described_fields(spark: SparkSession) -> None:
    written = documents.documents(rows(spark), PLAN, "covid", "kafka").schema
    assert with_longs(written).simpleString() == described(MICRO_BATCHES.fields).simpleString()


def test_removals_have_the_described_fields(spark: SparkSession) -> None:
    written = documents.removals(rows(spark), PLAN, "covid", "kafka").schema
    assert with_longs(written).simpleString() == described(REMOVALS.fields).simpleString()


def test_dead_letters_have_the_described_fields(spark: SparkSession) -> None:
    written = documents.dead_letters(rows(spark), PLAN, "covid", "kafka").schema
    assert with_longs(written).simpleString() == described(DEAD_LETTERS.fields).simpleString()
