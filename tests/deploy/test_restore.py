"""The drill: a backup, a restore to an instant, and nobody paid twice for what was forgotten."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from deploy.books import assert_books_agree, wait_settled
from deploy.stack import LASTING
from deploy.tills import Tills

if TYPE_CHECKING:
    from deploy.stack import Stack

pytestmark = [pytest.mark.container, pytest.mark.timeout(600)]

OPERATOR = ["--as=drill", "--reason=the provider's statement has it"]


async def test_a_restored_database_pays_nobody_twice(stack: Stack) -> None:
    tills = Tills(stack=stack, prefix="drill")
    before = await tills.sell(10)
    stack.run_script("infra/backup.sh")
    # However soon after it: the copy reaches back to every instant from its end on.
    [[at_once]] = stack.query("select clock_timestamp()")
    look = ["run", "--rm", "--no-deps", "--no-TTY", "--user=postgres", "--entrypoint=/bin/bash"]
    script = ["database", "/opt/cashback/restore.sh", at_once]
    assert "restore: from" in stack.compose(*look, "--env", "RESTORE_LOOKS_ONLY=1", *script)
    between = await tills.sell(10)
    wait_settled(stack)
    [[instant]] = stack.query("select clock_timestamp()")
    forgotten = await tills.sell(5)
    wait_settled(stack)
    credited = len(stack.credits())

    stack.run_script("infra/restore.sh", instant)
    assert stack.are_up("database", "api1", "api2", "worker")
    stack.wait_whole()
    stack.forgotten |= {sale.id for sale in forgotten}

    # What was there at that instant is there, to the row and the cent, and nothing else.
    ids = {
        row[0] for row in stack.query("select cashback_id from sales where sale_id like 'drill-%'")
    }
    assert ids == {sale.id for sale in before + between}
    assert_books_agree(stack, before + between)

    # The gateway knows that it may have forgotten something: it takes sales, and sends nothing.
    [[paused, actor, reason]] = stack.query(
        "select paused_at is not null, actor, reason from sender"
    )
    assert (paused, actor) == ("t", "database guard")
    assert "timeline" in reason
    fresh = await tills.sell(3)
    repeated = [await tills.repeat(sale) for sale in forgotten]
    assert len(stack.credits()) == credited
    waiting = stack.query("select count(*) from cashbacks where status = 'pending'")
    assert waiting == [[str(len(fresh) + len(repeated))]]

    # The operator compares with the provider's statement, as docs/operations.md says.
    statement = {(line["document"], line["cashback"]) for line in stack.credits()}
    for sale in repeated:
        assert (sale.document, sale.cashback) in statement
        stack.exec("worker", "python", "-m", "cashback_gateway", "cancel", sale.id, *OPERATOR)
    stack.exec("worker", "python", "-m", "cashback_gateway", "sender", "release", *OPERATOR)
    wait_settled(stack)
    assert len(stack.credits()) == credited + len(fresh)
    assert_books_agree(stack, before + between + fresh)


@pytest.mark.parametrize("instant", ["2020-01-01 00:00:00+00", "2099-01-01 00:00:00+00", "soon"])
def test_a_restore_that_cannot_be_is_refused_while_everything_runs(
    stack: Stack, instant: str
) -> None:
    started = [stack.inspect(service)["State"]["StartedAt"] for service in LASTING]
    with pytest.raises(subprocess.CalledProcessError):
        stack.run_script("infra/restore.sh", instant)
    assert [stack.inspect(service)["State"]["StartedAt"] for service in LASTING] == started
