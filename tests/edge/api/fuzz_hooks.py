"""What schemathesis is told beyond the schema.

A key that was used before gets the answer of then, also when what it made is gone by now: that is what it is for, and
would look like something created that cannot be found.  So keys that are fine are made new ones where one request
follows from another.
"""

from typing import Any
from uuid import uuid4

import schemathesis

_LONGEST = 200


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
    """Make a key that can be read one that nobody has used."""
    if case.meta is None or case.meta.phase.name.value != "stateful":
        return
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and 0 < len(key) <= _LONGEST and key.isascii() and key.isprintable():
        case.headers["Idempotency-Key"] = f"{key}{uuid4().hex}"
