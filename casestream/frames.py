"""Arrow's tables as what the caller works with."""

from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

import pyarrow as pa

from casestream.errors import BadArgument, MissingExtra

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

As = Literal["pandas", "polars", "arrow"]
Frame: TypeAlias = "pd.DataFrame | pl.DataFrame | pa.Table"


def maker(as_: As) -> Callable[[pa.Table], Frame]:
    """A function that makes of an Arrow table what `as_` names; the table is not to be used afterwards.

    docs/loader.md has the type that each column gets, under "Types". Raises BadArgument where `as_` is none of the
    three, MissingExtra where its package is not installed.
    """
    if as_ == "pandas":
        return _pandas
    if as_ == "polars":
        polars = _polars()
        return lambda table: cast("pl.DataFrame", polars.from_arrow(table))
    if as_ == "arrow":
        return lambda table: table
    raise BadArgument(f"as_ is {as_!r}. Give 'pandas', 'polars' or 'arrow'.")


def _pandas(table: pa.Table) -> "pd.DataFrame":
    """Strings as pandas has them by default (`str`; before pandas 3: `string`), integers `Int64`, Python's lists.

    Each column of Arrow's is given back as soon as pandas has it. (Lists could stay in Arrow, as `pd.ArrowDtype`, but
    pandas cannot read back the Parquet file that it writes of those.)
    """
    import pandas as pd

    types: dict[pa.DataType, Any] = {pa.int64(): pd.Int64Dtype()}
    if int(pd.__version__.partition(".")[0]) < 3:
        types[pa.string()] = pd.StringDtype("pyarrow")
    names = table.column_names
    lists: dict[str, list[Any]] = {}
    for name in [field.name for field in table.schema if pa.types.is_list(field.type)]:
        lists[name] = table[name].to_pylist()
        table = table.drop_columns([name])
    frame: pd.DataFrame = table.to_pandas(types_mapper=types.get, split_blocks=True, self_destruct=True)
    for name, values in lists.items():
        frame[name] = pd.Series(values, dtype=object)
    return frame[names] if lists else frame


def _polars() -> ModuleType:
    try:
        import polars as pl
    except ImportError:
        raise MissingExtra("as_='polars' needs polars. Install it: pip install 'casestream[polars]'") from None
    return pl
