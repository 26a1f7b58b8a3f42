"""The Ed25519 keys of tokens: one signs, and others may still, or already, be good for checking."""

from __future__ import annotations

import base64
import hashlib
import hmac
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
    load_pem_public_key,
)

if TYPE_CHECKING:
    from pathlib import Path


class BadSigningKeyError(ValueError):
    """The file holds no unencrypted Ed25519 key in PEM; its content is never shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyingKey:
    """`id` is the thumbprint of the public key (RFC 7638), the `kid` of its tokens."""

    id: str
    public: Ed25519PublicKey = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey(VerifyingKey):
    """The key that new tokens are signed with."""

    private: Ed25519PrivateKey = field(repr=False)


def load_signing_key(path: Path) -> SigningKey:
    """Read a key file; raises BadSigningKeyError, and OSError when it cannot be read."""
    try:
        private = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:  # TypeError: it is encrypted
        raise BadSigningKeyError(f"{path} is not an unencrypted private key in PEM") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise BadSigningKeyError(f"{path} holds a key that is not Ed25519")
    return signing_key(private)


def load_verifying_key(path: Path) -> VerifyingKey:
    """Read a key file, of a public key or of a private one, whose private part is forgotten.

    Raises BadSigningKeyError, and OSError when it cannot be read.
    """
    pem = path.read_bytes()
    if b"PRIVATE KEY" in pem:
        return verifying_key(load_signing_key(path).public)
    try:
        public = load_pem_public_key(pem)
    except ValueError as error:
        raise BadSigningKeyError(f"{path} is not a key in PEM") from error
    if not isinstance(public, Ed25519PublicKey):
        raise BadSigningKeyError(f"{path} holds a key that is not Ed25519")
    return verifying_key(public)


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
    return SigningKey(id=_thumbprint(public), private=private, public=public)


def derived_key(key: SigningKey, purpose: bytes) -> bytes:
    """32 secret bytes for something else than tokens, which tell nothing of the key."""
    private = key.private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    return hmac.new(private, b"cashback-gateway " + purpose, hashlib.sha256).digest()


def verifying_key(public: Ed25519PublicKey) -> VerifyingKey:
    """A public key with its thumbprint."""
    return VerifyingKey(id=_thumbprint(public), public=public)


def jwk(key: VerifyingKey) -> dict[str, str]:
    """The public part as a JSON Web Key (RFC 8037)."""
    return {**_members(key.public), "kid": key.id, "use": "sig", "alg": "EdDSA"}


def _thumbprint(public: Ed25519PublicKey) -> str:
    # RFC 7638: the required members alone, in lexical order, without spaces.
    members = json.dumps(_members(public), separators=(",", ":"), sort_keys=True)
    return _base64url(hashlib.sha256(members.encode("ascii")).digest())


def _members(public: Ed25519PublicKey) -> dict[str, str]:
    x = _base64url(public.public_bytes(Encoding.Raw, PublicFormat.Raw))
    return {"crv": "Ed25519", "kty": "OKP", "x": x}


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")
