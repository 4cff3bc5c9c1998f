"""What X says, word for word as far as its pages show it, and posts of the shape that it sends.

https://docs.x.com/x-api/fundamentals/handling-disconnections,
https://docs.x.com/x-api/fundamentals/response-codes-and-errors,
https://docs.x.com/x-api/fundamentals/consuming-streaming-data
"""

from typing import Any

from operations.x_stand_in.problems import NO_RULES, TOO_MANY_CONNECTIONS, UNAUTHORIZED, Body

__all__ = [
    "CREDITS_DEPLETED",
    "FORBIDDEN",
    "NO_RULES",
    "OPERATIONAL_DISCONNECT",
    "TOO_MANY_CONNECTIONS",
    "UNAUTHORIZED",
    "UNAVAILABLE",
    "USAGE_CAPPED",
    "post",
]

FORBIDDEN: Body = {
    "title": "Client Forbidden",
    "detail": "When authenticating requests to the Twitter API v2 endpoints, you must use keys and tokens from a "
    "Twitter developer App that is attached to a Project.",
    "reason": "client-not-enrolled",
    "required_enrollment": "Appropriate Level of API Access",
    "type": "https://api.twitter.com/2/problems/client-forbidden",
}
"""With status 403."""

CREDITS_DEPLETED: Body = {
    "title": "Payment Required",
    "detail": "credits depleted",
    "type": "https://api.x.com/2/problems/credits-depleted",
}
"""With status 402."""

USAGE_CAPPED: Body = {
    "title": "UsageCapExceeded",
    "detail": "Usage cap exceeded: Monthly product cap",
    "period": "Monthly",
    "scope": "Product",
    "account_id": 1234567890123456789,
    "product_name": "standard-basic",
    "type": "https://api.twitter.com/2/problems/usage-capped",
}
"""With status 429."""

UNAVAILABLE: Body = {
    "title": "Service Unavailable",
    "detail": "Service Unavailable",
    "type": "about:blank",
    "status": 503,
}
"""With status 503."""

OPERATIONAL_DISCONNECT: Body = {
    "errors": [
        {
            "title": "operational-disconnect",
            "disconnect_type": "UpstreamOperationalDisconnect",
            "detail": "This stream has been disconnected upstream for operational reasons.",
            "type": "https://api.x.com/2/problems/operational-disconnect",
        }
    ]
}
"""Inside the stream; X closes the connection after it."""

_FIELDS = ("data", "includes", "errors", "matching_rules")


def post(post_id: str | int, text: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever JSON holds
    """An event with one post. `includes`, `errors`, `matching_rules` are the event's, all other fields the post's.

    A field that is None is left out.
    """
    data = {
        "id": str(post_id),
        "text": text,
        "created_at": "2026-11-22T16:24:00.000Z",
        "author_id": "2244994945",
        "lang": "en",
        "edit_history_tweet_ids": [str(post_id)],
        "public_metrics": {
            "retweet_count": 0,
            "reply_count": 0,
            "like_count": 0,
            "quote_count": 0,
            "bookmark_count": 0,
            "impression_count": 0,
        },
        "entities": {},
        **{name: value for name, value in fields.items() if name not in _FIELDS},
    }
    event = {
        "data": {name: value for name, value in data.items() if value is not None},
        "matching_rules": [{"id": "1166916266197536768", "tag": ""}],
        **{name: value for name, value in fields.items() if name in _FIELDS},
    }
    return {name: value for name, value in event.items() if value is not None}
