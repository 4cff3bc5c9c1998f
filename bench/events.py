"""The events that everyone gets: posts as X API v2 streams them, about 530 bytes each, the texts real ones.

Deterministic: event `number` of a seed is the same on every machine.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from bench.places import ROOT

TEXTS = ROOT / "demo" / "tweets.txt"
_FIRST_ID = 1_900_000_000_000_000_000
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_TOPICS = ("covid19", "coronavirus", "StaySafe", "vaccine", "longcovid", "WHO", "pandemic", "masks")
_NAMES = ("WHO", "CDCgov", "ECDC_EU", "nytimes", "some_one", "jane_doe_42", "RKI_de", "HSELive")
_LANGUAGES = ("en", "en", "en", "en", "es", "fr", "de", "ja")
_HASHTAG = re.compile(r"(?<![\w&/#])#(\w*[^\W\d_]\w*)")
_MENTION = re.compile(r"(?<![\w@])@(\w+)")
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def events(number: int, seed: int = 1) -> Iterator[bytes]:
    """That many events, each a JSON object on one line without its LF."""
    random = Random(seed)
    texts = TEXTS.read_text(encoding="utf-8").splitlines()
    for position in range(number):
        yield json.dumps(_event(position, random, texts), ensure_ascii=False, separators=(",", ":")).encode()


def _event(position: int, random: Random, texts: list[str]) -> dict[str, Any]:
    own_id = str(_FIRST_ID + position * 4_194_304 + random.randrange(4096))
    text, urls = _text(random, texts)
    text, references = _as_some_kind(text, random)
    data: dict[str, Any] = {
        "id": own_id,
        "text": text,
        "created_at": (_BEGIN + timedelta(milliseconds=position * 7)).isoformat(timespec="milliseconds")[:-6] + "Z",
        "lang": random.choice(_LANGUAGES),
        "author_id": str(random.randrange(10**8, 10**10)),
        "edit_history_tweet_ids": [own_id],
        "public_metrics": {
            "retweet_count": random.randrange(3),
            "reply_count": random.randrange(3),
            "like_count": random.randrange(9),
            "quote_count": 0,
        },
    }
    if references:
        data["referenced_tweets"] = references
    if found := _entities(text, urls):
        data["entities"] = found
    return {"data": data, "matching_rules": [{"id": "1760000000000000001", "tag": "covid"}]}


def _text(random: Random, texts: list[str]) -> tuple[str, list[dict[str, Any]]]:
    """A real text; some with a hashtag more, some with a link as X writes it."""
    text, urls = random.choice(texts), []
    if random.random() < 0.3:
        text += f" #{random.choice(_TOPICS)}"
    if random.random() < 0.2:
        url = "https://t.co/" + "".join(random.choices(_LETTERS, k=10))
        site = f"example.org/{random.choice(_TOPICS)}/{random.randrange(10**6)}"
        urls.append({"url": url, "expanded_url": f"https://{site}", "display_url": site})
        text += f" {url}"
    return text, urls


def _as_some_kind(text: str, random: Random) -> tuple[str, list[dict[str, str]]]:
    """As X cuts and marks it: 15 % reposts, 10 % replies, 5 % quotes."""
    drawn, other = random.random(), str(_FIRST_ID - random.randrange(10**15))
    if drawn < 0.15:
        return f"RT @{random.choice(_NAMES)}: {text}", [{"type": "retweeted", "id": other}]
    if drawn < 0.25:
        return f"@{random.choice(_NAMES)} {text}", [{"type": "replied_to", "id": other}]
    if drawn < 0.30:
        return text, [{"type": "quoted", "id": other}]
    return text, []


def _entities(text: str, urls: list[dict[str, Any]]) -> dict[str, Any]:
    """Each with where it stands; kinds that the text has none of are left out, as X does."""
    bare = re.sub(r"(?:https?://|www\.)\S+", lambda match: " " * len(match[0]), text, flags=re.IGNORECASE)
    found = {
        "hashtags": [{"start": m.start(), "end": m.end(), "tag": m[1]} for m in _HASHTAG.finditer(bare)],
        "mentions": [{"start": m.start(), "end": m.end(), "username": m[1]} for m in _MENTION.finditer(bare)],
        "urls": [{"start": (at := text.index(url["url"])), "end": at + len(url["url"]), **url} for url in urls],
    }
    return {kind: listed for kind, listed in found.items() if listed}


def stored(number: int, seed: int, folder: Path) -> Path:
    """A file of that many events, one a line; made on the first call."""
    file = folder / f"events-{seed}-{number}.jsonl"
    if not file.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        scratch = file.with_suffix(".new")
        with scratch.open("wb") as lines:
            lines.writelines(event + b"\n" for event in events(number, seed))
        scratch.rename(file)
    return file
