"""What the arguments of `manage.py forget` name."""

from pathlib import Path

from errors import FixSettings
from operations.forgetting.id_file import Ids, read_ids
from operations.forgetting.targets import Targets


def named(post: list[str], author: list[str], file: Path | None, posts: bool, authors: bool) -> Targets:
    """All of it, also what the file holds, of which a line says how much. Raises FixSettings."""
    problems = []
    if not (post or author or file):
        problems.append("--post ID, --author ID or --from-file FILE: say what is to be forgotten")
    # A shell's empty variable is an empty string, which stands in many a dead letter.
    problems += [f"--post {each!r}: an id is one word" for each in post if len(each.split()) != 1]
    problems += [f"--author {each!r}: an id has letters or digits in it" for each in author if not each.strip()]
    if (posts, authors) in ((True, True), (False, False)) and file:
        problems.append("--from-file: say with --posts or with --authors what its ids are; the file does not")
    if (posts or authors) and not file:
        problems.append(
            "--posts and --authors say what --from-file holds: one post is --post ID, one author --author ID"
        )
    if problems:
        raise FixSettings(problems)
    ids: frozenset[str] = frozenset()
    if file is not None:
        found = read_ids(file)
        ids = found.ids
        _say_file(file, found)
    return Targets(
        frozenset(post) | (ids if posts else frozenset()), frozenset(author) | (ids if authors else frozenset())
    )


def _say_file(file: Path, found: Ids) -> None:
    reasons = ", ".join(f"{number:,} {reason}" for reason, number in sorted(found.reasons.items()))
    print(f"{file}: {len(found.ids):,} ids to forget ({reasons})")
    if found.passed_over:
        print(f"{found.passed_over:,} of them passed over: their place is to go, and no post here has one")
