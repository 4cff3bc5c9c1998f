"""A hook of mkdocs: pages and pictures that lie outside docs/ (README.md, CHANGELOG.md, …) become part of the site.

README.md is its first page; whatever a page links to elsewhere in the checkout lies below `project/`. Links are written
for who reads the files; here they are turned to where the files lie in the site
(https://www.mkdocs.org/user-guide/configuration/#hooks).
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[1]
_FIRST, _ELSEWHERE, _DOCS = "index.md", "project/", "docs/"
_ALWAYS = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
_LINK = re.compile(r"\]\((?![a-z]+:|#)(?P<path>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what lies outside docs/ and is linked to, and what that links to."""
    waiting = [*_ALWAYS, *(_DOCS + file.src_uri for file in files.documentation_pages())]
    seen = set(waiting)
    while waiting:
        path = waiting.pop()
        if not path.startswith(_DOCS):
            files.append(File.generated(config, in_site(path), abs_src_path=str(ROOT / path)))
        if path.endswith(".md"):
            new = set(linked(path, (ROOT / path).read_text())) - seen
            waiting += sorted(new)
            seen |= new
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 - mkdocs' own
    """The page with its links turned."""
    path = in_checkout(page.file.src_uri)

    def turned(link: re.Match[str]) -> str:
        target = _target(path, link["path"])
        if target is None:
            return link[0]
        place = os.path.relpath(in_site(target), PurePosixPath(in_site(path)).parent)
        return f"]({place}{link['anchor'] or ''})"

    return _LINK.sub(turned, markdown)


def in_site(path: str) -> str:
    """Where a file of the checkout lies in the site."""
    if path == "README.md":
        return _FIRST
    return path.removeprefix(_DOCS) if path.startswith(_DOCS) else _ELSEWHERE + path


def in_checkout(uri: str) -> str:
    """Where a file of the site lies in the checkout."""
    if uri == _FIRST:
        return "README.md"
    return uri.removeprefix(_ELSEWHERE) if uri.startswith(_ELSEWHERE) else _DOCS + uri


def linked(path: str, markdown: str) -> Iterator[str]:
    """The files outside docs/ that a page links to."""
    for link in _LINK.finditer(markdown):
        target = _target(path, link["path"])
        if target is not None and not target.startswith(_DOCS):
            yield target


def _target(path: str, link: str) -> str | None:
    """The file of the checkout that a link of a page means; None where there is none."""
    target = Path(os.path.normpath(ROOT / PurePosixPath(path).parent / link))
    is_ours = target.is_file() and target.is_relative_to(ROOT)
    return str(target.relative_to(ROOT)) if is_ours else None
