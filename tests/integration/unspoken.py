"""What no log may hold: every CPF, token, password and secret that the tests send or are given.

Whatever passes through `running.send` is collected here, and so is every file that a process of the
service writes its output to; when the last test has run, the files are searched (conftest.py).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, cast

from cashback_core.values.documents import Cpf, InvalidDocument

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_DIGITS: Final = re.compile(rb"(?<![0-9])[0-9]{11}(?![0-9])")
_MASKED: Final = re.compile(rb"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}")
_TOKEN: Final = re.compile(rb"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_SECRET_FIELDS: Final = ("password", "current", "new", "client_secret", "secret", "refresh")
_SHORTEST: Final = 8
"""A shorter secret is no secret, and stands in many an innocent line."""

_unspoken: set[bytes] = set()
_logs: list[Path] = []


def keep(log: Path) -> Path:
    """Remember where a process writes."""
    _logs.append(log)
    return log


def note(content: bytes | None, headers: Mapping[str, str] | None = None) -> None:
    """Remember what a request or an answer holds and no log may."""
    body = content or b""
    for found in (*_DIGITS.findall(body), *_MASKED.findall(body)):
        try:
            cpf = Cpf.parse(found.decode())
        except InvalidDocument:
            continue
        digits = str(cpf)
        masked = f"{digits[:3]}.{digits[3:6]}.{digits[6:9]}-{digits[9:]}"
        _unspoken.update((digits.encode(), masked.encode()))
    _unspoken.update(_TOKEN.findall(body))
    _unspoken.update(secret.encode() for secret in _secrets(body))
    for name, value in (headers or {}).items():
        if name.lower() == "authorization" and len(value) > _SHORTEST:
            _unspoken.add(value.partition(" ")[2].encode("latin-1") or value.encode("latin-1"))


def spoken() -> list[str]:
    """Every line of a log that holds what it must not, and how much was looked for and where."""
    found: list[str] = []
    for log in _logs:
        if log.exists():
            content = log.read_bytes()
            found += [f"{log}: {line!r}" for line in _lines_with(content, _unspoken)]
    return found


def looked_at() -> tuple[int, int]:
    """How many texts were looked for, and in how many files."""
    return len(_unspoken), sum(log.exists() for log in _logs)


def _lines_with(content: bytes, texts: Iterable[bytes]) -> list[bytes]:
    held = [text for text in texts if text in content]
    return [line for line in content.splitlines() if any(text in line for text in held)]


def _secrets(body: bytes) -> Iterable[str]:
    try:
        document: object = json.loads(body)
    except (ValueError, RecursionError):  # damaged on purpose, or as deep as a test can make it
        return []
    if not isinstance(document, dict):
        return []
    fields = cast("dict[str, Any]", document)
    values = (fields.get(name) for name in _SECRET_FIELDS)
    return [v for v in values if isinstance(v, str) and len(v) >= _SHORTEST]
