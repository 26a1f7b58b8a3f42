"""What the log-in relies on, whoever keeps it: sessions, clients, throttles and rates."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cashback_core.administration.resources import Caller
from cashback_core.people.callers import REPEATED_S, Renewed, Reused
from cashback_core.values.ids import new_id

if TYPE_CHECKING:
    from uuid import UUID

    from cashback_core.people.callers import Account, Identities, Owned

FIRST: Final = "first"
HOME, ELSEWHERE = "192.0.2.1", "198.51.100.7"
LIFE_S = 86_400
ADAM = Caller(actor="user:adam", merchant_id=1)
PETRA = Caller(actor="user:petra", merchant_id=None)


async def account_of(identities: Identities, username: str = "demo") -> Account:
    account = (await identities.visit(username, address="203.0.113.1")).account
    assert account is not None
    return account


async def opened(identities: Identities, username: str = "demo", *, token_id: str = FIRST) -> Owned:
    account = await account_of(identities, username)
    owned = await identities.open_session(account, token_id=token_id, life_s=LIFE_S)
    assert owned is not None
    return owned


async def renewed(
    identities: Identities, id_: UUID, used: str, new: str, *, issued_s: int = 1
) -> Owned | None:
    """Whose the session is that goes on."""
    outcome = await identities.renew_session(
        id_, used_id=used, next_id=new, issued_s=issued_s, life_s=LIFE_S
    )
    return outcome.owned if isinstance(outcome, Renewed) else None


async def alive(identities: Identities, owned: Owned, token_id: str = FIRST) -> bool:
    return await identities.standing(owned.session_id, token_id=token_id) == owned


class IdentitiesContract:
    """Merchant 1 has users `demo` (erp) and `adam` (admin), merchant 2 `other`; a client of 1."""

    async def change_password(self, identities: Identities, username: str) -> None:
        """Give a user another password."""
        raise NotImplementedError

    async def remove(self, identities: Identities, username: str) -> None:
        """Let a user be gone."""
        raise NotImplementedError

    async def client(self, identities: Identities) -> tuple[str, str]:
        """The id and the secret of a client of merchant 1."""
        raise NotImplementedError

    async def expire_secret(self, identities: Identities, client_id: str) -> None:
        """End every secret of the client."""
        raise NotImplementedError

    async def let_time_pass(self, identities: Identities, seconds: float) -> None:
        """Let so much of it pass for sessions."""
        raise NotImplementedError

    async def test_a_session_tells_whose_it_is(self, identities: Identities) -> None:
        owned = await opened(identities)
        assert (owned.subject, owned.role, owned.merchant_id) == ("user:demo", "erp", 1)
        assert await alive(identities, owned)
        assert await identities.standing(new_id(), token_id="t") is None

    async def test_nobody_has_no_account(self, identities: Identities) -> None:
        for username in ("nobody", "Demo", "dem", "unknown:0"):
            assert (await identities.visit(username, address=HOME)).account is None

    async def test_a_refresh_token_is_taken_for_the_next_one(self, identities: Identities) -> None:
        owned = await opened(identities)
        assert await renewed(identities, owned.session_id, "first", "second") == owned
        assert await renewed(identities, owned.session_id, "second", "third") == owned
        assert await alive(identities, owned)

    async def test_a_refresh_token_that_was_used_ends_its_whole_session(
        self, identities: Identities
    ) -> None:
        owned, another = await opened(identities), await opened(identities)
        await renewed(identities, owned.session_id, "first", "second")
        assert await renewed(identities, owned.session_id, "first", "stolen") is None
        assert not await alive(identities, owned)
        assert await renewed(identities, owned.session_id, "second", "third") is None
        assert await alive(identities, another)

    async def test_of_many_uses_at_once_one_renews_and_the_others_are_told_the_same(
        self, identities: Identities
    ) -> None:
        owned = await opened(identities)
        uses = [
            identities.renew_session(
                owned.session_id, used_id="first", next_id="second", issued_s=n, life_s=LIFE_S
            )
            for n in range(8)
        ]
        outcomes = [o for o in await asyncio.gather(*uses) if isinstance(o, Renewed)]
        assert len(outcomes) == 8
        assert [outcome.repeated for outcome in outcomes].count(False) == 1
        (issued_s,) = {outcome.issued_s for outcome in outcomes}
        assert issued_s == next(o.issued_s for o in outcomes if not o.repeated)
        assert await renewed(identities, owned.session_id, "second", "third") == owned

    async def test_a_lost_answer_is_told_again_for_a_while_and_no_longer(
        self, identities: Identities
    ) -> None:
        owned = await opened(identities)
        await renewed(identities, owned.session_id, "first", "second")
        await self.let_time_pass(identities, REPEATED_S - 10)
        assert await renewed(identities, owned.session_id, "first", "second") == owned
        await self.let_time_pass(identities, 11)  # no use again makes the while longer
        used = {"used_id": "first", "next_id": "second"}
        outcome = await identities.renew_session(
            owned.session_id, **used, issued_s=2, life_s=LIFE_S
        )
        assert outcome == Reused(subject="user:demo")
        assert not await alive(identities, owned)

    async def test_no_answer_is_told_again_once_its_token_was_used(
        self, identities: Identities
    ) -> None:
        owned = await opened(identities)
        await renewed(identities, owned.session_id, "first", "second")
        await renewed(identities, owned.session_id, "second", "third")
        assert await renewed(identities, owned.session_id, "second", "third") == owned
        assert await renewed(identities, owned.session_id, "first", "second") is None
        assert not await alive(identities, owned)

    async def test_an_ended_session_is_no_more(self, identities: Identities) -> None:
        owned, another = await opened(identities), await opened(identities)
        await identities.end_session(owned.session_id)
        await identities.end_session(new_id())
        assert not await alive(identities, owned)
        assert await renewed(identities, owned.session_id, "first", "second") is None
        assert await alive(identities, another)

    async def test_signing_out_ends_every_session_of_one_user_and_no_later_one(
        self, identities: Identities
    ) -> None:
        mine = [await opened(identities) for _ in range(2)]
        other = await opened(identities, "adam")
        assert await identities.sign_out("demo", by=ADAM)
        assert not any([await alive(identities, owned) for owned in mine])
        assert await alive(identities, other)
        assert await alive(identities, await opened(identities))

    async def test_nobody_signs_out_a_user_of_another_merchant_but_the_platform(
        self, identities: Identities
    ) -> None:
        owned = await opened(identities, "other")
        assert not await identities.sign_out("other", by=ADAM)
        assert not await identities.sign_out("nobody", by=PETRA)
        assert await alive(identities, owned)
        assert await identities.sign_out("other", by=PETRA)
        assert not await alive(identities, owned)

    async def test_a_changed_password_opens_no_session_that_was_asked_for_before(
        self, identities: Identities
    ) -> None:
        account = await account_of(identities)
        await self.change_password(identities, "demo")
        owned = await identities.open_session(account, token_id="first", life_s=LIFE_S)
        assert owned is None

    async def test_who_is_gone_has_no_session_and_gets_none(self, identities: Identities) -> None:
        account, owned = await account_of(identities), await opened(identities)
        await self.remove(identities, "demo")
        assert not await alive(identities, owned)
        assert await renewed(identities, owned.session_id, "first", "second") is None
        assert (await identities.visit("demo", address=HOME)).account is None
        opened_late = await identities.open_session(account, token_id="first", life_s=LIFE_S)
        assert opened_late is None

    async def test_a_client_is_known_by_its_secret_while_it_lives(
        self, identities: Identities
    ) -> None:
        client_id, secret = await self.client(identities)
        owned = await identities.find_client(client_id, secret=secret)
        assert owned is not None
        assert (owned.subject, owned.role, owned.merchant_id) == (f"client:{client_id}", "erp", 1)
        assert await identities.find_client(client_id, secret=secret + "x") is None
        assert await identities.find_client("cli_" + "x" * 22, secret=secret) is None
        assert await alive(identities, owned)
        await self.expire_secret(identities, client_id)
        assert not await alive(identities, owned)
        assert await identities.find_client(client_id, secret=secret) is None

    async def test_a_revoked_token_of_a_client_ends_alone(self, identities: Identities) -> None:
        client_id, secret = await self.client(identities)
        owned = await identities.find_client(client_id, secret=secret)
        assert owned is not None
        until = datetime.now(UTC) + timedelta(minutes=15)
        for _ in range(2):
            await identities.revoke_token("this", until=until)
        assert not await alive(identities, owned, "this")
        assert await alive(identities, owned, "that")

    async def test_guessing_from_one_place_has_to_wait_and_harms_nobody_elsewhere(
        self, identities: Identities
    ) -> None:
        for _ in range(5):
            assert (await identities.visit("demo", address=HOME)).wait_s == 0
            await identities.note_failure("demo", address=HOME)
        assert 0 < (await identities.visit("demo", address=HOME)).wait_s <= 60
        assert (await identities.visit("demo", address=ELSEWHERE)).wait_s == 0
        assert (await identities.visit("adam", address=HOME)).wait_s == 0

    async def test_an_unknown_account_has_to_wait_like_a_known_one(
        self, identities: Identities
    ) -> None:
        for _ in range(5):
            await identities.note_failure("nobody", address=HOME)
        assert (await identities.visit("nobody", address=HOME)).wait_s > 0

    async def test_an_address_that_tries_many_accounts_tries_each_once_a_minute(
        self, identities: Identities
    ) -> None:
        for number in range(20):
            await identities.note_failure(f"user-{number}", address=HOME)
        for username in ("demo", "user-0", "nobody"):
            for _ in range(2):
                wait_s = (await identities.visit(username, address=HOME)).wait_s
                assert (wait_s > 0) == (username == "user-0")  # only who failed itself
            await identities.note_failure(username, address=HOME)
            assert 0 < (await identities.visit(username, address=HOME)).wait_s <= 60
        assert (await identities.visit("demo", address=ELSEWHERE)).wait_s == 0

    async def test_an_account_that_many_guess_at_is_guessed_at_once_a_minute_from_each_place(
        self, identities: Identities
    ) -> None:
        for number in range(200):
            await identities.note_failure("demo", address=f"198.51.100.{number}")
        assert (await identities.visit("demo", address=ELSEWHERE)).wait_s > 0  # failed there
        for address in (HOME, "203.0.113.99"):
            assert (await identities.visit("demo", address=address)).wait_s == 0
            await identities.note_failure("demo", address=address)
            assert 0 < (await identities.visit("demo", address=address)).wait_s <= 60
        assert (await identities.visit("adam", address=HOME)).wait_s == 0

    async def test_nobody_waits_longer_than_a_minute_however_much_failed_at_once(
        self, identities: Identities
    ) -> None:
        failures = [identities.note_failure("demo", address=HOME) for _ in range(40)]
        await asyncio.gather(*failures)
        assert 50 < (await identities.visit("demo", address=HOME)).wait_s <= 60

    async def test_wrong_secrets_count_against_their_client_and_address_and_no_person(
        self, identities: Identities
    ) -> None:
        client_id, secret = await self.client(identities)
        waits = [await identities.note_wrong_secret(client_id, address=HOME) for _ in range(21)]
        assert waits[:20] == [0] * 20
        assert 0 < waits[20] <= 60
        assert await identities.find_client(client_id, secret=secret) is not None
        assert await identities.note_wrong_secret(client_id, address=ELSEWHERE) > 0
        assert await identities.note_wrong_secret("another", address=HOME) == 0
        for number in range(85):
            await identities.note_wrong_secret(f"client-{number}", address=HOME)
        assert await identities.note_wrong_secret("another", address=HOME) > 0
        assert (await identities.visit("demo", address=HOME)).wait_s == 0
        assert (await identities.visit(client_id, address=HOME)).wait_s == 0

    async def test_what_is_drawn_never_exceeds_what_may_be(self, identities: Identities) -> None:
        draws = [
            identities.draw("user:demo", every_s=1000.0, capacity=7, wanted=2) for _ in range(8)
        ]
        granted = [drawn.granted for drawn in await asyncio.gather(*draws)]
        assert sorted(granted, reverse=True) == [2, 2, 2, 1, 0, 0, 0, 0]
        refused = await identities.draw("user:demo", every_s=1000.0, capacity=7, wanted=1)
        assert 990 < refused.wait_s <= 1000
        other = await identities.draw("user:adam", every_s=1000.0, capacity=7, wanted=2)
        assert (other.granted, other.wait_s) == (2, 0)
