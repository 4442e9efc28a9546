"""One mailbox has one spelling, and what is refused does not appear in the refusal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boona_adapters.addresses import BadAddress, mailbox_of, wire_address

_WORD = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

locals_ = st.text(alphabet=_WORD + "+_", min_size=1, max_size=20)
labels = st.one_of(
    st.text(alphabet=_WORD, min_size=1, max_size=20),
    st.sampled_from(["straße", "praxis-müller", "Ärzte", "ÄRZTEHAUS", "xn--rzte-koa", "groß-café"]),
)
addresses = st.builds(
    lambda local, label, tld, before, after: f"{before}{local}@{label}.{tld}{after}",
    locals_,
    labels,
    st.sampled_from(["de", "DE", "example", "berlin"]),
    st.sampled_from(["", " ", "\t"]),
    st.sampled_from(["", " ", "\n"]),
)


@given(addresses)
def test_the_mailbox_of_a_mailbox_is_itself(address: str) -> None:
    mailbox = mailbox_of(address)

    assert mailbox_of(mailbox) == mailbox


@given(addresses)
def test_a_mailbox_is_ascii_trimmed_and_folded(address: str) -> None:
    mailbox = mailbox_of(address)

    assert mailbox.isascii()
    assert mailbox == mailbox.strip().casefold()


@pytest.mark.parametrize(
    "spelling",
    ["praxis@ärzte.example", " Praxis@ÄRZTE.example\n", "PRAXIS@xn--rzte-koa.EXAMPLE"],
)
def test_spellings_of_one_mailbox_are_one(spelling: str) -> None:
    assert mailbox_of(spelling) == "praxis@xn--rzte-koa.example"


def test_on_the_wire_the_local_part_keeps_its_case() -> None:
    assert wire_address("Eva.Müller@praxis.example".replace("ü", "u")) == "Eva.Muller@praxis.example"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "praxis",
        "@praxis.example",
        "praxis@",
        "praxis@localhost",
        "praxis@@praxis.example",
        "Eva Muster <praxis@praxis.example>",
        "<praxis@praxis.example>",
        "a@praxis.example, b@praxis.example",
        "praxis@praxis.example\r\nBcc: x@y.example",
        "praxis@pra xis.example",
        "praxis@praxis..example",
        "pra\x00xis@praxis.example",
        '"eva muster"@praxis.example',
        "praxis@[127.0.0.1]",
        "müller@praxis.example",
        "a" * 65 + "@praxis.example",
        "praxis@" + "a" * 64 + ".example",
        "a@" + "b." * 200 + "example",
        "x" * 5_000_000,
        "praxis@praxis.example\ud800",
        "praxis@" + ("ä" * 30 + ".") * 7 + "example",
    ],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(BadAddress):
        mailbox_of(text)


@pytest.mark.parametrize(
    "text", ["zxqvcanary", "zxqvcanary@@praxis.example", "zxqvcänary@praxis.example", "zxqvcanary@"]
)
def test_a_refusal_never_repeats_the_address(text: str) -> None:
    with pytest.raises(BadAddress) as refused:
        mailbox_of(text)

    assert "zxqvc" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
