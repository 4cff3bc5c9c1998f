"""Processors that break one promise each."""

from dataclasses import replace
from typing import ClassVar

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from processors.base import JobParts
from processors.events import post_or_problem
from processors.mastodon import MastodonProcessor
from processors.posts import left_out
from processors.push import PushProcessor
from processors.socket import SocketProcessor


class Deaf(PushProcessor):
    def process(self, event: Column) -> Column:
        return post_or_problem(event)


class Exampleless(SocketProcessor):
    pass


class RequiresNoSetting(SocketProcessor):
    requires: ClassVar[tuple[str, ...]] = ("socket_prot",)


class LosesPosts(SocketProcessor):
    def read_stream(self) -> DataFrame:
        return super().read_stream().where(~F.col("value").cast("string").startswith("plain"))


class SwallowsBytes(SocketProcessor):
    def read_stream(self) -> DataFrame:
        return super().read_stream().withColumn("value", F.trim(F.col("value").cast("string")).cast("binary"))


class NeverStops(SocketProcessor):
    def __init__(self, parts: JobParts) -> None:
        super().__init__(replace(parts, stop_requested=lambda: False))


class NeverTheSame(SocketProcessor):
    def read_stream(self) -> DataFrame:
        return super().read_stream().withColumn("received_at", F.current_timestamp())


class RaisesOnABadEvent(SocketProcessor):
    def process(self, event: Column) -> Column:
        return post_or_problem(F.when(event.startswith("[["), F.raise_error("that is no event")).otherwise(event))


class KeepsWhatEnded(MastodonProcessor):
    def process(self, event: Column) -> Column:
        return F.when(event.contains('"delete"'), left_out()).otherwise(super().process(event))


class RunsPython(SocketProcessor):
    def process(self, event: Column) -> Column:
        return post_or_problem(F.udf(lambda text: text, "string")(event))


class PrintsItsSecret(SocketProcessor):
    def process(self, event: Column) -> Column:
        print("logged in with", *self.settings.secrets())
        return post_or_problem(event)
