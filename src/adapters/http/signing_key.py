"""The Ed25519 key that signs tokens: one per installation, in a PEM file."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

if TYPE_CHECKING:
    from pathlib import Path


class BadSigningKeyError(ValueError):
    """The file holds no unencrypted Ed25519 private key in PEM; its content is never shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """`id` is the thumbprint of the public key (RFC 7638), the `kid` of every token."""

    id: str
    private: Ed25519PrivateKey = field(repr=False)
    public: Ed25519PublicKey = field(repr=False)


def load_signing_key(path: Path) -> SigningKey:
    """Read a key file; raises BadSigningKeyError, and OSError when it cannot be read."""
    try:
        private = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:  # TypeError: it is encrypted
        raise BadSigningKeyError(f"{path} is not an unencrypted private key in PEM") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise BadSigningKeyError(f"{path} holds a key that is not Ed25519")
    return signing_key(private)


def create_signing_key(path: Path) -> None:
    """Make a key file that its owner alone can read; raises FileExistsError rather than replace."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())


def signing_key(private: Ed25519PrivateKey) -> SigningKey:
    """A key with its thumbprint."""
    public = private.public_key()
    x = _base64url(public.public_bytes(Encoding.Raw, PublicFormat.Raw))
    # RFC 7638 and RFC 8037: the required members alone, in lexical order, without spaces.
    members = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": x}, separators=(",", ":"))
    thumbprint = _base64url(hashlib.sha256(members.encode("ascii")).digest())
    return SigningKey(id=thumbprint, private=private, public=public)


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")
