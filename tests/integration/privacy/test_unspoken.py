"""The search of the logs can fail, and has something to search."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from integration import unspoken
from integration.journeys import sale

if TYPE_CHECKING:
    from pathlib import Path

    from integration.running import Gateway


def test_what_is_sent_and_given_is_looked_for_in_the_logs(gateway: Gateway) -> None:
    before, _ = unspoken.looked_at()
    gateway.submit(sale())
    texts, files = unspoken.looked_at()
    assert texts > before
    assert files >= 3
    assert unspoken.spoken() == []


@pytest.mark.parametrize(
    "line",
    [b"customer 52998224725\n", b"customer 529.982.247-25\n", b"token eyJh.eyJz.c2ln\n",
     b"password correct horse\n", b"Basic c2VjcmV0IG9mIHRoZSBwcm92aWRlcg==\n"],
)  # fmt: skip
def test_a_log_that_tells_is_found(
    line: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unspoken, "_unspoken", set[bytes]())
    monkeypatch.setattr(unspoken, "_logs", [])
    unspoken.note(b'{"customer": {"document": "529.982.247-25"}}')
    unspoken.note(b'{"access": "eyJh.eyJz.c2ln"}')
    unspoken.note(b'{"password": "correct horse"}')
    unspoken.note(None, {"Authorization": "Basic c2VjcmV0IG9mIHRoZSBwcm92aWRlcg=="})
    log = unspoken.keep(tmp_path / "log")
    log.write_bytes(b"nothing\n52998224726 is no CPF\n")
    assert unspoken.spoken() == []
    log.write_bytes(b"nothing\n" + line)
    assert len(unspoken.spoken()) == 1
