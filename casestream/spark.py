"""The posts as a DataFrame of Spark, read by MongoDB's connector for Spark.

It needs pyspark and the connector (`--packages org.mongodb.spark:mongo-spark-connector_2.12:10.5.0`), which
`pip install casestream` does not bring
(https://www.mongodb.com/docs/spark-connector/v10.5/batch-mode/batch-read-config/).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bson import json_util
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from casestream.fields import Field, Type
from casestream.layout import ENVELOPE, fields_of_posts, path
from casestream.selection import Jobs, Moment, Selection, chosen
from casestream.stored import BATCHES
from casestream.tables import POSTS

_TYPES: dict[Type, T.DataType] = {
    Type.STRING: T.StringType(),
    Type.INTEGER: T.LongType(),
    Type.DATE: T.TimestampType(),
    Type.STRINGS: T.ArrayType(T.StringType()),
}


def read_posts(
    spark: SparkSession,
    uri: str,
    *,
    job: Jobs | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    columns: Sequence[str] | None = None,
    database: str = "casestream",
    partitioner: str | None = None,
) -> DataFrame:
    """The table `posts` as `load_posts` has it, in no order; the server sends only what the columns are made of.

    Integers are BIGINT, dates TIMESTAMP (instants, shown in the session's time zone), lists ARRAY<STRING>; any column
    may be null. Each action lists the committed batches before it reads documents, and sends the list to every
    executor: some 50 bytes a batch.

    partitioner: the connector's class that divides the documents among tasks, by its whole name. None: the connector's
    own choice, which asks the server for a sample and for statistics; where it has none, SinglePartitionPartitioner
    needs neither, and reads all in one task. Raises BadArgument as `load_posts` does; what is wrong with the server
    comes out of the first action, as Spark's own error.
    """
    selection, wanted = Selection.of(job, since, until), chosen(POSTS, columns)
    options = {"connection.uri": uri, "database": database, **({"partitioner": partitioner} if partitioner else {})}
    ledger = _read(spark, options, "batches", selection.of_batches(), _struct(BATCHES.some(["_id"])))
    documents = _read(spark, options, "micro_batches", selection.of_documents(), _document(wanted))
    batch = F.regexp_replace("_id", r":\d+$", "")
    committed = F.broadcast(ledger.withColumnRenamed("_id", "batch"))
    posts = documents.withColumn("batch", batch).join(committed, on="batch", how="left_semi")
    return posts.withColumn("content", F.explode("content")).select(*map(_column, wanted))


def _read(
    spark: SparkSession, options: Mapping[str, str], collection: str, found: Mapping[str, Any], schema: T.StructType
) -> DataFrame:
    pipeline = [{"$match": found}, {"$project": {name: 1 for field in schema for name in _leaves(field)}}]
    return (
        spark.read.format("mongodb")
        .options(**options)
        .option("collection", collection)
        .option("aggregation.pipeline", json_util.dumps(pipeline, json_options=json_util.CANONICAL_JSON_OPTIONS))
        .schema(schema)
        .load()
    )


def _document(columns: Sequence[str]) -> T.StructType:
    """A post has at least a field that every post has: it is what there is one of for each row."""
    content = T.ArrayType(_struct(fields_of_posts(columns, also=["created_at"])))
    return _struct(ENVELOPE).add("content", content)


def _struct(fields: Sequence[Field]) -> T.StructType:
    return T.StructType([T.StructField(field.name, _type(field)) for field in fields])


def _type(field: Field) -> T.DataType:
    return _struct(field.fields) if field.type is Type.OBJECT else _TYPES[field.type]


def _leaves(field: T.StructField) -> list[str]:
    inner = field.dataType.elementType if isinstance(field.dataType, T.ArrayType) else field.dataType
    if not isinstance(inner, T.StructType):
        return [field.name]
    return [f"{field.name}.{name}" for each in inner for name in _leaves(each)]


def _column(name: str) -> Column:
    value = F.col(path(name))
    return (F.when(value >= 0, value) if name == "total_case_count" else value).alias(name)
