"""Whether X takes the token, and the rules. No post is asked for, none is billed, and no rule changes.

X judges rules that are missing there in a dry run: https://docs.x.com/x-api/stream/update-stream-rules
"""

from collections.abc import Iterator

import tweepy
from pydantic import SecretStr

from operations.checks.result import Result, failed, ok, warning
from operations.checks.subject import Subject
from receivers.web import host_of
from receivers.x_api.refusals import raise_if_hopeless
from receivers.x_api.rules import Difference, difference, try_out, wanted_rules
from receivers.x_api.stream import FilteredStream
from receivers.x_api.transport import ApiAdapter
from settings import Settings


def look(subject: Subject) -> Iterator[Result]:
    """Asks for the app's rules by the job's own client."""
    settings = subject.settings
    found: list[Difference] = []

    def ask(client: tweepy.StreamingClient) -> None:
        rules = difference(client, wanted_rules(settings.twitter_rules, settings.jobname), settings.jobname)
        if rules.missing:
            try_out(client, rules.missing)
        found.append(rules)

    host, ended = host_of(settings.twitter_api_url), _client(settings).change_rules(ask)
    if ended is not None:
        raise_if_hopeless(ended)
        yield failed(f"{host}: {ended.why}", "see the network, and --twitter-api-url (CASESTREAM_TWITTER_API_URL)")
        return
    (rules,) = found
    changes = f"a start adds {len(rules.missing)} rules and removes {len(rules.surplus)}, {rules.kept} stay"
    said = f"{host} takes the token, and the rules; {changes}"
    if rules.others:
        told = "what they match comes with this job's posts, and is billed: give this job an app of its own at X"
        yield warning(f"{said}; the app has {rules.others} other rules", told)
    else:
        yield ok(said)


def _client(settings: Settings) -> FilteredStream:
    token = (settings.twitter_bearer_token or SecretStr("")).get_secret_value()
    adapter = ApiAdapter(settings.twitter_api_url, settings.max_event_bytes)
    return FilteredStream(token, adapter, _nothing, _nothing, lambda _: None)


def _nothing() -> None:
    """No stream is opened."""
