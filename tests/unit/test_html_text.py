"""Mastodon's HTML as a person reads it."""

import html
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.mastodon_stand_in.statuses import content
from receivers.mastodon_api.html_text import words
from tests.servers.mastodon_api import QUOTE

HIDDEN_LINK = (
    '<a href="https://cstudios.bandcamp.com/track/celestia-gravity-assist-no-19-var-2" rel="nofollow noopener" '
    'target="_blank"><span class="invisible">https://</span><span class="ellipsis">cstudios.bandcamp.com/track/'
    'ce</span><span class="invisible">lestia-gravity-assist-no-19-var-2</span></a>'
)
TAG = '<a href="https://ruby.social/tags/piano" class="mention hashtag" rel="nofollow noopener">#<span>piano</span></a>'
PERSON = '<span class="h-card"><a class="u-url mention" href="https://a.b/users/who">@<span>who</span></a></span>'


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ("", ""),
        ("plain", "plain"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<p>one<br>two<br />three</p>", "one\ntwo\nthree"),
        (
            "<p>a &lt;b&gt; &amp;amp; &quot;c&quot; &#39;d&#39; caf&eacute; &#x1F600;</p>",
            "a <b> &amp; \"c\" 'd' café 😀",
        ),
        (f"<p>{PERSON} see {TAG}</p>", "@who see #piano"),
        (f"<p>{HIDDEN_LINK}</p>", "https://cstudios.bandcamp.com/track/celestia-gravity-assist-no-19-var-2"),
        ("<p>a</p><ul><li>one</li><li>two</li></ul><p>b</p>", "a\n\none\ntwo\n\nb"),
        ("<p>before</p><blockquote><p>said</p></blockquote><p>after</p>", "before\n\nsaid\n\nafter"),
        ("<pre><code>x = 1\ny = 2</code></pre>", "x = 1\ny = 2"),
        ("<p>a<strong>b</strong><em>c</em><del>d</del></p>", "abcd"),
        ("<p>a<script>alert(1)</script><style>p{}</style>b</p><!-- c -->", "ab"),
        ("<?xml version='1.0' encoding='utf-16'?><p>ü</p>", "ü"),
        ('<meta charset="utf-16"><p>ü</p>', "ü"),
        ("<p>no end <b>of <i>this", "no end of this"),
        ("</p></div></body></html>after", "after"),
        ("1 < 2 & 3 > 2", "1 < 2 & 3 > 2"),
        ("<p>\ud83d half a character</p>", "? half a character"),
    ],
)
def test_text_is_what_a_person_reads(sent: str, text: str) -> None:
    assert words(sent).text == text


def test_links_are_those_that_lead_to_pages_each_once_in_their_order() -> None:
    found = words(
        f'{PERSON} {TAG} {HIDDEN_LINK} <a href="https://b.example/">b</a> {HIDDEN_LINK} <a href="https://b.example/">b</a>'
        '<a href="mailto:a@b.c">c</a><a href="javascript:alert(1)">d</a><a href="/e">e</a><a>f</a>'
        '<a href="https://friendica.example/search?tag=g" rel="tag ugc">g</a><a href="gemini://h/">h</a>'
    )
    assert found.links == (
        "https://cstudios.bandcamp.com/track/celestia-gravity-assist-no-19-var-2",
        "https://b.example/",
    )


def test_a_quote_loses_the_line_that_stands_there_for_clients_that_know_no_quotes() -> None:
    assert words(QUOTE["content"], is_quote=True).text == "yoooooooo"
    assert words(QUOTE["content"], is_quote=True).links == ()
    assert words(QUOTE["content"]).text.startswith("RE: http://localhost:3000/@mastodonpy_test/")


@pytest.mark.parametrize(
    "sent",
    [
        "<b>" * 100_000 + "words",
        "<div><p>" * 60_000 + "words",
        "<table>" * 50_000 + "words",
        "<a href='https://a.b/'>" * 40_000 + "words",
        "<ul><li>" * 60_000 + "words",
        "</p>" * 200_000 + "words",
        "<a " + " ".join(f"x{number}=1" for number in range(80_000)) + ">words</a>",
        "&amp;" * 200_000 + "words",
        "<p class='" + "x " * 400_000 + "'>words",
    ],
)
def test_a_megabyte_that_means_harm_costs_a_second_at_most_and_keeps_its_words(sent: str) -> None:
    began = time.process_time()
    assert words(sent).text.endswith("words")
    assert time.process_time() - began < 3  # a machine that does other work is slower than that


@pytest.mark.parametrize("sent", ["<" * 1_000_000, "<!--" * 250_000, "&" * 1_000_000, "<p" * 500_000, "\0" * 1_000_000])
def test_a_megabyte_without_an_end_is_read(sent: str) -> None:
    began = time.process_time()
    words(sent)
    assert time.process_time() - began < 3


@given(st.text(st.characters(categories=["L", "M", "N", "P", "S", "Z"])))
def test_any_text_comes_out_of_html_as_its_author_wrote_it(text: str) -> None:
    assert words(f"<p>{html.escape(text)}</p>").text == text.strip()


TAGS = st.sampled_from(("p", "br", "a", "span", "b", "ul", "li", "blockquote", "pre", "script", "x-y", "table", "td"))
PIECES = st.one_of(
    st.text(max_size=10),
    TAGS.map("<{}>".format),
    TAGS.map("</{}>".format),
    TAGS.map("<{} class=mention href=https://a.b>".format),
    st.sampled_from(("<!--", "-->", "<![CDATA[", "]]>", "<?", "&#x", "&amp", "<a href='", '"', "<", ">", "\0")),
)


@given(st.lists(PIECES, max_size=40).map("".join), st.booleans())
def test_whatever_is_sent_is_read_without_a_mishap(sent: str, is_quote: bool) -> None:
    read = words(sent, is_quote)
    assert read.text == read.text.strip()
    assert all(link.lower().startswith(("http://", "https://")) for link in read.links)
    read.text.encode()


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1))
def test_what_the_stand_in_makes_of_a_text_reads_as_that_text(text: str) -> None:
    assert words(content(text, "http://127.0.0.1:1")).text == text.strip()
