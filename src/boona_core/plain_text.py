"""What does a body in HTML say, as plain text?

Tags go, paragraphs and line breaks become line breaks, scripts and styles say nothing.  A body comes from outside and
may be anything: each character of it is looked at a few times and no more, whatever it is.
"""

import html
import re

_NAME = re.compile(r"/?([a-z][a-z0-9]*)", re.IGNORECASE)
_BREAKS = frozenset({"br", "/p", "/div", "/li", "/tr", *(f"/h{level}" for level in range(1, 7))})
_ENDS = {name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in ("script", "style")}
_MANY_LINES = re.compile(r"\n{3,}")


def plain_text(body: str) -> str:
    """The text of *body*, without blanks around its lines and with at most one empty line in a row.

    A ``<`` without its ``>`` is a character like any other; a script or style that never ends reaches to the end.
    """
    lines = (line.strip() for line in html.unescape(_without_tags(body)).splitlines())
    return _MANY_LINES.sub("\n\n", "\n".join(lines)).strip()


def _without_tags(body: str) -> str:
    kept = []
    at = 0
    while (end := body.find(">", at)) >= 0:
        start = body.rfind("<", at, end)
        if start < 0:
            kept.append(body[at : end + 1])
            at = end + 1
            continue
        kept.append(body[at:start])
        at = end + 1
        name = _name_of(body[start + 1 : end])
        if name in _BREAKS:
            kept.append("\n")
        elif name in _ENDS:
            closing = _ENDS[name].search(body, at)
            at = len(body) if closing is None else closing.end()
    kept.append(body[at:])
    return "".join(kept)


def _name_of(tag: str) -> str:
    """What stands between the angle brackets, up to its attributes, in lower case; closing tags with their slash."""
    found = _NAME.match(tag)
    return found[0].lower() if found else ""
