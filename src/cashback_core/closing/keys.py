"""The public keys that closes are signed by: how one is named, and the file that tells them.

    {"format": "cashback-keys/1", "keys": [{"id", "public", "from", "until"}]}

A key signs until the next one begins, never two at a time. A verifier takes the file for true, or
of it the keys that are stated to it. Whoever sends closes sends it once, by a way of its own, and
both parties keep what they were sent: a file beside the closes proves nothing by itself.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from cashback_core.closing.canonical import (
    NotCanonical,
    canonical_bytes,
    instant_text,
    read_instant,
    told,
)
from cashback_core.closing.ed25519 import is_public_key
from cashback_core.closing.reading import array, hexadecimal, members, text
from cashback_core.values.instants import refuse_naive

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

KEYS_FORMAT: Final = "cashback-keys/1"
PUBLIC_KEY_BYTES: Final = 32
MAX_KEYS: Final = 1000

_FILE: Final = frozenset({"format", "keys"})
_KEY: Final = frozenset({"id", "public", "from", "until"})


def key_id(public_key: bytes) -> str:
    """By what closes name a key: the first 32 hexadecimal digits of its SHA-256.

    So no two keys have one name. Raises ValueError for other than 32 bytes.
    """
    if len(public_key) != PUBLIC_KEY_BYTES:
        raise ValueError(f"an Ed25519 public key has {PUBLIC_KEY_BYTES} bytes")
    return hashlib.sha256(public_key).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseKey:
    """A public key, and when days were closed with it: from an instant until before another.

    `until_at` is None for the key in use.
    """

    public_key: bytes
    from_at: datetime
    until_at: datetime | None = None

    def __post_init__(self) -> None:
        if not is_public_key(self.public_key):
            raise ValueError("these 32 bytes are no Ed25519 public key")
        refuse_naive(self.from_at, "from when a key signs")
        if self.until_at is not None:
            refuse_naive(self.until_at, "until when a key signs")
            if self.until_at < self.from_at:
                raise ValueError("a key signs from an instant until a later one")

    @property
    def id(self) -> str:
        """By what closes name it."""
        return key_id(self.public_key)

    def signs_at(self, instant: datetime) -> bool:
        """Whether a day that was closed at this instant may be signed by it."""
        return self.from_at <= instant and (self.until_at is None or instant < self.until_at)


def keys_bytes(keys: Iterable[CloseKey]) -> bytes:
    """The file of these keys, as it is served and sent."""
    rows = [
        {
            "id": key.id,
            "public": key.public_key.hex(),
            "from": instant_text(key.from_at),
            "until": key.until_at and instant_text(key.until_at),
        }
        for key in keys
    ]
    return canonical_bytes({"format": KEYS_FORMAT, "keys": rows}) + b"\n"


def read_keys(value: object) -> tuple[CloseKey, ...]:
    """The keys of such a file, decoded. Raises NotCanonical."""
    found = members(value, _FILE)
    if found["format"] != KEYS_FORMAT:
        raise NotCanonical(f"the format is {KEYS_FORMAT}, not {told(found['format'])}")
    rows = array(found["keys"])
    if len(rows) > MAX_KEYS:
        raise NotCanonical(f"a file has at most {MAX_KEYS} keys")
    keys = tuple(_key(row) for row in rows)
    if len({key.id for key in keys}) < len(keys):
        raise NotCanonical("a key is there twice")
    refuse_overlap(keys)
    return keys


def refuse_overlap(keys: Iterable[CloseKey]) -> None:
    """Raises NotCanonical where two keys sign at one time: a key ends where the next begins.

    Else a key that somebody puts beside the one in use would sign the days to come.
    """
    for key, later in pairwise(sorted(keys, key=lambda key: key.from_at)):
        if key.until_at is None or key.until_at > later.from_at:
            raise NotCanonical(f"keys {key.id} and {later.id} are told to sign at one time")


def _key(value: object) -> CloseKey:
    found = members(value, _KEY)
    until = found["until"]
    try:
        key = CloseKey(
            public_key=hexadecimal(found["public"], length=PUBLIC_KEY_BYTES),
            from_at=read_instant(found["from"]),
            until_at=None if until is None else read_instant(until),
        )
    except NotCanonical:
        raise
    except ValueError as error:
        raise NotCanonical(str(error)) from error
    if text(found["id"]) != key.id:
        raise NotCanonical(f"key {told(found['id'])} is named otherwise than its bytes are")
    return key
