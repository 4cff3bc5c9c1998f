"""The HTML of a post as the text that a person reads, and where its links lead.

Mastodon sends a small part of HTML: https://docs.joinmastodon.org/spec/activitypub/#sanitization. libxml2 reads any
other too, as browsers do; it calls back for each tag and builds no tree, so that nesting costs no stack and no memory.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

_PARAGRAPHS = frozenset(
    ("p", "div", "blockquote", "pre", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "section", "dl")
)
_LINES = frozenset(("li", "tr", "dt", "dd"))
_UNSEEN = frozenset(("script", "style", "template", "head", "noscript", "iframe", "object"))
_NO_LINKS = frozenset(("mention", "hashtag"))
_FALLBACK = "quote-inline"
_WEB = re.compile(r"https?://[^\s/]", re.IGNORECASE)


@dataclass(frozen=True)
class Words:
    """text: paragraphs with an empty line between, without white space around. links: each once, in their order."""

    text: str
    links: tuple[str, ...]


def words(html: str, is_quote: bool = False) -> Words:
    """What a post's `content` says; of a quote without the line `RE: …` that says which post it quotes.

    A link's text is all of it, also what Mastodon hides of a long address; links to hashtags and people are no links.
    """
    reader = _Reader(is_quote)
    parser = etree.HTMLParser(target=reader, encoding="utf-8", huge_tree=True)
    parser.feed(b"<body>")  # never an empty document, never an XML declaration
    parser.feed(html.encode("utf-8", "replace"))
    found: Words = parser.close()
    return found


class _Reader:
    """What libxml2 calls; comments and processing instructions are not for people."""

    def __init__(self, is_quote: bool) -> None:
        self._is_quote = is_quote
        self._pieces: list[str] = []
        self._links: dict[str, None] = {}
        self._breaks = 0
        self._unseen = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        classes = attributes.get("class", "").split()
        if self._unseen or tag in _UNSEEN or (self._is_quote and _FALLBACK in classes):
            self._unseen += 1
        elif tag == "br":
            self._breaks = min(self._breaks + 1, 2)
        elif tag == "a":
            self._link(attributes, classes)
        self._break_at(tag)

    def end(self, tag: str) -> None:
        self._unseen = max(self._unseen - 1, 0)
        self._break_at(tag)

    def data(self, text: str) -> None:
        if self._unseen or not text or (self._breaks and text.isspace()):
            return
        if self._breaks and self._pieces:
            self._pieces.append("\n" * self._breaks)
        self._breaks = 0
        self._pieces.append(text)

    def close(self) -> Words:
        return Words("".join(self._pieces).strip(), tuple(self._links))

    def _link(self, attributes: Mapping[str, str], classes: list[str]) -> None:
        href = attributes.get("href", "").strip()
        is_tag = "tag" in attributes.get("rel", "").split()
        if _WEB.match(href) and not is_tag and _NO_LINKS.isdisjoint(classes):
            self._links[href] = None

    def _break_at(self, tag: str) -> None:
        if tag in _PARAGRAPHS:
            self._breaks = 2
        elif tag in _LINES:
            self._breaks = max(self._breaks, 1)
