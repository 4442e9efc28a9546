"""What words of a server or of a person can Postgres keep?"""


def storable_words(words: str | None) -> str | None:
    """The words without what Postgres cannot keep: a note is never a reason to fail."""
    if words is None:
        return None
    return words.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\N{REPLACEMENT CHARACTER}")
