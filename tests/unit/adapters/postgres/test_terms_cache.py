"""A merchant's terms are asked for once, however many wait; nobody is told what was forgotten."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from adapters.postgres.sales.terms import TERMS_AGE_S, TermsCache
from cashback_core.sales.programme import Programme
from cashback_core.sales.rules import SaleRules
from cashback_core.sales.terms import Terms
from cashback_core.values.availability import StoreUnavailable
from cashback_core.values.rounding import Rounding


@dataclass
class Database:
    """Answers when it is told to; every question has terms of its own."""

    clock_s: float = 0.0
    questions: list[asyncio.Future[Terms]] = field(default_factory=list["asyncio.Future[Terms]"])

    async def read(self, merchant_id: int) -> Terms:
        assert merchant_id == 1
        self.questions.append(asyncio.get_running_loop().create_future())
        return await self.questions[-1]

    def cache(self) -> TermsCache:
        return TermsCache(self.read, lambda: self.clock_s)


def some_terms() -> Terms:
    return Terms(merchant_id=1, rules=SaleRules(), programme=Programme((), Rounding.HALF_EVEN))


async def turns() -> None:
    """Let every task come as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_all_who_come_before_the_answer_share_one_question() -> None:
    database = Database()
    cache = database.cache()
    asking = [asyncio.create_task(cache.get(1)) for _ in range(256)]
    await turns()
    (question,) = database.questions
    asking[0].cancel()  # its client hung up
    await turns()
    question.set_result(told := some_terms())
    assert all(answer is told for answer in await asyncio.gather(*asking[1:]))
    assert await cache.get(1) is told
    database.clock_s += TERMS_AGE_S + 1
    again = asyncio.create_task(cache.get(1))
    await turns()
    assert len(database.questions) == 2
    database.questions[1].set_result(newer := some_terms())
    assert await again is newer


async def test_what_was_asked_before_it_was_forgotten_is_told_to_nobody_who_comes_after() -> None:
    database = Database()
    cache = database.cache()
    before = asyncio.create_task(cache.get(1))
    await turns()
    database.clock_s = 1
    cache.forget(1)
    after = [asyncio.create_task(cache.get(1)) for _ in range(3)]
    await turns()
    assert len(database.questions) == 1, "one at a time"
    database.questions[0].set_result(old := some_terms())
    await turns()
    assert await before is old
    assert len(database.questions) == 2
    database.questions[1].set_result(new := some_terms())
    assert [await task is new for task in after] == [True] * 3
    assert await cache.get(1) is new


async def test_who_forgets_all_the_time_keeps_nobody_waiting_for_more_than_two_questions() -> None:
    database = Database()
    cache = database.cache()
    first = asyncio.create_task(cache.get(1))
    await turns()
    database.clock_s = 1
    cache.forget(1)
    waits = asyncio.create_task(cache.get(1))
    for asked in range(2):
        await turns()
        database.clock_s += 1
        cache.forget(1)
        database.questions[asked].set_result(some_terms())
    await turns()
    assert first.done()
    assert waits.done()


async def test_a_question_that_fails_is_asked_again_by_who_came_after_it_was_forgotten() -> None:
    database = Database()
    cache = database.cache()
    before = asyncio.create_task(cache.get(1))
    await turns()
    database.clock_s = 1
    cache.forget(1)
    after = asyncio.create_task(cache.get(1))
    await turns()
    database.questions[0].set_exception(StoreUnavailable("not now"))
    await turns()
    with pytest.raises(StoreUnavailable):
        await before
    database.questions[1].set_result(terms := some_terms())
    assert await after is terms


async def test_who_comes_as_a_forgotten_question_ends_asks_anew_and_does_not_spin() -> None:
    """Between a task's end and its callbacks: it is done, too old, and must not be found."""
    database = Database()
    cache = database.cache()
    before = asyncio.create_task(cache.get(1))
    await turns()
    database.clock_s = 1
    cache.forget(1)
    database.questions[0].set_result(some_terms())
    after = asyncio.create_task(cache.get(1))  # runs right behind the step that ends the question
    await turns()
    assert before.done()
    database.questions[1].set_result(new := some_terms())
    assert await after is new
