from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from adapters.credentials.signing_key import load_signing_key
from cashback_core.privacy.seals import Seal
from cashback_gateway.local.state import LocalState, LocalStateError, completed_environment

if TYPE_CHECKING:
    from pathlib import Path


def test_a_prepared_folder_has_keys_that_their_owner_alone_can_read(tmp_path: Path) -> None:
    state = LocalState(folder=tmp_path / "state")
    state.prepare()
    load_signing_key(state.signing_key)
    load_signing_key(state.close_key)
    Seal.parse(state.erasure_key.read_text().rstrip())
    for key in (state.signing_key, state.close_key, state.erasure_key):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    found = sorted(path.name for path in state.folder.rglob("*key*"))
    assert found == ["close_key.pem", "erasure_key", "signing_key.pem"]


def test_preparing_again_keeps_the_keys(tmp_path: Path) -> None:
    state = LocalState(folder=tmp_path)
    state.prepare()
    keys = state.signing_key.read_bytes(), state.erasure_key.read_bytes()
    state.prepare()
    assert (state.signing_key.read_bytes(), state.erasure_key.read_bytes()) == keys


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LocalStateError, match="cannot be used"):
        LocalState(folder=tmp_path / "file" / "state").prepare()


def test_a_folder_is_held_by_one_process_at_a_time(tmp_path: Path) -> None:
    state = LocalState(folder=tmp_path)
    with (
        state.held(),
        pytest.raises(LocalStateError, match=f"process {os.getpid()} already runs"),
        state.held(),
    ):
        pass
    with state.held():
        pass


def test_without_a_local_run_nothing_is_filled_in(tmp_path: Path) -> None:
    state = LocalState(folder=tmp_path / "nothing")
    with completed_environment({"A": "b"}, state) as environ:
        assert environ == {"A": "b"}
    assert not state.folder.exists()


def test_what_is_given_goes_before_what_a_local_run_has(tmp_path: Path) -> None:
    state = LocalState(folder=tmp_path)
    state.prepare()
    state.postgres.mkdir()
    given = {
        "DATABASE_URL": "postgresql://db/x",
        "CASHBACK_SIGNING_KEY_FILE": "/key",
        "CASHBACK_CLOSE_KEY_FILE": "/third",
        "CASHBACK_ERASURE_KEY_FILE": "/other",
    }
    with completed_environment(given, state) as environ:
        assert environ == given
    with completed_environment({"DATABASE_URL": "postgresql://db/x"}, state) as environ:
        assert environ["CASHBACK_SIGNING_KEY_FILE"] == str(state.signing_key)
        assert environ["CASHBACK_ERASURE_KEY_FILE"] == str(state.erasure_key)
