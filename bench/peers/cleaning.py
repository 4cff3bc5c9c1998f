"""A post out of an event of X API v2, for the peers that are written in Python: orjson and compiled expressions.

A search for a substring stands before each expression, since most texts hold nothing of what it looks for.
"""

import re
from datetime import datetime
from typing import Any

import orjson

_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&amp;", "&"))
_URL_CHARACTERS = r"(?:[!#-;=?-~]|[^\W_])*(?:[/=_\-#&%~+]|[^\W_])"
_URL = rf"(?<!\w)(?:https?://|www\.(?=[^\W_])){_URL_CHARACTERS}"
_HASH = r"(?<![\w&/#])#+(?=[\d_]*[^\W\d_])"
_URLS = re.compile(_URL, re.IGNORECASE)
_HASHTAGS = re.compile(rf"{_HASH}(\w+)")
_MENTIONS = re.compile(r"(?<![\w@])@(\w+)")
_REPOST = re.compile(r"\s*RT @\w+:")
_NOISE = re.compile(rf"^\s*RT @\w+:|(?i:{_URL})|{_HASH}")
_KINDS = {"retweeted": "repost", "quoted": "quote", "replied_to": "reply"}


def post(event: bytes, origin: str, received_at: datetime) -> dict[str, Any]:
    """The element of `content` that casestream makes of it. Raises orjson.JSONDecodeError, KeyError."""
    data = orjson.loads(event)["data"]
    raw_text, entities, metrics = data["text"], data.get("entities", {}), data.get("public_metrics")
    decoded = decode(raw_text)
    kind, refers_to = _reference(data.get("referenced_tweets"), raw_text)
    versions = data.get("edit_history_tweet_ids")
    return {
        "id": data["id"],
        "kind": kind,
        "text": clean(decoded),
        "raw_text": raw_text,
        "created_at": datetime.fromisoformat(data["created_at"]),
        "received_at": received_at,
        "lang": data.get("lang"),
        "author": data.get("author_id"),
        "refers_to": refers_to,
        "edit_of": versions[0] if versions and versions[0] != data["id"] else None,
        "metrics": metrics
        and {
            "likes": metrics["like_count"],
            "reposts": metrics["retweet_count"],
            "replies": metrics["reply_count"],
            "quotes": metrics["quote_count"],
        },
        "hashtags": [tag["tag"] for tag in entities["hashtags"]] if "hashtags" in entities else hashtags(decoded),
        "mentions": [name["username"] for name in entities["mentions"]]
        if "mentions" in entities
        else mentions(decoded),
        "urls": [url["expanded_url"] for url in entities["urls"]] if "urls" in entities else urls(decoded),
        "source": "kafka",
        "origin": origin,
    }


def decode(text: str) -> str:
    """The five entities that X escapes, once."""
    if "&" in text:
        for entity, character in _ENTITIES:
            text = text.replace(entity, character)
    return text


def clean(decoded: str) -> str:
    """Without a leading `RT @name:`, URLs and the `#` of hashtags; white space collapsed and trimmed."""
    if "#" in decoded or "RT @" in decoded or _may_hold_url(decoded):
        decoded = _NOISE.sub("", decoded)
    return " ".join(decoded.split())


def hashtags(decoded: str) -> list[str]:
    """In their order, without their `#`."""
    return _HASHTAGS.findall(_without_urls(decoded)) if "#" in decoded else []


def mentions(decoded: str) -> list[str]:
    """In their order, without their `@`."""
    return _MENTIONS.findall(_without_urls(decoded)) if "@" in decoded else []


def urls(decoded: str) -> list[str]:
    """In their order."""
    return _URLS.findall(decoded) if _may_hold_url(decoded) else []


def _reference(references: list[dict[str, str]] | None, text: str) -> tuple[str, str | None]:
    for wanted, kind in _KINDS.items():
        for each in references or ():
            if each["type"] == wanted:
                return kind, each["id"]
    return ("repost" if _REPOST.match(text) else "post"), None


def _without_urls(decoded: str) -> str:
    return _URLS.sub(" ", decoded) if _may_hold_url(decoded) else decoded


def _may_hold_url(text: str) -> bool:
    return "://" in text or "ww." in text or "WW." in text
