"""What a body in HTML says, as plain text, and how long it takes to find out."""

import re
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boona_core.plain_text import plain_text

LONGEST_BODY = 500_000

words = st.text(alphabet="abc äß.,", max_size=8)
tags = st.sampled_from(
    ["<b>", "</b>", "<p>", "</p>", "<br>", "<BR/>", '<a href="x">', "</div>", "</h2>", "<td>", "&lt;"]
)
bodies = st.lists(st.one_of(words, tags), max_size=20).map("".join)


class Reading(HTMLParser):
    """The standard library's reading of a body, as an oracle."""

    def __init__(self, body: str) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self.feed(body)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - the parser's own word
        """A line break is one."""
        self.said += ["\n"] * (tag == "br")

    def handle_endtag(self, tag: str) -> None:
        """A paragraph has ended."""
        self.said += ["\n"] * (re.fullmatch("p|div|li|tr|h[1-6]", tag) is not None)

    def handle_data(self, data: str) -> None:
        """Text."""
        self.said.append(data)

    @property
    def lines(self) -> list[str]:
        """The lines that are not empty."""
        return [line.strip() for line in "".join(self.said).splitlines() if line.strip()]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Guten Tag", "Guten Tag"),
        ("<p>Guten Tag,</p><p>wir fragen an.</p>", "Guten Tag,\nwir fragen an."),
        ("eins<br>zwei<BR />drei", "eins\nzwei\ndrei"),
        ("<b>fett</b> und <a href='x'>Link</a>", "fett und Link"),
        ("<style>p { color: red }</style>Text<SCRIPT>alert(1)</SCRIPT >!", "Text!"),
        ("<style>p { color: red }", ""),
        ("a < b und c", "a < b und c"),
        ("a < b<br>c > d", "a < b\nc > d"),
        ("1 &lt; 2 &amp;&nbsp;3", "1 < 2 &\xa03"),
        ("&lt;script&gt;", "<script>"),
        ("<p>a</p>\n\n\n<p>b</p>", "a\n\nb"),
        ("<!-- weg -->da", "da"),
        ("<>leer</>", "leer"),
        ("", ""),
        ("<br>", ""),
    ],
)
def test_tags_go_and_breaks_stay(body: str, text: str) -> None:
    assert plain_text(body) == text


@given(bodies)
def test_it_says_what_the_standard_library_reads(body: str) -> None:
    assert [line for line in plain_text(body).split("\n") if line] == Reading(body).lines


@given(st.text(alphabet="<>/ \nbrpstyle&;x", max_size=60))
def test_whatever_it_is_it_has_no_three_breaks_in_a_row_and_no_blanks_around_lines(body: str) -> None:
    text = plain_text(body)

    assert "\n\n\n" not in text
    assert [line.strip() for line in text.split("\n")] == text.split("\n")


@pytest.mark.parametrize(
    "unit",
    [
        "<",
        "<br",
        "<style",
        "<style>",
        "<script>x",
        "</style",
        ">",
        "<>",
        "<p>",
        "a < ",
        "\n ",
        "\n",
        "&",
        "&#1",
        "<!--",
    ],
)
def test_a_hostile_body_takes_no_longer_than_a_letter_of_its_length(unit: str) -> None:
    body = (unit * LONGEST_BODY)[:LONGEST_BODY]

    begun = time.process_time()
    plain_text(body)

    assert time.process_time() - begun < 3
