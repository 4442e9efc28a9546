"""The reference as one page: for people, without a script, and without anything from elsewhere.

It says what the OpenAPI document says, which is made from what serves the API.  The usual viewers are megabytes of
script; this page is none, needs no licence beside ours, and can be read where nothing may be loaded.
"""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from json import dumps
from typing import Any

Document = Mapping[str, Any]

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1rem; }
code, pre { font: 14px/1.45 ui-monospace, monospace; } pre { background: var(--soft); padding: .75rem; overflow: auto; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; vertical-align: top; padding: .25rem .5rem;
border-bottom: 1px solid var(--line); } details { border: 1px solid var(--line); border-radius: .4rem; margin: .5rem 0;
padding: .4rem .75rem; } summary { cursor: pointer; } .method { display: inline-block; min-width: 4.5rem;
font-weight: 600; } .quiet { opacity: .75; } nav a { margin-right: 1rem; }
"""


def page(document: Document) -> bytes:
    """The whole page, UTF-8."""
    info = document["info"]
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
        "<meta name='viewport' content='width=device-width, initial-scale=1'>",
        f"<title>{escape(info['title'])}: reference</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(info['title'])} <span class='quiet'>{escape(info['version'])}</span></h1>",
        *(f"<p>{_words(paragraph)}</p>" for paragraph in info["description"].split("\n\n")),
        "<nav><a href='/openapi.json'>openapi.json</a> <a href='/openapi.de.json'>openapi.de.json</a></nav>",
        *_operations(document),
        "<h2>Shapes</h2>",
        *_shapes(document["components"]["schemas"]),
        "</body></html>",
    ]
    return "\n".join(parts).encode()


def _operations(document: Document) -> Iterator[str]:
    for tag in document["tags"]:
        yield f"<h2>{escape(tag['name'])}</h2>"
        for path, methods in document["paths"].items():
            for method, told in methods.items():
                if tag["name"] in told["tags"]:
                    yield from _operation(document, method.upper(), path, told)


def _operation(document: Document, method: str, path: str, told: Document) -> Iterator[str]:
    yield f"<details id='{escape(told['operationId'])}'><summary><span class='method'>{method}</span>"
    yield f"<code>{escape(path)}</code> <span class='quiet'>{escape(told['summary'])}</span></summary>"
    if told.get("description"):
        yield f"<p>{_words(told['description'])}</p>"
    if told.get("parameters"):
        rows = [
            (each["name"], each["in"], _kind(each["schema"]), each.get("description", ""))
            for each in told["parameters"]
        ]
        yield _table(("parameter", "in", "value", ""), rows)
    if body := told.get("requestBody"):
        for media_type, media in body["content"].items():
            named = "" if media_type == "application/json" else f" ({escape(media_type)})"
            yield f"<p>Body{named}: {_kind(media['schema'])}</p>"
            if "example" in media:
                yield f"<pre>{escape(_example(media['example']))}</pre>"
    yield _table(("status", "", "answer"), [_response(document, *each) for each in told["responses"].items()])
    yield "</details>"


def _example(value: object) -> str:
    return value if isinstance(value, str) else dumps(value, ensure_ascii=False, indent=2)


def _response(document: Document, status: str, told: Document) -> tuple[str, ...]:
    if "$ref" in told:
        told = document["components"]["responses"][told["$ref"].rpartition("/")[2]]
    answers = [f"{escape(kind)}: {_kind(media['schema'])}" for kind, media in told.get("content", {}).items()]
    return status, escape(told["description"]), "<br>".join(answers)


def _shapes(schemas: Document) -> Iterator[str]:
    for name, schema in schemas.items():
        yield f"<details id='{escape(name)}'><summary><code>{escape(name)}</code></summary>"
        if schema.get("description"):
            yield f"<p>{_words(schema['description'])}</p>"
        if "enum" in schema:
            yield f"<p>{', '.join(f'<code>{escape(str(value))}</code>' for value in schema['enum'])}</p>"
        if fields := schema.get("properties"):
            needed = schema.get("required", ())
            rows = [
                (
                    f"<code>{escape(field)}</code>{' *' if field in needed else ''}",
                    _kind(kind),
                    _words(kind.get("description", "")),
                )
                for field, kind in fields.items()
            ]
            yield _table(("field (* always there)", "value", ""), rows, raw=True)
        yield "</details>"


def _kind(schema: Document) -> str:
    """A schema in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"<a href='#{escape(name)}'>{escape(name)}</a>"
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(escape(str(value)) for value in schema["enum"])
    kinds = schema.get("type", "anything")
    kind = " or ".join([kinds] if isinstance(kinds, str) else kinds)
    if "items" in schema:
        return f"list of {_kind(schema['items'])}"
    more = [
        f"{word} {schema[key]}"
        for key, word in (("format", "as"), ("maxLength", "at most"), ("minimum", "from"), ("maximum", "to"))
        if key in schema
    ]
    return escape(" ".join((kind, *more)))


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], *, raw: bool = False) -> str:
    """A table; the first cell of a row is text unless *raw*, the others are written already."""
    lines = ["<table><tr>", *(f"<th>{escape(cell)}</th>" for cell in head), "</tr>"]
    for first, *others in rows:
        cells = [first if raw else f"<code>{escape(first)}</code>", *others]
        lines += ["<tr>", *(f"<td>{cell}</td>" for cell in cells), "</tr>"]
    return "".join((*lines, "</table>"))


def _words(text: str) -> str:
    """Text with what stands between backticks as code."""
    parts = escape(text).replace("``", "`").split("`")
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))
