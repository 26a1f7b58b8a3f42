"""Passwords are checked off the event loop, a few at a time."""

from __future__ import annotations

import threading

import pytest

from cashback_core.people.fair_queue import TooManyLogInsError
from cashback_core.people.passwords import Passwords
from cashback_core.testing.plain_hashes import PlainHashes


async def test_passwords_are_checked_off_the_event_loop() -> None:
    loop_thread = threading.get_ident()
    threads: list[int] = []

    class Watched(PlainHashes):
        def verify(self, stored_hash: str, password: str) -> bool:
            threads.append(threading.get_ident())
            return super().verify(stored_hash, password)

    assert await Passwords(Watched()).match("p", Watched().hash("p"))
    assert len(threads) == 1
    assert threads != [loop_thread]


async def test_an_unknown_user_has_no_password_at_all() -> None:
    class Agreeing(PlainHashes):
        def verify(self, stored_hash: str, password: str) -> bool:  # noqa: ARG002
            return True

    assert not await Passwords(Agreeing()).match("nobody's password", None)


async def test_a_full_house_is_told_before_any_work() -> None:
    with pytest.raises(TooManyLogInsError):
        async with Passwords(PlainHashes(), max_waiting=0).turn():
            pytest.fail("nobody comes in")
