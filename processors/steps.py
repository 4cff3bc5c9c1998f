"""A Column that is worked out in steps, each of which names values that the next ones use, however often.

Spark shares an expression between branches only where it can prove that all of them need it (Spark 3.5,
EquivalentExpressions); written as one expression, an event would be parsed some hundred times. In a frame each step
becomes a `select` of its own, which Spark compiles to Java and computes once. As a Column, for who builds on it, the
steps are nested in lambdas: the same values, computed once too, but interpreted, which takes half as long again.
"""

from collections.abc import Callable, Mapping, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

Found = Mapping[str, Column]
Step = Callable[[Found], Mapping[str, Column]]

_STEPS = "_casestream_steps"
_PREFIX = "_step_"


def in_steps(event: Column, *steps: Step) -> Column:
    """The value that the last step calls `outcome`; each step is handed `event` and what the steps before it named."""
    column = _nested({"event": event}, steps)
    # The steps travel with the Column; any expression made of it has lost them, and is right all the same.
    setattr(column, _STEPS, (event, steps))
    return column


def around(column: Column, before: Sequence[Step], last: Callable[[Found, Column], Column]) -> Column:
    """A Column of `in_steps` with more steps before its own; last is handed what they named, and its value.

    A step before may give `event` anew, and the others read that. Raises KeyError for a column made otherwise.
    """
    event, steps = vars(column)[_STEPS]
    *others, ending = steps
    return in_steps(event, *before, *others, lambda found: {"outcome": last(found, ending(found)["outcome"])})


def with_steps(frame: DataFrame, name: str, column: Column) -> DataFrame:
    """`frame` with that column: step by step, where it was made by `in_steps`; `_step_…` are names of ours."""
    event, steps = vars(column).get(_STEPS, (None, ()))
    if not steps:
        return frame.select("*", column.alias(name))
    before, found = frame.columns, {"event": event}
    for step in steps:
        made = step(found)
        frame = frame.select("*", *(value.alias(_PREFIX + each) for each, value in made.items()))
        found |= {each: F.col(_PREFIX + each) for each in made}
    return frame.select(*before, found["outcome"].alias(name))


def _nested(found: Found, steps: Sequence[Step]) -> Column:
    made = {**found, **steps[0](found)}
    if len(steps) == 1:
        return made["outcome"]
    together = F.array(F.struct(*(value.alias(name) for name, value in made.items())))
    return F.transform(together, lambda one: _nested({name: one[name] for name in made}, steps[1:]))[0]
