"""Broken designs, planted in the production code: a checker that cannot fail proves nothing.

Each mutant replaces one decision, as somebody in good faith might have written it. The simulation
must catch every one of them within a few hundred seeds.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import cashback_core.delivery
import cashback_core.evidence
import cashback_core.settlement
import fakes.memory_operators
import fakes.memory_store
from cashback_core import delivering
from cashback_core.breaker import Breaker
from cashback_core.delivery import DeliveryPolicy
from cashback_core.settlement import Margin
from cashback_core.submission import SubmitSale
from fakes.memory_store import MemoryStore
from simulation import broken
from simulation.link import SettlementLink

if TYPE_CHECKING:
    from collections.abc import Generator


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A broken decision: `owner.name` is replaced while it is planted."""

    what: str
    owner: Any
    name: str
    value: Any

    @contextlib.contextmanager
    def planted(self) -> Generator[None]:
        """Break the production code for a while."""
        kept = cast("dict[str, object]", vars(self.owner))[self.name]  # as it stands there
        setattr(self.owner, self.name, self.value)
        try:
            yield
        finally:
            setattr(self.owner, self.name, kept)


_D: Final = cashback_core.delivery
_E: Final = cashback_core.evidence
_S: Final = cashback_core.settlement

MUTANTS: Final = tuple(
    Mutant(what=what, owner=owner, name=name, value=value)
    for what, owner, name, value in (
        ("an unknown answer is sent again", _D, "_end_of_sending", broken.resend_on_unknown),
        ("the reaper puts back to pending", MemoryStore, "reap", broken.reaper_requeues),
        ("no fence on older attempts", fakes.memory_store, "conclude", broken.no_fence),
        ("5xx is a refusal", _E, "_not_created", broken.server_error_is_refusal),
        ("5xx was never processed", _E, "_not_created", broken.server_error_was_never_processed),
        ("409 is a refusal", _E, "_not_created", broken.conflict_is_refusal),
        ("redirects are followed", _E, "_not_created", broken.redirects_followed),
        ("a reset was never sent", delivering, "classify", broken.reset_is_never_sent),
        ("a timeout was never sent", delivering, "classify", broken.timeout_is_never_sent),
        ("a broken body loses the 201", delivering, "classify", broken.broken_body_loses_201),
        ("a 201 for another payment counts", _E, "_foreign_echo", broken.no_foreign_echo),
        ("no unique key", fakes.memory_store, "deciding", broken.no_name_decides),
        ("unknown commit acknowledged", SubmitSale, "_accept", broken.unknown_commit_acknowledged),
        ("sent before acknowledged", SubmitSale, "_accept", broken.sent_without_acknowledgement),
        ("no lease check before sending", DeliveryPolicy, "may_send", broken.always),
        ("a claim known by its number", MemoryStore, "conclude", broken.known_by_its_number_alone),
        ("starts by the worker's clock", MemoryStore, "_lease", broken.starts_by_the_workers_clock),
        ("matched by amount, not reference", _S, "_by_reference", broken.matched_by_amount),
        ("statement lines counted twice", _S, "_by_group", broken.lines_counted_twice),
        ("untrusted statements prove absence", _S, "why_distrusted", broken.nothing_distrusted),
        ("missing payments are no distrust", _S, "_applied_but_missing", broken.unchecked),
        ("no wait for the group to be quiet", _S, "_is_quiet", broken.always_quiet),
        ("no margin", Margin, "after", broken.margin_without(lease=0, freeze=0, delay=0, skew=0)),
        ("a margin without freezes", Margin, "after", broken.margin_without(freeze=0)),
        ("a margin without provider delay", Margin, "after", broken.margin_without(delay=0)),
        ("a margin without slow connections", Margin, "after", broken.margin_without(lease=20.0)),
        ("a margin without the lease", Margin, "after", broken.margin_without(lease=0)),
        ("a window without clock skew", Margin, "window_start", broken.same_instant),
        ("settled from old rows", SettlementLink, "settle", broken.settled_from_old_rows),
        ("the breaker lets a storm through", Breaker, "capacity", broken.probe_storm),
        ("the breaker never tries again", Breaker, "capacity", broken.never_half_open),
        ("the API does not ask the breaker", Breaker, "admit", broken.anybody_is_admitted),
        (
            "resent without asking for the risk",
            fakes.memory_operators,
            "operate",
            broken.risk_unasked,
        ),
        ("poison comes back for ever", _D, "MAX_OWN_ERRORS", 10**9),
    )
)
