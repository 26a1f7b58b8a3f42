"""Broken designs, planted in the production code: a checker that cannot fail proves nothing.

Each mutant replaces one decision, as somebody in good faith might have written it. The simulation
must catch every one of them within a few hundred seeds.
"""

from __future__ import annotations

from typing import Final

import cashback_core.delivery.evidence
import cashback_core.delivery.states
import cashback_core.testing.memory_operators
import cashback_core.testing.memory_store
from cashback_core.delivery import deliverer as delivering
from cashback_core.delivery.breaker import Breaker
from cashback_core.delivery.states import DeliveryPolicy
from cashback_core.intake.submission import SubmitSale
from cashback_core.testing.memory_store import MemoryStore
from simulation import broken
from simulation.acceptance_mutants import ACCEPTANCE_MUTANTS
from simulation.close_mutants import CLOSE_MUTANTS
from simulation.confirm_mutants import CONFIRM_MUTANTS
from simulation.history_mutants import HISTORY_MUTANTS
from simulation.ledger_mutants import LEDGER_MUTANTS
from simulation.mutant import Mutant
from simulation.same_sale_mutants import SAME_SALE_MUTANTS
from simulation.statement_mutants import STATEMENTS

_D: Final = cashback_core.delivery.states
_E: Final = cashback_core.delivery.evidence

DELIVERY: Final = tuple(
    Mutant(what=what, owner=owner, name=name, value=value)
    for what, owner, name, value in (
        ("an unknown answer is sent again", _D, "_end_of_sending", broken.resend_on_unknown),
        ("the reaper puts back to pending", MemoryStore, "reap", broken.reaper_requeues),
        (
            "no fence on older attempts",
            cashback_core.testing.memory_store,
            "conclude",
            broken.no_fence,
        ),
        ("5xx is a refusal", _E, "_not_created", broken.server_error_is_refusal),
        ("5xx was never processed", _E, "_not_created", broken.server_error_was_never_processed),
        ("409 is a refusal", _E, "_not_created", broken.conflict_is_refusal),
        ("redirects are followed", _E, "_not_created", broken.redirects_followed),
        ("a reset was never sent", delivering, "classify", broken.reset_is_never_sent),
        ("a timeout was never sent", delivering, "classify", broken.timeout_is_never_sent),
        ("a broken body loses the 201", delivering, "classify", broken.broken_body_loses_201),
        ("a 201 for another payment counts", _E, "_foreign_echo", broken.no_foreign_echo),
        ("no unique key", cashback_core.testing.memory_store, "which_sale", broken.no_name_decides),
        ("unknown commit acknowledged", SubmitSale, "_accept", broken.unknown_commit_acknowledged),
        ("sent before acknowledged", SubmitSale, "_accept", broken.sent_without_acknowledgement),
        ("no lease check before sending", DeliveryPolicy, "may_send", broken.always),
        ("a claim known by its number", MemoryStore, "conclude", broken.known_by_its_number_alone),
        ("starts by the worker's clock", MemoryStore, "_lease", broken.starts_by_the_workers_clock),
        ("the breaker lets a storm through", Breaker, "capacity", broken.probe_storm),
        ("the breaker never tries again", Breaker, "capacity", broken.never_half_open),
        ("the API does not ask the breaker", Breaker, "admit", broken.anybody_is_admitted),
        (
            "resent without asking for the risk",
            cashback_core.testing.memory_operators,
            "operate",
            broken.risk_unasked,
        ),
        ("poison comes back for ever", _D, "MAX_OWN_ERRORS", 10**9),
    )
)

MUTANTS: Final = (
    *DELIVERY,
    *ACCEPTANCE_MUTANTS,
    *STATEMENTS,
    *SAME_SALE_MUTANTS,
    *CONFIRM_MUTANTS,
    *HISTORY_MUTANTS,
    *LEDGER_MUTANTS,
    *CLOSE_MUTANTS,
)
