"""Where the world's coronavirus case count comes from: one file per provider, one line each below."""

from scraper.base import CountProvider
from scraper.worldometers import Worldometers

PROVIDERS: dict[str, type[CountProvider]] = {"worldometers": Worldometers}
