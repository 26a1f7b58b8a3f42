"""Reading request header fields: as bytes, and strictly where money depends on them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from cashback_core.sales.same_sale import is_idempotency_key
from cashback_core.words.locales import ENGLISH, Language, languages

Fields = Mapping[bytes, bytes]

MAX_WAIT_S: Final = 30.0
"""Longest wait that `Prefer: wait=N` can ask for: no client holds a connection for ever."""

_STRING: Final = rb'"((?:[ !#-\[\]-~]|\\["\\])*)"'
_QUOTED: Final = re.compile(
    # A string of RFC 8941 (3.3.3) with its parameters (3.1.2), and blanks around their semicolons.
    _STRING + rb"(?: *; *[a-z*][a-z0-9_.*-]*(?:=(?:-?[0-9]{1,15}(?:\.[0-9]{1,3})?|"
    rb'"(?:[ !#-\[\]-~]|\\["\\])*"'
    rb"|[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*|:[A-Za-z0-9+/=]*:|\?[01]))?)*\Z"
)
_ESCAPED: Final = re.compile(rb"\\(.)")
_SECONDS: Final = re.compile(r"[0-9]{1,9}\Z", re.ASCII)
_QUALITY: Final = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\Z", re.ASCII)


class BadIdempotencyKeyError(ValueError):
    """The header `Idempotency-Key` is there but is no key."""


def read_fields(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Header fields by their lower-case name; repeated ones joined by commas (RFC 9110, 5.3).

    So a second Authorization, Content-Type or Idempotency-Key makes the value malformed, as it
    should be: two proxies that choose differently among two of them are an attack.
    """
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        found[name] = found[name] + b", " + value if name in found else value
    return found


def read_idempotency_key(fields: Fields) -> str | None:
    """The key, None without the header; raises BadIdempotencyKeyError.

    In quotes it is the content of the string (RFC 8941), whatever the parameters, as the draft of
    the header has it; most senders put none, and then the whole text is the key.
    """
    value = fields.get(b"idempotency-key")
    if value is None:
        return None
    key = value.strip(b" \t")
    if key.startswith(b'"'):
        quoted = _QUOTED.match(key)
        if quoted is None:
            raise BadIdempotencyKeyError
        key = _ESCAPED.sub(rb"\1", quoted[1])
    text = key.decode("latin-1")
    if not is_idempotency_key(text):
        raise BadIdempotencyKeyError
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """What `Prefer` asks for (RFC 7240); `wait_s` None leaves the wait to the service."""

    respond_async: bool = False
    wait_s: float | None = None

    def applied(self) -> bytes | None:
        """The value of `Preference-Applied`, None when nothing was asked that is granted."""
        if self.respond_async:
            return b"respond-async"
        return None if self.wait_s is None else b"wait=%d" % self.wait_s


NO_PREFERENCE: Final = Preference()


def read_preference(fields: Fields) -> Preference:
    """What the client prefers; what is unknown or malformed is ignored, as RFC 7240 demands.

    `respond-async, wait=N` asks for an answer without delivery only if N seconds are not enough
    (section 4.3): it is a bounded wait. Waits are cut to MAX_WAIT_S.
    """
    value = fields.get(b"prefer")
    if value is None:
        return NO_PREFERENCE
    asked: dict[str, str] = {}
    for item in value.decode("latin-1").split(","):
        name, _, argument = item.partition(";")[0].partition("=")
        asked.setdefault(name.strip().lower(), argument.strip().strip('"'))
    wait = asked.get("wait", "")
    if _SECONDS.match(wait) is not None:
        return Preference(wait_s=min(float(wait), MAX_WAIT_S))
    return Preference(respond_async="respond-async" in asked)


def read_language(fields: Fields) -> Language:
    """The best of `Accept-Language` (RFC 9110, 12.5.4) that texts exist in; English by default."""
    value = fields.get(b"accept-language")
    if value is None:
        return ENGLISH
    best, best_quality = ENGLISH, 0.0
    for item in value.decode("latin-1").split(","):
        tag, _, parameter = item.partition(";")
        name, _, weight = parameter.strip().partition("=")
        quality = _quality(weight.strip()) if name.strip().lower() == "q" else 1.0
        language = _language(tag.strip().lower())
        if language is not None and quality > best_quality:
            best, best_quality = language, quality
    return best


def _quality(text: str) -> float:
    return float(text) if _QUALITY.match(text) is not None else 0.0


def _language(tag: str) -> Language | None:
    if tag == "*":
        return ENGLISH
    primary = tag.partition("-")[0]
    return next((language for language in languages() if language == primary), None)
