"""What is told of a cashback that waits: over HTTP, one by one and in lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contract.builders import seen

if TYPE_CHECKING:
    from fakes.api import Answered, Api


async def told(api: Api, sent: Answered) -> Any:
    """What it waits for, the same in every place where it is read."""
    id_ = sent.json()["id"]
    one = (await api.get(f"/api/cashbacks/{id_}")).json()["waiting"]
    (listed,) = [
        item for item in (await api.get("/api/cashbacks")).json()["items"] if item["id"] == id_
    ]
    assert listed["waiting"] == one
    opened = (await api.get("/api/cashbacks/open?status=pending", username="olga")).json()["items"]
    assert [item["waiting"] for item in opened if item["id"] == id_] == ([one] if one else [])
    return one


async def test_a_pending_one_says_for_what_it_waits(api: Api) -> None:
    sent = await api.submit(Prefer="respond-async")
    assert "waiting" not in sent.json()
    due = await told(api, sent)
    assert (due["why"], due["next_try_at"]) == ("due", None)
    api.store.sender_paused = True
    assert (await told(api, sent))["why"] == "paused"


async def test_refused_credentials_are_told_with_the_next_try(api: Api) -> None:
    api.provider.script.append(seen(401))
    waiting = await told(api, await api.submit())
    assert waiting["why"] == "credentials_refused"
    assert waiting["since"] < waiting["next_try_at"]


async def test_what_is_paid_waits_for_nothing(api: Api) -> None:
    assert await told(api, await api.submit()) is None
