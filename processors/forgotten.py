"""Rows (`processors.rows`) without what is forgotten: in Spark what `forgotten` says in Python."""

from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from forgotten import Forgotten
from micro_batch import OF_AUTHOR

_FEW = 100  # as literals they cost nothing; more are joined, for a fifth of a second a batch
_CONTENT = ("post", "problem", "removes", "raw", "length", "sha256", "headers")


def left_out(rows: DataFrame, forgotten: Forgotten) -> DataFrame:
    """The rows with a column `forgotten` boolean: where it is true, post, problem, removes and all of a dead letter go.

    Forgotten is a post by its id, by its author's, or by that of the post whose text it has (a repost's, an edit's), a
    deletion by the post's or author's id that it names, and a dead letter by its SHA-256. The columns are null then.
    Where nothing is forgotten the rows come back as they are, without that column.
    """
    if not forgotten.hashes:
        return rows
    marked = (_few if len(forgotten.hashes) <= _FEW else _many)(rows, forgotten)
    kept = (F.when(~F.col("forgotten"), F.col(name)).alias(name) if name in _CONTENT else name for name in rows.columns)
    return marked.select(*kept, "forgotten")


def _few(rows: DataFrame, forgotten: Forgotten) -> DataFrame:
    is_among = (F.coalesce(key.isin(*forgotten.hashes), F.lit(False)) for key in _keys())
    return rows.select("*", reduce(or_, is_among).alias("forgotten"))


def _many(rows: DataFrame, forgotten: Forgotten) -> DataFrame:
    hashes = F.broadcast(rows.sparkSession.createDataFrame([(each,) for each in forgotten.hashes], "found string"))
    found = []
    for number, key in enumerate(_keys()):
        found.append(f"found_{number}")
        named = hashes.withColumnRenamed("found", found[-1])
        rows = rows.join(named, on=key == F.col(found[-1]), how="left")
    return rows.withColumn("forgotten", F.coalesce(*found).isNotNull())


def _keys() -> tuple[Column, ...]:
    post = F.col("post")
    copied = F.coalesce(F.when(post["kind"] == "repost", post["refers_to"]), post["edit_of"])
    removes = F.col("removes")
    gone = F.substr(removes, F.lit(len(OF_AUTHOR) + 1))
    named = F.when(removes.startswith(OF_AUTHOR), _hash("author", gone)).otherwise(_hash("post", removes))
    own = F.coalesce(_hash("post", post["id"]), F.col("sha256"), named)
    return own, _hash("author", post["author"]), _hash("post", copied)


def _hash(kind: str, name: Column) -> Column:
    return F.sha2(F.concat(F.lit(f"{kind}:"), name), 256)
