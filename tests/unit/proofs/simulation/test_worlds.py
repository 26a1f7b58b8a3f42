"""A short run of the simulation: `make simulate` runs thousands of worlds more."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, cast

import pytest

import cashback_core.testing.memory_store
from cashback_core.delivery.states import Actor, Status
from simulation import proof
from simulation.desk import Desk
from simulation.invariants import violations
from simulation.mix import BEHAVIOURS, draw
from simulation.mutant import Mutant, NothingToBreakError
from simulation.mutants import MUTANTS
from simulation.papers import Paper
from simulation.proof import PLAYS, failed_plays, run_seeds, try_mutant
from simulation.stage import CREATED, Broken, Stage
from simulation.tellings import Telling
from simulation.untold import misplaced, untold
from simulation.world import Outcome, simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[4]
SEEDS = 100


@pytest.fixture(scope="module", autouse=True)
def _settled() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    """Garbage is looked for after each world: among what the worlds made, not among all tests."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.timeout(600)  # seconds of computing alone, and other tests compute meanwhile
def test_no_invariant_breaks_in_any_world() -> None:
    tally = run_seeds(0, SEEDS)
    assert tally.failed == {}
    assert tally.seeds == SEEDS
    for kind in (
        "kill",
        "freeze",
        "stop",
        "applied",
        "held",
        "rejected",
        "incidents",
        "told",
        "explained",
        "confirmed",
        "void",
        "recorded",
        "closes",
        "late",
        "closer: kill",
        "closer: freeze",
        "closer: waited rounds",
    ):
        assert tally.counts[kind] > 0, f"no world had any {kind}: nothing is proved about it"
    assert tally.counts["kill"] > 4 * SEEDS


def test_the_same_seed_is_the_same_world() -> None:
    first, second, other = simulate(7), simulate(7), simulate(8)
    assert first.digest == second.digest
    assert first.counts == second.counts
    assert first.digest != other.digest


def test_a_seed_is_the_same_world_in_another_process() -> None:
    lines = {_line_of_seed_7(hash_seed) for hash_seed in ("1", "2")}
    assert lines == {f"seed 7, digest {simulate(7).digest}"}


def _line_of_seed_7(hash_seed: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "simulation", "--seed", "7"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "src:tests:proofs", "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.splitlines()[-1]


def test_every_behaviour_of_the_provider_is_drawn_sooner_or_later() -> None:
    drawn = {b for seed in range(200) for b in draw(Random(seed)).behaviours}
    assert drawn == set(BEHAVIOURS)


def test_every_way_of_a_statement_is_drawn_sooner_or_later() -> None:
    drawn = [draw(Random(seed)) for seed in range(200)]
    assert {one for mix in drawn for one in mix.tellings} == set(Telling)
    assert {one for mix in drawn for one in mix.papers} == set(Paper)
    for odd in ("hidden", "foreign", "again", "reversals", "hanging", "dates_only", "watermark"):
        assert any(getattr(mix, odd) for mix in drawn), f"no world has any {odd}"


@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.__name__)
def test_a_rare_order_of_events_is_played_on_purpose(
    play: Callable[[Stage], None], stage: Stage
) -> None:
    play(stage)


@pytest.mark.parametrize("index", range(len(MUTANTS)), ids=[m.what for m in MUTANTS])
def test_a_broken_decision_is_caught(index: int) -> None:
    verdict = try_mutant(index, 800, enough=True)
    assert verdict.caught, f"{verdict.what}: survived {verdict.tried} seeds and every play"


def test_a_mutant_leaves_the_code_as_it_was() -> None:
    owners: list[tuple[Any, str, Any]] = [(m.owner, m.name, vars(m.owner)[m.name]) for m in MUTANTS]
    for mutant in MUTANTS:
        with mutant.planted():
            assert vars(mutant.owner)[mutant.name] is mutant.value
    for owner, name, kept in owners:
        assert vars(owner)[name] is kept
    assert failed_plays() == {}


def test_a_mutant_of_what_is_not_there_is_told_and_changes_nothing() -> None:
    owner = MUTANTS[0].owner
    before = dict(_of(owner))
    gone = Mutant(what="gone", owner=owner, name="there_is_none", value=None)
    with pytest.raises(NothingToBreakError, match=r"gone: .* has no there_is_none"), gone.planted():
        raise AssertionError("planted")
    assert _of(owner) == before


def test_a_mutant_is_taken_out_when_what_it_broke_breaks() -> None:
    mutant = MUTANTS[0]
    kept = _of(mutant.owner)[mutant.name]
    with pytest.raises(KeyError), mutant.planted():
        raise KeyError(mutant.what)
    assert _of(mutant.owner)[mutant.name] is kept


def _of(owner: Any) -> dict[str, object]:
    return cast("dict[str, object]", vars(owner))


def _not_what_is_asked_for() -> None:
    """Takes nothing."""


@pytest.mark.parametrize(
    ("name", "value", "how"),
    [
        ("there_is_none", None, "has no there_is_none of its own"),
        ("which_sale", _not_what_is_asked_for, "it fits the code no more: TypeError"),
        ("MAX_OWN_ERRORS", 3, ""),
    ],
)
def test_a_mutant_that_breaks_no_decision_has_survived(
    name: str, value: object, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = cashback_core.testing.memory_store if name == "which_sale" else MUTANTS[0].owner
    mutant = Mutant(what="none", owner=owner, name=name, value=value)
    monkeypatch.setattr(proof, "MUTANTS", (mutant,))
    verdict = try_mutant(0, 2, enough=True)
    assert not verdict.caught
    assert how in verdict.how


def _always_wrong(seed: int) -> Outcome:
    return Outcome(seed=seed, violations=["always"])


def test_what_fails_without_a_mutant_has_not_caught_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Stage) -> None:
        raise Broken("always")

    monkeypatch.setattr(proof, "PLAYS", (broken,))
    monkeypatch.setattr(proof, "simulate", _always_wrong)
    verdict = try_mutant(0, 5)
    assert not verdict.caught
    assert verdict.how == "seed 0 fails without it, too"


def test_a_harmless_change_is_not_taken_for_a_mutant() -> None:
    owner = MUTANTS[0].owner
    same = Mutant(what="the same", owner=owner, name="conclude", value=owner.conclude)
    with same.planted():
        assert failed_plays() == {}
        assert run_seeds(0, 5).failed == {}


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage(Random(0))
    yield made
    made.loop.close()


def found(stage: Stage, *, echoes: bool, final: bool = False) -> str:
    """The numbers of the first invariant that is broken."""
    wrong = violations([], stage.database, stage.ledger, echoes_reference=echoes, final=final)
    return wrong[0].split(":")[0] if wrong else ""


@pytest.mark.parametrize("echoes", [True, False])
def test_the_checker_sees_a_payment_too_few_and_one_too_many(stage: Stage, *, echoes: bool) -> None:
    claim = stage.begin()
    assert found(stage, echoes=echoes) == ""
    assert found(stage, echoes=echoes, final=True) == "10"
    stage.end(claim, CREATED)
    assert found(stage, echoes=echoes) == "4, 9"
    stage.pay(claim)
    assert found(stage, echoes=echoes, final=True) == ""
    stage.pay(claim)
    assert found(stage, echoes=echoes) == "3"


@pytest.mark.parametrize("echoes", [True, False])
def test_the_checker_sees_money_behind_a_rejection(stage: Stage, *, echoes: bool) -> None:
    claim = stage.begin()
    stage.pay(claim)
    assert found(stage, echoes=echoes) == ""
    stage.database._move(stage.row(claim), Status.REJECTED, Actor.WORKER, "by hand")
    assert found(stage, echoes=echoes) == "5, 9"


def test_the_checker_sees_a_story_that_does_not_replay(stage: Stage) -> None:
    row = stage.row(stage.begin())
    row.events[-1] = replace(row.events[-1], from_status=Status.HELD)
    with pytest.raises(Broken, match="8: the events"):
        stage.check()
    row.events.pop()
    with pytest.raises(Broken, match=r"8: the events .* end at pending"):
        stage.check()


def test_the_checker_sees_a_lost_attempt(stage: Stage) -> None:
    stage.row(stage.begin()).attempts.clear()
    with pytest.raises(Broken, match="8: the attempts"):
        stage.check()


def test_the_checker_sees_a_line_that_nobody_was_told_of(stage: Stage) -> None:
    claim = stage.begin()
    stage.end(claim, CREATED)
    stage.pay(claim)
    desk = Desk(stage.loop, Random(0), replace(draw(Random(0)), prints_reference=True))
    for credit in stage.ledger:
        desk.enter(credit)
    assert list(untold(stage.database, desk, echoes_reference=True)) == []
    desk.enter(replace(stage.ledger[0], again=True))
    desk.enter(replace(stage.ledger[0], reference=None))
    wrong = list(untold(stage.database, desk, echoes_reference=True))
    assert [one.split(":")[0] for one in wrong] == ["14", "14"]


def test_the_checker_sees_a_line_in_no_class_and_one_in_two(stage: Stage) -> None:
    claim = stage.begin()
    stage.end(claim, CREATED)
    stage.pay(claim)
    stage.now_s += 1_000
    run = stage.settle()
    lines = [finding.line for finding in run.findings if finding.line is not None]
    book = [finding.entry for finding in run.findings if finding.entry is not None]
    assert list(misplaced(run, lines, book)) == []
    for wrong in (
        misplaced(replace(run, findings=[*run.findings, *run.findings]), lines, book),
        misplaced(run, [*lines, replace(lines[0], number=2)], book),
        misplaced(run, lines, []),
    ):
        assert [one.split(":")[0] for one in wrong][:1] == ["13"]
