from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from cashback_gateway.commands.cli import main
from cashback_gateway.settings.secret_files import (
    FILES,
    SecretsRefusedError,
    check_secrets,
    make_secrets,
    read_password,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
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
        "app": {
            "erasure_key",
            "otlp_headers",
            "provider_authorization",
            "provider_proxy_credentials",
        },
        "api": {"database_api_password", "signing_key.pem"},
        "worker": {"close_key.pem", "database_worker_password"},
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
        ("app/provider_proxy_credentials", "no colon in it"),
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


def modes(folder: Path) -> dict[str, int]:
    found = [folder, *folder.rglob("*")]
    return {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in found}


@pytest.fixture
def generous_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("generous_umask")
@pytest.mark.parametrize("what", ["make", "demo"])
def test_secrets_are_their_owner_s_alone_whatever_the_umask(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "secrets"
    assert main(["secrets", what, str(folder)]) == 0
    found = modes(folder)
    files = {name for name in found if (folder / name).is_file()}
    assert {secret.name for secret in FILES} <= files
    assert {name: mode for name, mode in found.items() if name in files and mode != 0o600} == {}
    assert {n: m for n, m in found.items() if n not in files and m != 0o700} == {}


def test_what_was_readable_for_everybody_is_so_no_more(tmp_path: Path) -> None:
    """As an earlier version made them."""
    make_secrets(tmp_path)
    for secret in FILES:
        (tmp_path / secret.name).chmod(0o444)
        (tmp_path / secret.name).parent.chmod(0o755)
    assert make_secrets(tmp_path) == []
    found = modes(tmp_path)
    assert {found[secret.name] for secret in FILES} == {0o600}
    assert {found[secret.name.partition("/")[0]] for secret in FILES} == {0o700}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_secrets_are_given_to_the_containers_user(tmp_path: Path) -> None:
    assert main(["secrets", "make", str(tmp_path), "--owner", "10001"]) == 0
    for secret in FILES:
        path = tmp_path / secret.name
        assert {(s.st_uid, s.st_gid) for s in (path.stat(), path.parent.stat())} == {(10001, 10001)}


@pytest.mark.usefixtures("generous_umask")
def test_a_new_signing_key_is_its_owner_s_alone(tmp_path: Path) -> None:
    assert main(["keys", "new", str(tmp_path / "next.pem")]) == 0
    assert stat.S_IMODE((tmp_path / "next.pem").stat().st_mode) == 0o600
