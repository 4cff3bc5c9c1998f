"""Where the world's coronavirus case count comes from: one file per provider, one line each below."""

from scraper.base import CountProvider
from scraper.file import CountFile
from scraper.fixed import Fixed
from scraper.none import NoCount
from scraper.owid import Owid
from scraper.selected import SelectedNumber
from scraper.who import Who
from scraper.worldometers import Worldometers

PROVIDERS: dict[str, type[CountProvider]] = {
    "worldometers": Worldometers,
    "who": Who,
    "owid": Owid,
    "page": SelectedNumber,
    "file": CountFile,
    "fixed": Fixed,
    "none": NoCount,
}
