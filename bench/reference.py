"""What must be stored of each event: worked out in plain Python, letter by letter, apart from the job and every peer.

It reads a text as a person would explain the rules, without a regular expression, and is slow on purpose.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from xxhash import xxh64_intdigest

_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&amp;", "&"))
_ENDS_A_URL = "/=_-#&%~+"
_ASCII_OF_A_URL = {chr(code) for code in range(0x21, 0x7F)} - {'"', "<", ">"}


@dataclass(frozen=True)
class Expected:
    """What is stored of a post."""

    id: str
    text: str
    raw_text: str
    hashtags: tuple[str, ...]
    mentions: tuple[str, ...]
    urls: tuple[str, ...]

    def digest(self) -> int:
        """64 bits of everything but the id."""
        return digest(self.text, self.raw_text, self.hashtags, self.mentions, self.urls)


def digest(text: str, raw_text: str, *lists: tuple[str, ...] | list[str]) -> int:
    """64 bits of a post's words."""
    return xxh64_intdigest("\x1f".join([text, raw_text, *("\x1e".join(each) for each in lists)]).encode())


def expected(event: bytes) -> Expected:
    """Of one event."""
    post: dict[str, Any] = json.loads(event)["data"]
    entities = post.get("entities", {})
    decoded = decode(post["text"])
    urls = [url.get("expanded_url", url["url"]) for url in entities.get("urls", [])]
    return Expected(
        post["id"],
        clean(decoded),
        post["text"],
        tuple([tag["tag"] for tag in entities.get("hashtags", [])] or hashtags(decoded)),
        tuple([name["username"] for name in entities.get("mentions", [])] or mentions(decoded)),
        tuple(urls or (decoded[begin:end] for begin, end in _urls(decoded))),
    )


def decode(text: str) -> str:
    """The five entities that X escapes, once, `&amp;` last."""
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text


def clean(decoded: str) -> str:
    """Without a leading `RT @name:`, URLs and the `#` of hashtags; white space collapsed and trimmed."""
    gone = [(0, _end_of_repost_prefix(decoded)), *_urls(decoded), *((first, end) for first, end, _ in _tags(decoded))]
    kept, place = [], 0
    for first, end in sorted(gone):
        kept.append(decoded[place:first])
        place = max(place, end)
    return " ".join("".join([*kept, decoded[place:]]).split())


def hashtags(decoded: str) -> list[str]:
    """In their order, without their `#`."""
    return [tag for _first, _end, tag in _tags(decoded)]


def mentions(decoded: str) -> list[str]:
    """In their order, without their `@`."""
    text, found, place = _without_urls(decoded), [], -1
    while (place := text.find("@", place + 1)) >= 0:
        before, name = (text[place - 1] if place else " "), _word(text, place + 1)
        if name and not (before.isalnum() or before in "_@"):
            found.append(name)
    return found


def _tags(decoded: str) -> Iterator[tuple[int, int, str]]:
    """Where the `#` of each hashtag begins and ends, and the tag: a word that is not all digits."""
    text = _without_urls(decoded)
    place = 0
    while (place := text.find("#", place)) >= 0:
        end = place
        while text[end : end + 1] == "#":
            end += 1
        before, tag = (text[place - 1] if place else " "), _word(text, end)
        if not (before.isalnum() or before in "_&/") and not all(c.isdigit() or c == "_" for c in tag):
            yield place, end, tag
        place = end


def _urls(text: str) -> Iterator[tuple[int, int]]:
    """Where each URL begins and ends: at a character that can end one."""
    place, lower = 0, text.lower()
    while "://" in lower[place:] or "www." in lower[place:]:
        before = text[place - 1] if place else " "
        length = 0 if before.isalnum() or before == "_" else _scheme(lower, place)
        end = place + length
        while length and end < len(text) and _is_of_a_url(text[end]):
            end += 1
        while length and end > place + length and not (text[end - 1].isalnum() or text[end - 1] in _ENDS_A_URL):
            end -= 1
        if length and end > place + length:
            yield place, end
            place = end
        else:
            place += 1


def _scheme(lower: str, place: int) -> int:
    """The length of what makes a URL of what follows; 0 where nothing does."""
    for scheme in ("http://", "https://"):
        if lower.startswith(scheme, place):
            return len(scheme)
    is_name = lower.startswith("www.", place) and lower[place + 4 : place + 5].isalnum()
    return len("www.") if is_name else 0


def _is_of_a_url(character: str) -> bool:
    return character in _ASCII_OF_A_URL or character.isalnum()


def _without_urls(decoded: str) -> str:
    text = decoded
    for first, end in _urls(decoded):
        text = text[:first] + " " * (end - first) + text[end:]
    return text


def _end_of_repost_prefix(text: str) -> int:
    """Where the text itself begins."""
    begin = len(text) - len(text.lstrip())
    if not text.startswith("RT @", begin):
        return 0
    name = _word(text, begin + 4)
    end = begin + 4 + len(name)
    return end + 1 if name and text[end : end + 1] == ":" else 0


def _word(text: str, place: int) -> str:
    end = place
    while end < len(text) and (text[end].isalnum() or text[end] == "_"):
        end += 1
    return text[place:end]
