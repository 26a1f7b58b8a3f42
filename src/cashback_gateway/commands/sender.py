"""The sender's switch: whether anything is sent, for every merchant."""

from __future__ import annotations

from adapters.postgres.connection.database import Database
from adapters.postgres.delivery.sender import PostgresSender
from cashback_gateway.commands.parameters import Json, Signature
from cashback_gateway.commands.place import Here
from cashback_gateway.commands.refusals import ActRefusedError
from cashback_gateway.commands.tables import cell, show_json


async def status(*, json: Json = False, here: Here) -> None:
    """Tell whether anything is sent."""
    with here.settings() as settings:
        state = await PostgresSender(Database(settings.database.url)).state()
    if json:
        document = {"paused_at": state.paused_at, "by": state.actor, "reason": state.reason}
        show_json({"paused": state.paused_at is not None, **document})
    elif state.paused_at is None:
        print("the sender is not paused")
    else:
        print(
            f"the sender is paused since {cell(state.paused_at)} by {state.actor}: {state.reason}"
        )


async def pause(*, signed: Signature, here: Here) -> None:
    """Send nothing until released."""
    with here.settings() as settings:
        sender = PostgresSender(Database(settings.database.url))
        if not await sender.pause(by=signed.by, reason=signed.reason):
            state = await sender.state()
            raise ActRefusedError(f"it is paused already, by {state.actor}: {state.reason}")
    print("the sender is paused: what is under way ends, nothing more is sent")


async def release(*, signed: Signature, here: Here) -> None:
    """Send again."""
    with here.settings() as settings:
        sender = PostgresSender(Database(settings.database.url))
        if not await sender.release(by=signed.by, reason=signed.reason):
            raise ActRefusedError("the sender is not paused")
    print("the sender is released: what waits is sent")
