"""The code in one file, for `spark-submit --py-files`: `python -m deploy.code_zip FILE`.

The same code makes the same bytes. The entry points, the dashboard and the tests stay out.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

ROOT = Path(__file__).parents[1]
LEFT_OUT = ("main.py", "manage.py", "dashboard", "tests")
OLDEST = (1980, 1, 1, 0, 0, 0)


def modules(root: Path) -> Iterator[Path]:
    """The modules at the top, and those of every package there; relative, sorted."""
    tops = [top for top in sorted(root.iterdir()) if top.name not in LEFT_OUT]
    for top in tops:
        if top.suffix == ".py":
            yield top.relative_to(root)
        elif (top / "__init__.py").is_file():
            yield from (module.relative_to(root) for module in sorted(top.rglob("*.py")))


def write(root: Path, file: Path) -> None:
    """Whole or not at all."""
    scratch = file.with_suffix(".new")
    with ZipFile(scratch, "w") as archive:
        for module in modules(root):
            archive.writestr(ZipInfo(str(module), OLDEST), (root / module).read_bytes(), ZIP_DEFLATED)
    scratch.replace(file)


if __name__ == "__main__":
    write(ROOT, Path(sys.argv[1]))
