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
)

from adapters.http.signing_key import (
    BadSigningKeyError,
    create_signing_key,
    load_signing_key,
    signing_key,
)
from adapters.http.tokens import TokenKind, Tokens


def test_a_key_file_is_for_its_owner_alone_and_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    create_signing_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    first = path.read_bytes()
    with pytest.raises(FileExistsError):
        create_signing_key(path)
    assert path.read_bytes() == first
    token = Tokens(load_signing_key(path)).issue(TokenKind.ACCESS, username="a", merchant_id=1)
    assert Tokens(load_signing_key(path)).check(token).username == "a"


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
    with pytest.raises(BadSigningKeyError) as caught:
        load_signing_key(path)
    assert "PRIVATE" not in str(caught.value)


def test_a_key_does_not_show_itself() -> None:
    assert "Ed25519PrivateKey" not in repr(signing_key(Ed25519PrivateKey.generate()))
