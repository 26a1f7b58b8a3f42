from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http.resources.merging import MAX_TRIES, Patching, merge
from cashback_core.administration.resources import Conflict, Done, Missing, Refusal, Versions

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=8,
)
PLAIN = st.dictionaries(st.sampled_from("abc"), st.booleans() | st.integers() | st.text(max_size=3))

# RFC 7396, appendix A.
EXAMPLES = [
    ('{"a":"b"}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'),
    ('{"a":"b"}', '{"a":null}', "{}"),
    ('{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'),
    ('{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'),
    ('{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'),
    ('{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'),
    ('["a","b"]', '["c","d"]', '["c","d"]'),
    ('{"a":"b"}', '["c"]', '["c"]'),
    ('{"a":"foo"}', "null", "null"),
    ('{"a":"foo"}', '"bar"', '"bar"'),
    ('{"e":null}', '{"a":1}', '{"e":null,"a":1}'),
    ("[1,2]", '{"a":"b","c":null}', '{"a":"b"}'),
    ("{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'),
]


@pytest.mark.parametrize(("target", "patch", "result"), EXAMPLES)
def test_every_example_of_the_standard(target: str, patch: str, result: str) -> None:
    assert merge(json.loads(target), json.loads(patch)) == json.loads(result)


@given(VALUES, VALUES)
def test_merging_twice_is_merging_once_and_changes_neither(target: Any, patch: Any) -> None:
    kept = deepcopy((target, patch))
    once = merge(target, patch)
    assert merge(once, patch) == once
    assert (target, patch) == kept


@given(PLAIN, PLAIN)
def test_a_patch_between_two_plain_objects_leads_from_one_to_the_other(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    patch = {name: new.get(name) for name in {*old, *new}}
    assert merge(old, patch) == new


@dataclass(frozen=True)
class Thing:
    version: int
    size: int


@dataclass
class Shelf:
    """One thing; `rivals` change it as often, each just before somebody stores theirs."""

    thing: Thing | None = field(default_factory=lambda: Thing(1, 10))
    rivals: int = 0

    async def read(self) -> Thing | None:
        return self.thing

    async def replace(self, versions: Versions, size: int) -> Done[Thing] | Refusal:
        if self.thing is None:
            return Missing()
        if self.rivals:
            self.rivals -= 1
            self.thing = Thing(self.thing.version + 1, self.thing.size + 100)
        if versions is not None and self.thing.version not in versions:
            return Conflict()
        self.thing = Thing(self.thing.version + 1, size)
        return Done(self.thing)

    @property
    def patching(self) -> Patching[Thing, int]:
        return Patching(
            read=self.read,
            document=lambda thing: {"size": thing.size},
            check=lambda document: document["size"],  # type: ignore[index]
            replace=self.replace,
        )


async def test_the_named_version_is_patched() -> None:
    shelf = Shelf()
    assert await shelf.patching({"size": 3}, frozenset({1})) == Done(Thing(2, 3))


async def test_another_version_is_left_alone() -> None:
    shelf = Shelf()
    assert await shelf.patching({"size": 3}, frozenset({2})) == Conflict()
    assert shelf.thing == Thing(1, 10)


async def test_who_comes_second_loses() -> None:
    shelf = Shelf(rivals=1)
    assert await shelf.patching({"size": 3}, frozenset({1})) == Conflict()
    assert shelf.thing == Thing(2, 110)


async def test_a_patch_of_any_version_is_merged_anew_into_what_a_rival_left() -> None:
    shelf = Shelf(rivals=2)
    assert await shelf.patching({}, None) == Done(Thing(4, 210))


async def test_it_gives_up_at_last() -> None:
    assert await Shelf(rivals=MAX_TRIES).patching({}, None) == Conflict()


async def test_what_is_not_there_is_not_patched() -> None:
    assert await Shelf(thing=None).patching({}, None) == Missing()
