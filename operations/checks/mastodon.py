"""Whether the instance knows the token, and lets it read the timeline. No stream is opened.

https://docs.joinmastodon.org/methods/apps/#verify_credentials: an unknown token is refused with 401; one whose scopes
are narrower than an older Mastodon asks for here with 403, and is known all the same.
"""

from collections.abc import Iterator
from http import HTTPStatus

from pydantic import SecretStr

from operations.checks.result import Result, failed, ok
from operations.checks.subject import Subject
from receivers.mastodon_api.answers import Refused
from receivers.mastodon_api.channels import channels
from receivers.mastodon_api.instance import NETWORK_ERRORS, Instance
from receivers.web import host_of, said

_CREDENTIALS = "/api/v1/apps/verify_credentials"
_SECONDS = 10.0
_SETTING = "--mastodon-url (CASESTREAM_MASTODON_URL)"


def look(subject: Subject) -> Iterator[Result]:
    """Asks for the token's application, then for one status, as the job does to fill a gap."""
    settings = subject.settings
    url, token = settings.mastodon_url or "", settings.mastodon_token or SecretStr("")
    instance = Instance(url, token.get_secret_value(), _SECONDS, subject.machine.clock.now, _SECONDS)
    channel = channels(settings)[0]
    try:
        _raise_if_unknown(instance)
        instance.page(channel.timeline, {**channel.timeline_parameters, "limit": "1"})
    except Refused as refusal:
        refusal.raise_if_hopeless(was_connected=False)
        yield failed(f"{host_of(url)}: {refusal}", f"see {_SETTING} and the state of the instance")
    except NETWORK_ERRORS as error:
        yield failed(f"{host_of(url)}: {said(error, 'an answer')}", f"see the network and {_SETTING}")
    else:
        yield ok(f"{host_of(url)} knows the token, and lets it read")
    finally:
        instance.close()


def _raise_if_unknown(instance: Instance) -> None:
    try:
        instance.ask(_CREDENTIALS, {})
    except Refused as refusal:
        if refusal.status == HTTPStatus.UNAUTHORIZED:
            raise
