"""(d) Spark as a first attempt has it: Python UDFs, the case count scraped in one for each row, a plain append.

Read, clean, scrape, append: each line as the tutorials write it. One document for each post.
"""

import json
import os
import re
from pathlib import Path

import requests
from bs4 import BeautifulSoup
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import IntegerType, StringType

from bench.task import Task


def main(task: Task, jars: str) -> None:
    """Read all events of the topic, then end."""
    spark = _session(task, jars)

    def append(batch: DataFrame, _number: int) -> None:
        (
            batch.write.format("mongodb")
            .mode("append")
            .option("connection.uri", task.uri)
            .option("database", task.database)
            .option("collection", "posts")
            .save()
        )

    query = (
        _posts(_events(spark, task), task.count_url)
        .writeStream.foreachBatch(append)
        .option("checkpointLocation", str(Path("checkpoint").absolute()))
        .trigger(availableNow=True)
        .start()
    )
    query.awaitTermination()
    spark.stop()


def _session(task: Task, jars: str) -> SparkSession:
    spark = (
        SparkSession.builder.appName(task.name)
        .master("local[*]")
        .config("spark.driver.memory", "2g")
        .config("spark.driver.extraClassPath", jars)
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def _events(spark: SparkSession, task: Task) -> DataFrame:
    return (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", task.bootstrap)
        .option("subscribe", task.topic)
        .option("startingOffsets", "earliest")
        .option("maxOffsetsPerTrigger", task.batch)
        .load()
    )


def _posts(events: DataFrame, count_url: str) -> DataFrame:
    event = F.col("value").cast("string")
    return events.select(_id_of(event).alias("id"), _text_of(event).alias("raw_text")).select(
        "id",
        "raw_text",
        _cleaned(F.col("raw_text")).alias("text"),
        _case_count(F.col("raw_text"), F.lit(count_url)).alias("total_case_count"),
    )


@F.udf(StringType())
def _text_of(event: str) -> str:
    return str(json.loads(event)["data"]["text"])


@F.udf(StringType())
def _id_of(event: str) -> str:
    return str(json.loads(event)["data"]["id"])


@F.udf(StringType())
def _cleaned(text: str) -> str:
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&amp;", "&")):
        text = text.replace(entity, character)
    text = re.sub(r"^\s*RT @\w+:", "", text)
    end = r"(?:[!#-;=?-~]|[^\W_])*(?:[/=_\-#&%~+]|[^\W_])"
    text = re.sub(rf"(?i)(?<!\w)(?:https?://|www\.(?=[^\W_])){end}", "", text)
    text = re.sub(r"(?<![\w&/#])#+(?=[\d_]*[^\W\d_])", "", text)
    return " ".join(text.split())


@F.udf(IntegerType())
def _case_count(_text: str, url: str) -> int:
    page = requests.get(url, timeout=10)
    number = BeautifulSoup(page.text, "html.parser").find("div", class_="maincounter-number")
    return int(number.get_text().strip().replace(",", "")) if number else 0


if __name__ == "__main__":
    main(Task.from_arguments(), os.environ["SPARK_JARS"])
