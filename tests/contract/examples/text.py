"""Events of text and JSON, which several sources read alike."""

from collections.abc import Mapping

POSTS: Mapping[bytes, str] = {
    b"plain &amp; #simple": "plain & simple",
    b'{"data":{"id":"1","text":" an  envelope "}}': "an envelope",
}
PROBLEMS: Mapping[bytes, str] = {
    b'{"text":"cut of': "not_json",
    b" \t": "no_text",
    b'{"text":"","id":"1"}': "no_text",
    b'{"text":"x","created_at":"yesterday"}': "bad_field",
    b'{"delete":{"id":"1"}}': "not_a_post",
}
