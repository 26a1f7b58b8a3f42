"""Everybody who does something to a running system, and notes what."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Final

from chaos.account import Account, every_telling
from chaos.erp import Erp
from chaos.faults import Injector
from chaos.person import Person
from chaos.system import APIS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from chaos.profile import Profile
    from chaos.system import System

TILLS: Final = 12
THINK_S: Final = 0.15
_PATIENCE_S: Final = 60.0
"""How long the run itself goes on looking before it gives up on convergence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to run. `patience_s` bounds the wait for convergence.

    `tellings` are the false statements of the run, None for all. Without a word on `echoes` odd
    seeds have a provider whose statement repeats our references.
    """

    profile: Profile
    seconds: float
    seed: int
    tills: int = TILLS
    think_s: float = THINK_S
    mutant: str | None = None
    patience_s: float = _PATIENCE_S
    tellings: Sequence[str] | None = None
    echoes: bool | None = None
    logs: Path | None = None
    """Where the processes' logs are left."""

    @property
    def has_references(self) -> bool:
        """Whether the statement repeats our references."""
        return self.seed % 2 == 1 if self.echoes is None else self.echoes


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Who kills, who buys, what else the provider's account sees, and who explains that."""

    random: Random
    injector: Injector
    erp: Erp
    account: Account
    person: Person

    @classmethod
    def of(cls, system: System, options: Options, token: str) -> Roles:
        """Those of one run; `token` is the ERPs'."""
        random = Random(options.seed)
        erp = Erp(apis=[system.address(name) for name in APIS], token=token, random=random)
        account = Account(
            system=system,
            erp=erp,
            random=random,
            tellings=every_telling() if options.tellings is None else options.tellings,
            echoes=options.has_references,
        )
        injector = Injector(system, options.profile, random)
        person = Person(system=system)
        return cls(random=random, injector=injector, erp=erp, account=account, person=person)
