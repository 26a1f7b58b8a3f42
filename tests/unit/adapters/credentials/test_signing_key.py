from __future__ import annotations

import base64
import stat
from pathlib import Path  # noqa: TC003 (pytest hands them over)

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as new_ec_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from adapters.credentials.signing_key import (
    BadSigningKeyError,
    create_signing_key,
    jwk,
    load_signing_key,
    load_verifying_key,
    signing_key,
)
from adapters.credentials.tokens import JwtTokens
from cashback_core.people.tokens import TokenKind, TokenOwner
from cashback_core.values.ids import new_id


def test_a_key_file_is_for_its_owner_alone_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    create_signing_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = path.read_bytes()
    with pytest.raises(FileExistsError):
        create_signing_key(path)
    assert path.read_bytes() == first
    owner = TokenOwner(subject="user:a", merchant_id=1, session_id=new_id())
    token = JwtTokens(load_signing_key(path)).issue(TokenKind.ACCESS, owner)
    assert JwtTokens(load_signing_key(path)).check(token).owner == owner


def test_a_verifying_key_is_read_from_a_public_or_a_private_one(tmp_path: Path) -> None:
    path, public = tmp_path / "key.pem", tmp_path / "public.pem"
    create_signing_key(path)
    key = load_signing_key(path)
    public.write_bytes(key.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    for found in (load_verifying_key(path), load_verifying_key(public)):
        assert found.id == key.id
        assert not hasattr(found, "private")
        assert jwk(found) == jwk(key)
    assert jwk(key).keys() == {"kty", "crv", "x", "kid", "use", "alg"}


def test_the_key_id_is_the_thumbprint_of_rfc_8037() -> None:
    # RFC 8037, appendix A.3.
    x = base64.urlsafe_b64decode(b"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=")

    class Known:
        def public_key(self) -> Ed25519PublicKey:
            return Ed25519PublicKey.from_public_bytes(x)

    made = signing_key(Known())  # type: ignore[arg-type]
    assert made.id == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a key",
        new_ec_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")
        ),
    ],
)
def test_a_file_that_is_no_key_is_refused_and_never_shown(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    for load in (load_signing_key, load_verifying_key):
        with pytest.raises(BadSigningKeyError) as caught:
            load(path)
        assert "PRIVATE" not in str(caught.value)


def test_a_public_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    public = new_ec_key(SECP256R1()).public_key()
    path.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(BadSigningKeyError, match="not Ed25519"):
        load_verifying_key(path)


def test_a_key_does_not_show_itself() -> None:
    assert "Ed25519PrivateKey" not in repr(signing_key(Ed25519PrivateKey.generate()))
