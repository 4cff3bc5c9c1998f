"""docs/settings.md, the table of all settings, out of `settings.Settings`: `python -m docs.make_settings`."""

from pathlib import Path

from pydantic.fields import FieldInfo

from command_line.mistakes import flag, is_secret, variable
from settings import Settings

PAGE = Path(__file__).with_name("settings.md")
HEAD = """# Settings

Each setting is a flag, an environment variable, or a line `CASESTREAM_A_B=value` of the file that `--settings-file`
names; a flag wins over the environment, the environment over the file. Times are seconds, sizes are bytes. Secrets have
no flag, since others can read arguments, and are hidden wherever they could be printed.

`main.py --check-settings …` prints what would be used, or every mistake at once.

This page is made from the code: `python -m docs.make_settings`.

| variable | flag | default | what it is |
|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    return HEAD + "".join(_row(name, field) for name, field in Settings.model_fields.items())


def _row(name: str, field: FieldInfo) -> str:
    flagged = "a secret: none" if is_secret(field) else f"`{flag(name)}`"
    about = (field.description or "").replace("|", "\\|")
    return f"| `{variable(name)}` | {flagged} | {_default(field)} | {about} |\n"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default in (None, ()):
        return ""
    if isinstance(field.default, tuple):
        return ", ".join(f"`{each}`" for each in field.default)
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


if __name__ == "__main__":
    PAGE.write_text(page())
