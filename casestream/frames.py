"""Arrow's tables as what the caller works with."""

from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

import pyarrow as pa

from casestream.errors import BadArgument, MissingExtra

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl

As = Literal["pandas", "polars", "arrow"]
Frame: TypeAlias = "pd.DataFrame | pl.DataFrame | pa.Table"


def check(as_: str) -> None:
    """Raises BadArgument where it is none of them, MissingExtra where its package is not installed."""
    if as_ not in ("pandas", "polars", "arrow"):
        raise BadArgument(f"as_ is {as_!r}. Give 'pandas', 'polars' or 'arrow'.")
    if as_ == "polars":
        _polars()


def framed(table: pa.Table, as_: As) -> Frame:
    """The table as pandas or polars has it, or as it is."""
    if as_ == "polars":
        return cast("pl.DataFrame", _polars().from_arrow(table))
    return table if as_ == "arrow" else _pandas(table)


def _pandas(table: pa.Table) -> "pd.DataFrame":
    """Strings as pandas has them by default (`str`; before pandas 3 `string`), integers `Int64`, lists stay Arrow's."""
    import pandas as pd

    types: dict[pa.DataType, Any] = {
        pa.int64(): pd.Int64Dtype(),
        pa.list_(pa.string()): pd.ArrowDtype(pa.list_(pa.string())),
    }
    if int(pd.__version__.partition(".")[0]) < 3:
        types[pa.string()] = pd.StringDtype("pyarrow")
    return cast("pd.DataFrame", table.to_pandas(types_mapper=types.get, split_blocks=True, self_destruct=True))


def _polars() -> ModuleType:
    try:
        import polars as pl
    except ImportError:
        raise MissingExtra("as_='polars' needs polars. Install it: pip install 'casestream[polars]'") from None
    return pl
