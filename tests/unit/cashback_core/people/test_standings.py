"""What the owner of a token is at present: asked once in a few seconds, however many wait."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from cashback_core.people.roles import Role
from cashback_core.people.standings import STANDING_AGE_S, Standings
from cashback_core.people.tokens import Claims, InvalidTokenError, TokenKind, owner_of
from cashback_core.testing.memory_identities import MemoryIdentities
from cashback_core.values.availability import StoreUnavailable


def claims(identities: MemoryIdentities, username: str) -> Claims:
    """What a good token of a new session says."""
    owner = owner_of(identities.begin(username))
    return Claims(kind=TokenKind.ACCESS, owner=owner, id="x", expires_at_s=2**31)


async def test_a_role_is_asked_again_after_a_few_seconds() -> None:
    identities = MemoryIdentities()
    standings = Standings(identities, identities.clock.monotonic_s)
    olga = claims(identities, "olga")
    for _ in range(3):
        assert (await standings(olga)).role is Role.OPERATOR
    assert identities.asked == ["standing"]
    identities.users["olga"] = replace(identities.users["olga"], role="erp")
    identities.clock.advance(STANDING_AGE_S - 0.001)
    assert (await standings(olga)).role is Role.OPERATOR
    identities.clock.advance(0.001)
    assert (await standings(olga)).role is Role.ERP


async def test_many_who_ask_for_one_standing_at_once_are_one_question() -> None:
    identities = MemoryIdentities()
    standings, olga = Standings(identities), claims(identities, "olga")
    await asyncio.gather(*(standings(olga) for _ in range(20)))
    assert identities.asked == ["standing"]


async def test_a_failed_question_is_everybodys_and_asked_again() -> None:
    identities = MemoryIdentities()
    standings, olga = Standings(identities), claims(identities, "olga")
    identities.away = True
    asked = await asyncio.gather(*(standings(olga) for _ in range(3)), return_exceptions=True)
    assert [type(error) for error in asked] == [StoreUnavailable] * 3
    identities.away = False
    assert (await standings(olga)).role is Role.OPERATOR


async def test_somebody_who_hangs_up_takes_no_answer_from_others() -> None:
    identities = MemoryIdentities()
    standings, olga = Standings(identities), claims(identities, "olga")
    first, second = (asyncio.create_task(standings(olga)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).role is Role.OPERATOR
    assert first.cancelled() or await asyncio.wait([first])


async def test_a_user_who_is_gone_or_has_moved_holds_a_worthless_token() -> None:
    identities = MemoryIdentities()
    standings = Standings(identities, identities.clock.monotonic_s)
    olga = claims(identities, "olga")
    await standings(olga)
    identities.users["olga"] = replace(identities.users["olga"], merchant_id=2)
    identities.clock.advance(STANDING_AGE_S)
    with pytest.raises(InvalidTokenError):
        await standings(olga)
    del identities.users["olga"]
    identities.clock.advance(STANDING_AGE_S)
    with pytest.raises(InvalidTokenError):
        await standings(olga)


@pytest.mark.parametrize("lie", [{"subject": "user:adam"}, {"merchant_id": 2}])
async def test_a_token_tells_nothing_that_its_session_does_not(lie: dict[str, Any]) -> None:
    """Even rightly signed: who the owner is says the database."""
    identities = MemoryIdentities()
    true = claims(identities, "olga")
    with pytest.raises(InvalidTokenError):
        await Standings(identities)(replace(true, owner=replace(true.owner, **lie)))
