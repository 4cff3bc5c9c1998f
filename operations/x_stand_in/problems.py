"""What X answers when it does not do what it was asked.

Wording and types: https://docs.x.com/x-api/fundamentals/handling-disconnections and
https://docs.x.com/x-api/fundamentals/response-codes-and-errors.
"""

from typing import Any

Body = dict[str, Any]

PROBLEMS = "https://api.twitter.com/2/problems"

UNAUTHORIZED: Body = {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}

NOT_FOUND: Body = {"title": "Not Found", "type": "about:blank", "status": 404, "detail": "Not Found"}

NO_RULES: Body = {
    "title": "ConnectionException",
    "detail": "You must define rules using the POST /2/tweets/search/stream/rules endpoint before connecting to "
    "filtered stream.",
    "connection_issue": "RuleConfigurationIssue",
    "type": f"{PROBLEMS}/streaming-connection",
}

TOO_MANY_CONNECTIONS: Body = {
    "title": "ConnectionException",
    "detail": "This stream is currently at the maximum allowed connection limit.",
    "connection_issue": "TooManyConnections",
    "type": f"{PROBLEMS}/streaming-connection",
}


def rule_cap(most: int) -> Body:
    """So many rules are allowed, and the request asks for more."""
    return {
        "title": "RulesCapExceeded",
        "detail": f"Rules must not be more than {most}.",
        "type": f"{PROBLEMS}/rule-cap",
    }


def invalid_request(message: str) -> Body:
    """A parameter or the body is not what the endpoint takes."""
    return {
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": f"{PROBLEMS}/invalid-request",
        "errors": [{"message": message, "parameters": {}}],
    }


def duplicate_rule(value: str, existing: str) -> Body:
    """One of `errors`: a rule of this value is there already; `existing` is its id."""
    return {"value": value, "id": existing, "title": "DuplicateRule", "type": f"{PROBLEMS}/duplicate-rules"}


def invalid_rule(value: str, details: list[str]) -> Body:
    """One of `errors`: the rule cannot be read; `details` are for people."""
    return {
        "value": value,
        "details": details,
        "title": "UnprocessableEntity",
        "type": f"{PROBLEMS}/invalid-rules",
    }


def unknown_rule(rule_id: str) -> Body:
    """One of `errors`: there is no rule of this id."""
    return {
        "errors": [{"message": "Rule does not exist", "parameters": {"id": [rule_id]}}],
        "title": "Invalid Request",
        "detail": "One or more parameters to your request was invalid.",
        "type": f"{PROBLEMS}/invalid-request",
    }
