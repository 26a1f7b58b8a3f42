"""What plays about statements do again and again, and what they expect to stand afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cashback_core.reconciliation.incidents import Meaning
from simulation.stage import Broken, Stage
from simulation.tellings import Credit

if TYPE_CHECKING:
    from cashback_core.delivery.leases import Claim
    from cashback_core.reconciliation import FindingClass


def doubt(stage: Stage) -> Claim:
    """A cashback whose attempt was lost."""
    claim = stage.begin()
    stage.lapse(claim)
    return claim


def let_pass(stage: Stage) -> None:
    """Until whatever was begun must be told."""
    stage.now_s += 1_000


def strangers(stage: Stage, claim: Claim) -> Credit:
    """Somebody else's credit of the amount of a doubt."""
    return Credit(
        reference=None,
        document="11144477735",
        cashback_centavos=claim.cashback_centavos,
        at_s=stage.now_s,
        printed="LOJA 77",
    )


def explain_all(stage: Stage, claim: Claim, *, echoes: bool) -> None:
    """A person says of every line that it is this cashback's, until nothing is asked any more."""
    for _ in range(3):
        let_pass(stage)
        stage.settle(echoes=echoes)
        for incident in stage.standing():
            if incident.line_key is not None:
                stage.explain(incident, Meaning.OURS, claim)
    stage.settle(echoes=echoes)
    expect_nothing_standing(stage)


def expect_told(stage: Stage, cls: FindingClass, number: int) -> None:
    """So many incidents of a class stand."""
    told = [incident.cls for incident in stage.standing()]
    if told.count(cls) != number:
        raise Broken(f"{number} {cls} should stand, there are {told}")


def expect_nothing_standing(stage: Stage) -> None:
    """No incident stands."""
    if stage.standing():
        raise Broken(f"still standing: {stage.standing()[0]}")


def forget(stage: Stage) -> None:
    """A new customer's world, in the same database: nothing of this play is open any more."""
    stage.clear()
