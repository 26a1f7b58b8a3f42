from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest

from adapters.postgres.cashbacks.store import PostgresCashbackStore
from adapters.postgres.delivery import changes
from adapters.postgres.delivery.changes import PostgresChanges
from adapters.postgres.operators.acts import PostgresOperatorStore
from cashback_core.delivery.states import DeliveryPolicy
from contract.builders import a_sale, accepted, submitted
from contract.feeding import FeedContract, all_changes

if TYPE_CHECKING:
    from adapters.postgres.connection.database import Database
    from cashback_core.changes.changes import Change, FeedPosition

ANA: Final = "user:ana"


class TestPostgresChanges(FeedContract):
    """The contract on a real database."""

    @pytest.fixture
    def store(self, database: Database) -> PostgresCashbackStore:
        return PostgresCashbackStore(database, DeliveryPolicy())

    @pytest.fixture
    def feed(self, database: Database) -> PostgresChanges:
        return PostgresChanges(database)

    @pytest.fixture
    def operators(self, database: Database) -> PostgresOperatorStore:
        return PostgresOperatorStore(database)

    @pytest.mark.parametrize("stride", [1, 2, 3, 5, 100])
    @pytest.mark.parametrize("limit", [1, 2, 3, 100])
    async def test_a_group_is_told_all_of_its_own_whatever_moved_together(
        self,
        dsn: str,
        store: PostgresCashbackStore,
        feed: PostgresChanges,
        monkeypatch: pytest.MonkeyPatch,
        stride: int,
        limit: int,
    ) -> None:
        """Moves of one transaction stand at one position, and a look may end amidst them."""
        monkeypatch.setattr(changes, "STRIDE", stride)
        who = [ANA, "user:bia", "user:bia", ANA, "user:bia", "user:bia"]
        ids = {
            (await accepted(store, submitted(a_sale(), lease_s=None, submitted_by=one))).id: one
            for one in who
        }
        with psycopg.connect(dsn, autocommit=True) as owner:
            for sequence in (2, 3):
                owner.execute(_MOVE_ALL, [sequence])
        wanted = [c.feed_position for c in await all_changes(feed) if ids[c.id] == ANA]
        assert len(wanted) == 3 * who.count(ANA)
        told, gone_on_from = await _read_on(feed, limit)
        assert [change.feed_position for change in told] == wanted
        assert {ids.get(place.cashback_id, ANA) for place in gone_on_from} == {ANA}
        assert all(before < after for before, after in pairwise(gone_on_from))


_MOVE_ALL: Final = """
    insert into events (merchant_id, cashback_id, sequence, at, actor, actor_name,
        from_status, to_status, attempt, reason)
    select 1, cashback_id, %s, now(), 'operator', 'ana', 'held', 'pending', 0, 'x'
    from cashbacks where merchant_id = 1
"""


async def _read_on(feed: PostgresChanges, limit: int) -> tuple[list[Change], list[FeedPosition]]:
    """What a group is told until there is no more, and from where it went on."""
    told, gone_on_from = list[Any](), list[Any]()
    while True:
        after = gone_on_from[-1] if gone_on_from else None
        page = await feed.read(1, after, limit=limit, group=ANA)
        told += page.changes
        if page.next == after:
            return told, gone_on_from
        gone_on_from.append(page.next)
