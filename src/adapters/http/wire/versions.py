"""Entity tags and preconditions (RFC 9110, 8.8.3 and 13): a resource's version as `"7"`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from adapters.http.wire.answers import Header
    from adapters.http.wire.headers import Fields
    from cashback_core.administration.resources import Versions

MAX_TAGS: Final = 16

_TAG: Final = re.compile(rb'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"\Z')
_VERSION: Final = re.compile(rb"[1-9][0-9]{0,17}\Z")


class PreconditionRequiredError(Exception):
    """A change without `If-Match`: it could undo what somebody else did meanwhile."""


def write_etag(version: int) -> Header:
    """The header of a version."""
    return (b"etag", b'"%d"' % version)


def read_if_match(fields: Fields) -> Versions:
    """The versions that a change is meant for; None for `*`.

    What is no tag of ours matches no version, and so does a weak one (13.1.1). Raises
    PreconditionRequiredError when the header is missing.
    """
    value = fields.get(b"if-match")
    if value is None:
        raise PreconditionRequiredError
    if value.strip(b" \t") == b"*":
        return None
    return _versions(value, weak=False)


def is_known(fields: Fields, version: int) -> bool:
    """Whether `If-None-Match` says that the reader has this version already (13.1.2)."""
    value = fields.get(b"if-none-match")
    if value is None:
        return False
    return value.strip(b" \t") == b"*" or version in _versions(value, weak=True)


def _versions(value: bytes, *, weak: bool) -> frozenset[int]:
    found: set[int] = set()
    for item in value.split(b",")[:MAX_TAGS]:  # no tag of ours holds a comma
        tag = _TAG.match(item.strip(b" \t"))
        if tag is not None and (weak or tag[1] is None) and _VERSION.match(tag[2]) is not None:
            found.add(int(tag[2]))
    return frozenset(found)
