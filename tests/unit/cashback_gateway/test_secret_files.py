from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cashback_gateway.cli import main
from cashback_gateway.secret_files import (
    FILES,
    SecretsRefusedError,
    check_secrets,
    make_secrets,
    read_password,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_secrets_are_made_once_and_are_good(tmp_path: Path) -> None:
    assert make_secrets(tmp_path) == [secret.name for secret in FILES]
    check_secrets(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert make_secrets(tmp_path) == []
    assert {path: path.read_bytes() for path in before} == before
    passwords = [content for path, content in before.items() if path.name.endswith("password")]
    assert len(set(passwords)) == 4


def test_everybody_has_a_folder_with_their_own_secrets(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    assert {folder.name: {f.name for f in folder.iterdir()} for folder in tmp_path.iterdir()} == {
        "owner": {"database_owner_password"},
        "app": {"provider_authorization"},
        "api": {"database_api_password", "signing_key.pem"},
        "worker": {"database_worker_password"},
        "monitoring": {"grafana_password"},
    }


def test_what_the_demo_made_is_refused_anywhere_else(tmp_path: Path) -> None:
    make_secrets(tmp_path, demo=True)
    check_secrets(tmp_path, demo=True)
    with pytest.raises(SecretsRefusedError, match="app: was made for the demo"):
        check_secrets(tmp_path)
    make_secrets(tmp_path)
    with pytest.raises(SecretsRefusedError, match="owner: was made for the demo"):
        check_secrets(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("owner/database_owner_password", "short"),
        ("owner/database_owner_password", ""),
        ("api/database_api_password", "change-me-please-change-me"),
        ("worker/database_worker_password", "aaaaaaaaaaaaaaaaaaaaaaaa"),
        ("api/signing_key.pem", "-----BEGIN PRIVATE KEY-----"),
        ("app/erasure_key", "0f" * 31),
        ("app/provider_authorization", "Bearer your-token"),
        ("monitoring/grafana_password", "admin"),
    ],
)
def test_a_weak_secret_is_refused_by_name_and_never_shown(
    tmp_path: Path, name: str, content: str
) -> None:
    make_secrets(tmp_path)
    file = tmp_path / name
    file.chmod(0o600)
    file.write_text(content)
    with pytest.raises(SecretsRefusedError) as refused:
        check_secrets(tmp_path)
    assert name in str(refused.value)
    assert not content or content not in str(refused.value)


def test_every_missing_secret_is_told_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["secrets", "check", str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert all(secret.name in told for secret in FILES)
    assert not list(tmp_path.iterdir())
    assert main(["secrets", "make", str(tmp_path)]) == 0
    assert main(["secrets", "check", str(tmp_path)]) == 0


def test_a_password_file_is_read_or_refused(tmp_path: Path) -> None:
    file = tmp_path / "password"
    with pytest.raises(SecretsRefusedError, match="No such file"):
        read_password(file)
    file.write_text("too-short\n")
    with pytest.raises(SecretsRefusedError) as refused:
        read_password(file)
    assert "too-short" not in str(refused.value)
    file.write_text("long-enough-and-mixed-7\n")
    assert read_password(file) == "long-enough-and-mixed-7"
