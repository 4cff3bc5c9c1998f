"""Every error that the loader raises on purpose: one sentence on what is wrong, one on the next move.

A password in a URI is in none of them.
"""


class CasestreamError(Exception):
    """What each error here is: to catch it is to catch them all."""


class CannotReach(CasestreamError):
    """No server answers at the address: start it or correct the address."""


class Refused(CasestreamError):
    """The server refused the login, or the right to read."""


class NoSuchJob(CasestreamError):
    """The database holds nothing of that job; the message names those that it holds."""


class NoJobs(UserWarning):
    """The database holds no job at all: it is new, or not the one that was meant."""


class BadArgument(CasestreamError, ValueError):
    """An argument that cannot be meant."""


class NoSuchColumn(BadArgument):
    """A column that the table does not have; the message names those that it has."""


class MissingExtra(CasestreamError, ImportError):
    """A package that is not installed with casestream unless it is asked for."""


class Unreadable(CasestreamError):
    """The database holds something that is not what the job stores."""
