"""Which mailbox does an address name, and how is it written on the wire?

An address on the wire is ASCII: the domain is IDNA-encoded.  A local part beyond ASCII would need SMTPUTF8 on the
whole way, which practices' servers rarely have: it is refused.  Nothing here asks the network.
"""

from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from boona_core.errors import BoonaError

LONGEST_ADDRESS = 254
LONGEST_LOCAL_PART = 64


class BadAddress(BoonaError, ValueError):
    """A text that is no email address that Boona can write to.

    The text itself is personal data and stays out of the error.

    Attributes:
        fault: What is wrong with it.
    """

    def __init__(self, fault: str) -> None:
        super().__init__(f"not an email address: {fault}")
        self.fault = fault


def wire_address(address: str) -> str:
    """*address* as SMTP and a header want it: ASCII, trimmed, the case of the local part kept.

    Raises:
        BadAddress: it is no address, is written with a display name, has a local part beyond ASCII, or is longer
            than 254 characters (64 before the @).
    """
    return _wire_address(address)


@lru_cache(maxsize=1024)  # the sender's is asked for with every email
def _wire_address(address: str) -> str:
    trimmed = address.strip()
    if len(trimmed) > LONGEST_ADDRESS:
        raise BadAddress(f"longer than {LONGEST_ADDRESS} characters")
    if "@" not in trimmed:
        raise BadAddress("it has no @")
    if trimmed.rindex("@") > LONGEST_LOCAL_PART:
        raise BadAddress(f"the part before the @ is longer than {LONGEST_LOCAL_PART} characters")
    if not trimmed.rpartition("@")[0].isascii():
        raise BadAddress("the part before the @ has letters beyond ASCII")
    try:
        found = validate_email(trimmed, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:  # its text repeats parts of the address
        raise BadAddress("it is not written as name@domain") from None
    return f"{found.local_part}@{found.ascii_domain}"


def mailbox_of(address: str) -> str:
    """The mailbox behind *address*: trimmed, case-folded, its domain IDNA-encoded.

    Colleagues who share a mailbox get the same text, however each of them wrote it.  ``mailbox_of`` of a mailbox
    is the mailbox itself.

    Raises:
        BadAddress: as ``wire_address``.
    """
    return wire_address(address).casefold()
