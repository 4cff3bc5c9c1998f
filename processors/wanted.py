"""Which posts of a whole network are kept: by their language and by words in them. Native Spark expressions only."""

from functools import reduce
from operator import and_
from typing import Protocol

from pyspark.sql import Column
from pyspark.sql import functions as F

from processors.posts import CJK

# Where no blanks stand between words, a neighbour does not tell whether a word is whole.
_WITHOUT_BLANKS = rf"{CJK}\p{{IsThai}}\p{{IsLao}}\p{{IsKhmer}}\p{{IsMyanmar}}"
_IN_A_WORD = rf"[\p{{L}}\p{{M}}\p{{N}}_&&[^{_WITHOUT_BLANKS}]]"
_BLANKS = r"[\s\p{Z}\x85]+"


class Wanted(Protocol):
    """What of the settings says so; an empty one asks for nothing."""

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of languages by BCP 47 (https://www.rfc-editor.org/info/bcp47): `en`, `pt-BR`."""

    @property
    def keywords(self) -> tuple[str, ...]:
        """Each a word, or several with blanks between."""


def is_wanted(text: Column, lang: Column, settings: Wanted) -> Column:
    """Whether a post is to be kept; true or false, never null.

    text: as a person reads it; one of the keywords must stand in it, as whole words, whatever their capitals. lang: its
    language, or several with blanks between; `en` keeps `en-GB` too, `en-GB` keeps no `en`. A post of which either is
    not known is kept only where nothing is asked of it.
    """
    asked = []
    if settings.languages:
        asked.append(F.coalesce(lang.rlike(_languages(settings.languages)), F.lit(False)))
    if settings.keywords:
        asked.append(F.coalesce(text.rlike(_keywords(settings.keywords)), F.lit(False)))
    return reduce(and_, asked, F.lit(True))


def _languages(languages: tuple[str, ...]) -> str:
    return rf"(?i)(?<!\S)(?:{'|'.join(map(_quoted, languages))})(?=[-\s]|\z)"


def _keywords(keywords: tuple[str, ...]) -> str:
    phrases = (_BLANKS.join(map(_quoted, keyword.split())) for keyword in keywords)
    return rf"(?iu)(?<!{_IN_A_WORD})(?:{'|'.join(phrases)})(?!{_IN_A_WORD})"


def _quoted(word: str) -> str:
    """The word for itself, whatever its characters mean to a regular expression."""
    return "".join(rf"\x{{{ord(character):X}}}" for character in word)
