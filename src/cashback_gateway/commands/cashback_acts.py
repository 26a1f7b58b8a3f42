"""Acts on one cashback: sent again, ended unpaid, resolved on evidence, taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, assert_never

from cashback_core.operators.acts import (
    RISK,
    Act,
    ActKind,
    Granted,
    NotCreditedThere,
    NotFromHere,
    NotYours,
    RiskNotAccepted,
)
from cashback_gateway.commands.operating import operating, the_cashback
from cashback_gateway.commands.parameters import Named, Risk, Signature
from cashback_gateway.commands.place import Here
from cashback_gateway.commands.refusals import ActRefusedError

if TYPE_CHECKING:
    from uuid import UUID

    from cashback_core.operators.acts import Decision


async def resend(
    name: Named, /, *, accept_risk: Risk = False, signed: Signature, here: Here
) -> None:
    """Send one again."""
    await _act(here, name, _signed(ActKind.RESEND, signed, accept_risk), "will be sent again")


async def cancel(
    name: Named, /, *, accept_risk: Risk = False, signed: Signature, here: Here
) -> None:
    """End one unpaid."""
    await _act(here, name, _signed(ActKind.CANCEL, signed, accept_risk), "is cancelled")


async def resolve(
    name: Named, became: Literal["applied", "rejected"], /, *, signed: Signature, here: Here
) -> None:
    """Say what became of one in doubt, or of one that is credited though it is not paid."""
    await _act(here, name, _signed(BECAME[became], signed), f"is {became}")


async def take_back(
    name: Named, /, *, accept_risk: Risk = False, signed: Signature, here: Here
) -> None:
    """Call doubtful again what another operator marked."""
    await _act(here, name, _signed(ActKind.TAKE_BACK, signed, accept_risk), "is in doubt again")


BECAME: Final = {"applied": ActKind.MARK_APPLIED, "rejected": ActKind.MARK_REJECTED}


def _signed(kind: ActKind, signed: Signature, accept_risk: bool = False) -> Act:  # noqa: FBT001, FBT002
    return Act(kind=kind, by=signed.by, reason=signed.reason, accept_risk=accept_risk)


async def _act(here: Here, name: str, act: Act, done: str) -> None:
    async with operating(here) as (database, operators):
        one = await the_cashback(database, name)
        decision = await operators.act(one.merchant_id, one.id, act)
    _refuse(decision, one.id)
    print(f"{one.id} {done}")


def _refuse(decision: Decision | None, id_: UUID) -> None:
    match decision:
        case None:
            raise ActRefusedError(f"there is no cashback {id_}")
        case NotFromHere(status=status, allowed=allowed):
            names = ", ".join(allowed)
            raise ActRefusedError(f"{id_} is {status}; this goes with: {names}")
        case RiskNotAccepted():
            raise ActRefusedError(f"{RISK}; --accept-risk takes that risk in your name")
        case NotCreditedThere():
            raise ActRefusedError(
                f"no incident says that {id_} is credited: `./cashback incidents` lists what stands"
            )
        case NotYours.OWN:
            raise ActRefusedError(f"the mark of {id_} is your own: another operator takes it back")
        case NotYours.NO_MARK:
            raise ActRefusedError(f"no operator brought {id_} where it stands")
        case Granted():
            return
        case _:
            assert_never(decision)
