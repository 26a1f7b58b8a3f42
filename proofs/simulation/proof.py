"""Many seeds over several processes, and the table of mutants: what the command line runs."""

from __future__ import annotations

import gc
import re
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Final

from simulation.directed import PLAYS as DELIVERY
from simulation.directed_acceptance import PLAYS as ACCEPTANCE
from simulation.directed_closes import PLAYS as CLOSES
from simulation.directed_confirmations import PLAYS as CONFIRMATIONS
from simulation.directed_history import PLAYS as HISTORY
from simulation.directed_statements import PLAYS as STATEMENTS
from simulation.directed_tellings import PLAYS as TELLINGS
from simulation.mutant import NothingToBreakError
from simulation.mutants import MUTANTS
from simulation.stage import Stage
from simulation.world import OwnErrors, listening, simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Plays = tuple["Callable[[Stage], None]", ...]

PLAYS: Final[Plays] = (
    *DELIVERY,
    *ACCEPTANCE,
    *STATEMENTS,
    *TELLINGS,
    *CONFIRMATIONS,
    *HISTORY,
    *CLOSES,
)

UNFIT: Final = re.compile(r"\b(?:TypeError|AttributeError|NameError)\(")
"""How code fails that was not written for its surroundings: a mutant that does proves nothing."""

SEEDS_BESIDES: Final = 40
"""So many seeds are run of a mutant that a directed play has caught."""

CHUNK: Final = 25
MAX_FAILED: Final = 10
"""After so many failing seeds the rest would tell nothing new."""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What some seeds came to: `failed` maps a seed to its violations."""

    seeds: int = 0
    counts: Counter[str] = field(default_factory=Counter[str])
    failed: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    longest_rest_s: float = 0.0

    def add(self, other: Tally) -> None:
        """Take in another one's."""
        self.seeds += other.seeds
        self.counts += other.counts
        self.failed |= other.failed
        self.longest_rest_s = max(self.longest_rest_s, other.longest_rest_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a mutant fared: the directed plays and the seeds that caught it, out of so many."""

    what: str
    plays: tuple[str, ...]
    seeds: tuple[int, ...]
    tried: int
    how: str

    @property
    def caught(self) -> bool:
        """Whether anything noticed it."""
        return bool(self.plays or self.seeds)


def run_seeds(first: int, count: int) -> Tally:
    """Simulate some seeds, here and now."""
    tally = Tally()
    for seed in range(first, first + count):
        outcome = simulate(seed)
        gc.collect()
        tally.seeds += 1
        tally.counts += outcome.counts
        tally.longest_rest_s = max(tally.longest_rest_s, outcome.rested_s)
        if outcome.violations:
            tally.failed[seed] = outcome.violations
    return tally


def run_many(first: int, count: int, *, processes: int, progress: Callable[[Tally], None]) -> Tally:
    """Simulate seeds in several processes; stops early when enough of them have failed."""
    total, last = Tally(), first + count
    starts = range(first, last, CHUNK)
    with ProcessPoolExecutor(processes, initializer=_settle_in) as pool:
        done = pool.map(run_seeds, starts, (min(CHUNK, last - start) for start in starts))
        for tally in done:
            total.add(tally)
            progress(total)
            if len(total.failed) >= MAX_FAILED:
                pool.shutdown(cancel_futures=True)
                break
    return total


def try_mutants(*, seeds: int, processes: int) -> Iterator[Verdict]:
    """Plant each mutant in turn, until something catches it."""
    with ProcessPoolExecutor(processes, initializer=_settle_in) as pool:
        yield from pool.map(try_mutant, range(len(MUTANTS)), [seeds] * len(MUTANTS))


def try_mutant(index: int, seeds: int, *, enough: bool = False) -> Verdict:
    """Plant one mutant; run every directed play, then seeds until one of them catches it.

    Of one that a play caught only SEEDS_BESIDES are run, to tell whether a world notices it, too;
    with `enough` none. What fails without the mutant, too, has caught nothing; nor has what a
    mutant broke that does not fit the code any more.
    """
    mutant = MUTANTS[index]
    anyway = _failing_anyway(PLAYS)
    try:
        with mutant.planted():
            plays = {name: why for name, why in failed_plays(PLAYS).items() if name not in anyway}
            besides = 0 if enough else SEEDS_BESIDES
            tried, seed, how = _first_failing(min(seeds, besides) if plays else seeds)
    except NothingToBreakError as error:
        return Verdict(what=mutant.what, plays=(), seeds=(), tried=0, how=str(error))
    whys = [*plays.values(), *([] if seed is None else [how])]
    unfit = next((why for why in whys if UNFIT.search(why)), None)
    if unfit is not None:
        plays, seed, how = {}, None, f"it fits the code no more: {unfit}"
    elif seed is not None and simulate(seed).violations:
        seed, how = None, f"seed {seed} fails without it, too"
    return Verdict(
        what=mutant.what,
        plays=tuple(plays),
        seeds=() if seed is None else (seed,),
        tried=tried,
        how=how or next(iter(plays.values()), ""),
    )


def _first_failing(seeds: int) -> tuple[int, int | None, str]:
    """How many seeds were run until one failed, that one and what it says, if any did."""
    for seed in range(seeds):
        outcome = simulate(seed)
        if outcome.violations:
            return seed + 1, seed, outcome.violations[0]
    return seeds, None, ""


@cache
def _failing_anyway(plays: Plays) -> frozenset[str]:
    """What fails while nothing is planted: asked once in each process."""
    return frozenset(failed_plays(plays))


def failed_plays(plays: Plays = PLAYS) -> dict[str, str]:
    """The directed plays that fail now, with what they say."""
    failed: dict[str, str] = {}
    for play in plays:
        stage = Stage(Random(0))
        try:
            with listening(OwnErrors()):
                play(stage)
        except Exception as error:  # noqa: BLE001 (whatever breaks has noticed the mutant)
            failed[play.__name__] = repr(error)
        finally:
            stage.loop.close()
    return failed


def _settle_in() -> None:
    """Collect garbage between seeds, never inside one: what is loaded now stays for ever."""
    gc.disable()
    gc.freeze()
