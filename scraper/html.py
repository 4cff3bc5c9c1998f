"""HTML of strangers into a tree, bounded in what that may cost."""

from bs4 import BeautifulSoup, Tag
from bs4.exceptions import ParserRejectedMarkup

from errors import CountUnparsed

MAX_TAGS = 200_000  # the real page has tens of thousands; a tree of 5 MB of tags would take 30 s and 750 MB


def tree(body: bytes) -> BeautifulSoup:
    """The tree of a page as it was sent. Raises CountUnparsed where it is no HTML, or has more than `MAX_TAGS` tags."""
    if not 1 <= (tags := body.count(b"<")) <= MAX_TAGS:
        raise CountUnparsed(f"is no HTML page that can be read: it has {tags} tags, not 1 to {MAX_TAGS}")
    try:
        return BeautifulSoup(body, "lxml")
    except ParserRejectedMarkup as error:
        raise CountUnparsed(f"is no HTML: {error}") from error


def text_of(tag: Tag | None) -> str:
    """The text of an element with all that is in it, white space collapsed; empty where there is none."""
    return " ".join(tag.get_text().split()) if tag else ""
