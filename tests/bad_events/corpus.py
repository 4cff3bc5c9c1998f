"""Events that somebody thought of: each way in which an event is known to go wrong, and what becomes of it."""

import json
from collections.abc import Iterator

from tests.bad_events.sent import MAX_EVENT_BYTES, POST, Sent, sent

HUGE = 16_000_000  # near the most that a broker takes
DEEP = 10_000
_FIELDS = (
    "id", "text", "created_at", "lang", "author_id", "author", "note_tweet", "referenced_tweets", "entities",
    "edit_history_tweet_ids", "public_metrics", "data", "includes",
)  # fmt: skip
WRONG = ("null", "true", "0", "-1.5e3", "1e999", "9" * 400, '""', '"\\u0000"', "[]", "[[]]", "[null]", "{}", '{"a":0}')

_NOT_UTF8 = (
    b"\x80", b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"lone \xed\xbf\xbf surrogate", b"\xf4\x90\x80\x80",
    b"half a character \xe2\x82", b"\xf0\x9f\x98", b'{"text":"\xff"}', b"latin-1 caf\xe9", "utf-16".encode("utf-16"),
)  # fmt: skip
_NO_TEXT = (
    b"", b" ", b"\r", b"\x0b\x0c\t", b"\xef\xbb\xbf",
    "\xa0\x85\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a".encode(),
    "\u2028\u2029\u202f\u205f\u3000\ufeff".encode(),
    b'{"text":""}', b'{"text":" \\u00a0\\u3000\\ufeff\\r\\n"}', b'{"data":{"text":"\\u2003"}}',
)  # fmt: skip
_NOT_JSON = (
    b"{", b"{}}", b"{hello}", b'{"text":"x"', b'{"text":"x"}{"text":"y"}', b'{"text":"x"} behind', b"{'text':'x'}",
    b'{"text":NaN}', b'{"text":"\\ud8"}', b'{"text":"\\x"}', b'[{"text":"x"},{"te', b'{"text":"x",}', b"{\x00}",
    b'{"a":' * DEEP + b"1" + b"}" * DEEP, b'{"text":"x","a":' + b"[" * DEEP + b"]" * DEEP + b"}",
    b'{"text":"x","a":' + b"[" * DEEP, b'{"text":"x","n":' + b"9" * 5_000 + b"}",
)  # fmt: skip
_NOT_A_POST = (
    b"{}", b"[]", b"[1,2]", b'[{"text":"x"}]', b'{"text":null}', b'{"$set":{"a.b":1}}', b'{"data":[]}', b'{"a":1e999}',
    b"[" * 500 + b"]" * 500,
)  # fmt: skip
_BAD_FIELD = (
    b'{"text":["x"]}', b'{"text":{"$ne":1}}', b'{"text":"x","id":"a b"}', b'{"text":"x","lang":{"a":1}}',
    *(b'{"text":"x","created_at":"%s"}' % time for time in (
        b"0000-01-01T00:00:00Z", b"99999-01-01T00:00:00Z", b"-0001-01-01T00:00:00Z", b"+99999-01-01T00:00:00Z",
        b"1969-12-31T23:59:59Z", b"2101-01-01T00:00:00Z", b"2020-02-30T00:00:00Z", b"9" * 400,
    )),
    b'{"text":"x","created_at":1e999}', b'{"text":"x","created_at":0}',
)  # fmt: skip
_POSTS = (
    b"plain", b"nul \x00 stays", b"return \r in the midst\r", "\ufeffmark".encode(), "\u202eright to left".encode(),
    "a\u0301\u0302\u0303 zalgo, \U0010ffff \ufffd \uffff, 👩🏽‍🔬".encode(), b"[1] a footnote", b"1e999",
    b"9" * 400, b"null", b'"quoted"', b"$where: sleep(1)", b"a.b",
    b"#" * 50_000, b"@" * 50_000, b"http://" * 10_000, b"&amp;" * 20_000,
    b"x" * MAX_EVENT_BYTES, b"x #a" * 1_000, b"RT @a: " * 1_000,
    b'{"text":"in JSON\\r\\u0000\\u2028"}', b'{"text":"lone \\ud800 and \\udc00 and \\ud83d\\ude00"}',
    b'\xef\xbb\xbf\t{"text":"behind a mark"}\r', b'{"text":"raw\x00\x01\ttab"}',
    b'{"text":"first","text":"last"}', b'{"data":{"text":"a"},"data":{"text":"b"},"text":"c"}',
    b'{"$set":{"a.b":1},"a.b":{"$gt":""},"":0,"_id":1,"__proto__":{},"text":"keys"}',
    b'{"text":"x","n":1e999,"m":-1e-999,"k":' + b"9" * 400 + b"}",
    b'{"text":"x","deep":' + b"[" * 900 + b"]" * 900 + b"}",
    b'{"text":"x","public_metrics":{"like_count":1e999,"retweet_count":-1,"reply_count":"9","quote_count":9e99}}',
    b'{"text":"RT @a: x","referenced_tweets":[{"type":"retweeted","id":1}],'
    b'"includes":{"tweets":[{"id":1,"text":[]},{"id":{},"text":7}]}}',
)  # fmt: skip
_IDS = (b"9007199254740993", b"18446744073709551617", b"1" * 400, b'"9007199254740993"', b"0", b"-1")


def corpus() -> Iterator[Sent]:
    """All of them; those of a megabyte and more once."""
    for problem, events in (
        ("not_utf8", _NOT_UTF8), ("no_text", _NO_TEXT), ("not_json", _NOT_JSON), ("not_a_post", _NOT_A_POST),
        ("bad_field", _BAD_FIELD), (POST, _POSTS),
    ):  # fmt: skip
        yield from (sent(event, problem) for event in events)
    for number in _IDS:
        yield sent(b'{"text":"x","id":%s}' % number, POST, id=number.decode().strip('"'))
    for field in _FIELDS:
        for wrong in WRONG:
            yield sent(f'{{"text":"x","{field}":{wrong},"$a.b":1}}'.encode())
            yield sent(f'{{"data":{{"text":"x","{field}":{wrong}}}}}'.encode())
    yield sent(b"y" * (MAX_EVENT_BYTES + 1), "too_long")
    yield sent(json.dumps({"text": "z" * HUGE}).encode(), "too_long")
    yield sent(b"\xff" * HUGE, "too_long")
