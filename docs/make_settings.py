"""docs/settings.md out of `settings.Settings`; run it as `python -m docs.make_settings`."""

from pathlib import Path

import command_line
from settings import Settings

PAGE = Path(__file__).with_name("settings.md")
