"""Plain HTTP to our own processes, for everybody in a run but the ERPs."""

from __future__ import annotations

import json
import urllib.request
from typing import Any, Final

_PATIENCE_S: Final = 10.0


def call(
    url: str,
    body: object = None,
    *,
    method: str | None = None,
    headers: dict[str, str] | None = None,
) -> Any:
    """The JSON that a URL answers: to a POST of `body`, to a GET without one.

    Raises OSError, whatever it is that went wrong, HTTPException or ValueError for half an answer.
    """
    request = urllib.request.Request(  # noqa: S310 - an address of ours
        url,
        None if body is None else json.dumps(body).encode(),
        {"Content-Type": "application/json"} | (headers or {}),
        method=method,
    )
    with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:  # noqa: S310
        return json.load(answer)
