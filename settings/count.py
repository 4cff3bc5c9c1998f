"""Where the world's case count comes from, and when it is asked for."""

import re
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from moments import FORM, moment
from settings.folders import scheme_of
from settings.frozen import Frozen, setting
from settings.hosts import refuse_address
from settings.types import WEB_ADDRESS, WEB_ADDRESS_PATTERN

_YEAR = 31_536_000


def _count_address(value: str) -> str:
    is_of_the_web = bool(re.fullmatch(WEB_ADDRESS_PATTERN, value))
    if not is_of_the_web and scheme_of(value) not in ("", "file"):
        raise ValueError(f"it must be {WEB_ADDRESS}, or for the provider file a path")
    if is_of_the_web:
        refuse_address(value)
    return value


def _selector(value: str) -> str:
    import soupsieve  # with BeautifulSoup, which not everybody who reads settings has

    try:
        soupsieve.compile(value)
    except (soupsieve.SelectorSyntaxError, NotImplementedError) as error:
        said = " ".join(str(error).partition("\n")[0].split())
        raise ValueError(f"it must be a CSS selector like #cases .number; {said}") from None
    return value


def _written_moment(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return moment(value)
    except ValueError:
        raise ValueError(f"it must be {FORM}") from None


CountAddress = Annotated[str, AfterValidator(_count_address)]
Selector = Annotated[str, AfterValidator(_selector)]
Moment = Annotated[datetime, BeforeValidator(_written_moment)]


class CaseCount(Frozen):
    """The provider, its page, and how old a number may be."""

    group = "case count"

    count_provider: str = setting(
        "worldometers",
        "who publishes the world's case count: worldometers, who, owid, page, file, fixed, none, or "
        "package.module:ClassName; see docs/case-count.md",
    )
    count_url: CountAddress | None = setting(
        None,
        "another address of its page, the path for file; default: the provider's own; required for page, file",
    )
    count_selector: Selector | None = setting(
        None, "CSS selector of the number on a page of your own; required for page"
    )
    count_value: int | None = setting(None, "the number itself; required for fixed", ge=0, le=10**15)
    count_as_of: Moment | None = setting(None, "the time of that number, for fixed, like 2024-04-13T01:00Z")
    count_timeout_seconds: float | None = setting(
        None,
        "longest time for the whole page; default: the provider's, 5 for a page, 60 for a table",
        gt=0,
        le=600,
    )
    count_max_age_seconds: float | None = setting(
        None,
        "a number younger than this is not fetched again; default: the trigger's seconds; for who and owid never less "
        "than an hour",
        ge=0,
        le=_YEAR,
    )
    count_wait_seconds: float = setting(
        2, "longest time a micro-batch waits for the number beyond its own work", ge=0, le=3_600
    )
    count_stale_after_days: float = setting(
        7,
        "an older number, or one that was the same for so long, is flagged stale and warned of",
        gt=0,
        le=36_500,
    )
