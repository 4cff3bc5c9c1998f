"""Which posts of a whole network are kept."""

from typing import Annotated

from pydantic import BeforeValidator
from pydantic_settings import NoDecode

from settings.frozen import Frozen, setting
from settings.types import matching, names

Language = Annotated[str, matching(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", "codes of languages: en,pt-BR")]
Languages = Annotated[tuple[Language, ...], NoDecode, BeforeValidator(names)]
Keyword = Annotated[str, matching(r"(?=.*\w).{1,100}", "words of at most 100 characters, with commas between")]
Keywords = Annotated[tuple[Keyword, ...], NoDecode, BeforeValidator(names)]


class Selection(Frozen):
    """By language and by word; nothing is left out by default."""

    group = "filter"

    languages: Languages = setting(
        (), "of a whole network: languages to keep, as en,pt-BR; others are left out; default: all"
    )
    keywords: Keywords = setting(
        (), "of a whole network: words one of which a post must hold, as covid,face mask; default: none"
    )
