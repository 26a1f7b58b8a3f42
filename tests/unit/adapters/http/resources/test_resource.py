"""What every administered resource has from its declaration, and what that must hold."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
import pytest

from adapters.http import access
from adapters.http.access import ACCESS
from adapters.http.administration.stores import LISTINGS, RESOURCES
from adapters.http.identity.roles import ADMINS, MEMBERS
from adapters.http.openapi.operations import OPERATIONS
from adapters.http.resources.resource import (
    Answered,
    Examples,
    May,
    Orders,
    Resource,
    Says,
    SortKey,
    TextKey,
)
from adapters.http.resources.routes import MAX_TRIES, ResourceRoutes
from adapters.http.wire.cursors import Kind
from adapters.http.wire.fields import Body, Whole
from adapters.http.wire.filters import Filters
from adapters.http.wire.refusals import InvalidRequestError
from adapters.http.wire.shapes import Shape
from cashback_core.administration.merchants import SLUG
from cashback_core.administration.resources import (
    Caller,
    Conflict,
    Done,
    Missing,
    Refusal,
    Versions,
)
from cashback_core.values.violations import Violation

if TYPE_CHECKING:
    from adapters.http.identity.admission import Admission
    from adapters.http.resources.merchant_zones import MerchantZones

CALLER: Final = Caller(actor="user:adam", merchant_id=1)


@dataclass(frozen=True)
class Thing:
    version: int
    size: int


class ThingShape(Shape, frozen=True, kw_only=True):
    size: int
    version: int


@dataclass
class Store:
    """One thing; `rivals` change it as often, each just before somebody stores theirs."""

    thing: Thing | None = field(default_factory=lambda: Thing(1, 10))
    rivals: int = 0

    async def find(self, _caller: Caller, _key: str) -> Thing | None:
        return self.thing

    async def replace(
        self, _caller: Caller, _key: str, size: int, versions: Versions
    ) -> Done[Thing] | Refusal:
        if self.thing is None:
            return Missing()
        if self.rivals:
            self.rivals -= 1
            self.thing = Thing(self.thing.version + 1, self.thing.size + 100)
        if versions is not None and self.thing.version not in versions:
            return Conflict()
        self.thing = Thing(self.thing.version + 1, size)
        return Done(self.thing)

    async def patched(self, change: object, versions: Versions) -> Done[Thing] | Refusal:
        routes = ResourceRoutes(
            resource=THINGS,
            store=cast("Any", self),
            admit=cast("Admission", None),
            zones=cast("MerchantZones", None),
        )
        return await routes.merged(CALLER, "thing", change, versions)


def _size(*, size: int) -> int:
    return size


def _shrinks(thing: Thing, size: int) -> Violation | None:
    return Violation(pointer="/size", code="no_such_choice") if size < thing.size - 50 else None


_SIZE: Final = SortKey[Thing](Kind.INTEGER, lambda thing: thing.size)
_BODY: Final = Body(
    "A thing.", _size, size=Whole(about="How large.", lowest=0, highest=999, must=True)
)
THINGS: Final = Resource(
    path="/api/things",
    name="Thing",
    key=TextKey("name", SLUG, "Its name."),
    answer=Answered(ThingShape, lambda thing: ThingShape(size=thing.size, version=thing.version)),
    new=_BODY,
    state=_BODY,
    orders=Orders(default="size", key=_SIZE, columns={"size": _SIZE}),
    filters=Filters(dict[str, Any]),
    may=May(read=MEMBERS, write=ADMINS),
    says=Says(tag="Things", one="a thing", many="things", created="", deleted=""),
    examples=Examples(new={"size": 1}, state={"size": 1}, patch={"size": 2}),
    refuses=_shrinks,
)


async def test_the_named_version_is_patched() -> None:
    assert await Store().patched({"size": 3}, frozenset({1})) == Done(Thing(2, 3))


async def test_another_version_is_left_alone() -> None:
    store = Store()
    assert await store.patched({"size": 3}, frozenset({2})) == Conflict()
    assert store.thing == Thing(1, 10)


async def test_who_comes_second_loses() -> None:
    store = Store(rivals=1)
    assert await store.patched({"size": 3}, frozenset({1})) == Conflict()
    assert store.thing == Thing(2, 110)


async def test_a_patch_of_any_version_is_merged_anew_into_what_a_rival_left() -> None:
    assert await Store(rivals=2).patched({}, None) == Done(Thing(4, 210))


async def test_it_gives_up_at_last() -> None:
    assert await Store(rivals=MAX_TRIES).patched({}, None) == Conflict()


async def test_what_is_not_there_is_not_patched() -> None:
    assert await Store(thing=None).patched({}, None) == Missing()


async def test_a_patch_is_held_against_the_thing_as_it_is() -> None:
    store = Store(thing=Thing(1, 100))
    with pytest.raises(InvalidRequestError):
        await store.patched({"size": 3}, None)
    assert store.thing == Thing(1, 100)


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)
def test_what_can_be_changed_is_told_too(resource: Resource[Any, Any, Any, Any, Any]) -> None:
    """A patch is merged into what is answered."""
    told = {told.encode_name for told in msgspec.structs.fields(resource.answer.shape)}
    assert set(resource.state.fields) <= told
    assert set(resource.state.fields) <= set(resource.new.fields) | {"disabled"}


def test_no_declaration_says_again_what_another_says_of_a_route() -> None:
    declared = [at for one in (*RESOURCES, *LISTINGS) for at in one.access()]
    assert len(declared) == len(set(declared))
    table = inspect.getsource(access)
    assert not [at for at in declared if str(at).replace("'", '"') in table]


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: resource.name)
def test_every_resource_has_its_six_operations(
    resource: Resource[Any, Any, Any, Any, Any],
) -> None:
    assert {OPERATIONS[at].id for at in resource.access()} == {
        f"list{resource.name}s",
        *(f"{act}{resource.name}" for act in ("create", "read", "replace", "patch", "delete")),
    }
    assert resource.access().items() <= ACCESS.items()
