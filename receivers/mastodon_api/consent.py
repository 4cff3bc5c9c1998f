"""Whether an author lets others collect what they write: many people on Mastodon do not.

https://docs.joinmastodon.org/entities/Account: `noindex` (local accounts) is a no to search engines, `indexable` a yes.
Older than both is the custom of a hashtag in one's profile: #nobot, #noindex and their like.
"""

import re
from collections.abc import Mapping
from typing import Any

from receivers.mastodon_api.html_text import words

OPTED_IN, ALL = "opted-in", "all"

_SAYS_NO = re.compile(r"#no(bots?|index|archiv(e|ing)|scrap(e|ing)|ai|train(ing)?)\b", re.IGNORECASE)
_PUBLIC = (None, "public", "unlisted")


def may_be_kept(status: Mapping[str, Any], authors: str) -> bool:
    """Whether a status may be stored, by the setting MASTODON_AUTHORS; a boost asks both of its authors."""
    boosted = status.get("reblog")
    is_public = status.get("visibility") in _PUBLIC
    own = is_public and _agrees(status.get("account"), authors)
    return own and (not isinstance(boosted, dict) or may_be_kept({**boosted, "reblog": None}, authors))


def _agrees(account: Any, authors: str) -> bool:  # noqa: ANN401 - whatever JSON holds
    if authors == ALL or not isinstance(account, dict):
        return True  # what has no account is no post, and is told so later
    if account.get("noindex") is True or _SAYS_NO.search(_profile(account)):
        return False
    return authors != OPTED_IN or account.get("indexable") is True


def _profile(account: Mapping[str, Any]) -> str:
    note = account.get("note")
    return words(note).text if isinstance(note, str) and "no" in note.lower() else ""
