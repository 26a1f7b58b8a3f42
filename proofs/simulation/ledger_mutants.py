"""Every way of adding statements up that counts a credit twice, or loses one, planted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cashback_core.reconciliation import ledger
from cashback_core.reconciliation.ledger import LedgerChange, LedgerLine, LedgerTelling, ToldLine
from cashback_core.testing import memory_ledger
from simulation.mutant import Mutant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cashback_core.reconciliation import Window

_changes = ledger.changes  # as it is: what is planted replaces the name in the fake


def every_statement_adds_up(
    standing: Sequence[LedgerLine], told: Sequence[ToldLine], telling: LedgerTelling
) -> Iterator[LedgerChange]:
    """What is told again is taken for one more credit."""
    for change in _changes((), told, telling):
        after = change.after
        yield replace(change, after=replace(after, nth=len(standing) + after.nth))


def only_what_differs_is_kept(
    standing: Sequence[LedgerLine], told: Sequence[ToldLine], telling: LedgerTelling
) -> Iterator[LedgerChange]:
    """Of lines that read the same one is enough."""
    yield from _changes(standing, told[:1], telling)


def in_whatever_words(found: Sequence[LedgerChange], *_: object) -> list[LedgerChange]:
    """What is told otherwise is one more credit."""
    return [*found]


def any_statement(window: Window) -> bool:
    """What was cut, too."""
    del window
    return True


def always(*_: object) -> bool:
    """Whatever is asked."""
    return True


def never(*_: object) -> bool:
    """Whatever is asked."""
    return False


LEDGER_MUTANTS: Final = tuple(
    Mutant(what=what, owner=owner, name=name, value=value)
    for what, owner, name, value in (
        ("statements add up in the ledger", memory_ledger, "changes", every_statement_adds_up),
        ("equal lines are one in the ledger", memory_ledger, "changes", only_what_differs_is_kept),
        ("a cut statement empties the ledger", ledger, "is_fit", any_statement),
        ("silence takes away other days' lines", LedgerTelling, "must_tell", always),
        ("what is told no more stays", LedgerTelling, "must_tell", never),
        ("a credit in other words is another", memory_ledger, "respelled", in_whatever_words),
        ("an older statement overrules", LedgerTelling, "decides", always),
    )
)
