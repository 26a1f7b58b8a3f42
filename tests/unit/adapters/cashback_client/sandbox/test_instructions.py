from __future__ import annotations

from collections import Counter

import pytest

from adapters.cashback_client.sandbox.instructions import BadInstructionError, Instructions, Timing

DOCUMENT = "52998224725"


def names(instructions: Instructions, count: int, document: str = DOCUMENT) -> list[str]:
    return [instructions.choose(document).name for _ in range(count)]


def test_by_default_every_order_is_treated_well() -> None:
    assert names(Instructions(), 3) == ["good"] * 3


def test_the_same_seed_makes_the_same_choices() -> None:
    runs: list[list[str]] = []
    for seed in (1, 1, 2):
        instructions = Instructions()
        instructions.set_rates({"hang": 0.3, "busy_429": 0.3}, seed=seed)
        runs.append(names(instructions, 50))
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_rates_are_shares_and_the_rest_is_good() -> None:
    instructions = Instructions()
    instructions.set_rates({"hang": 0.2, "busy_429": 0.3}, seed=7)
    found = Counter(names(instructions, 10_000))
    assert found.keys() == {"hang", "busy_429", "good"}
    assert 1_800 < found["hang"] < 2_200
    assert 2_800 < found["busy_429"] < 3_200


def test_rates_of_one_leave_nothing_to_chance() -> None:
    instructions = Instructions()
    instructions.set_rates({"busy_429": 1.0})
    assert set(names(instructions, 1_000)) == {"busy_429"}


def test_a_document_may_be_directed_for_a_number_of_orders() -> None:
    instructions = Instructions()
    instructions.set_rates({"hang": 1.0})
    instructions.direct(DOCUMENT, "refused_422", times=2)
    instructions.direct("11144477735", "ok_200")
    assert names(instructions, 3) == ["refused_422", "refused_422", "hang"]
    assert names(instructions, 3, "11144477735") == ["ok_200"] * 3


def test_reset_forgets_everything() -> None:
    instructions = Instructions()
    instructions.instruct({"rates": {"hang": 1.0}, "delay_s": 1, "drip_s": 2})
    instructions.direct(DOCUMENT, "ok_200")
    assert instructions.timing == Timing(delay_s=1, drip_s=2)
    instructions.reset()
    assert names(instructions, 3) == ["good"] * 3
    assert instructions.timing == Timing()


def test_instructions_are_followed_wholly_or_not_at_all() -> None:
    instructions = Instructions()
    with pytest.raises(BadInstructionError, match="delay_s"):
        instructions.instruct({"rates": {"hang": 1.0}, "delay_s": -1})
    assert names(instructions, 3) == ["good"] * 3


def test_a_statement_is_told_by_name_for_all_or_for_one_customer_until_the_reset() -> None:
    instructions = Instructions()
    instructions.instruct({"statement": "other_amount"})
    assert (instructions.told.names, instructions.told.lines_of) == (("other_amount",), None)
    instructions.instruct({"statement": ["reference_cut", "gzip"], "lines_of": DOCUMENT})
    assert (instructions.told.names, instructions.told.lines_of) == (
        ("reference_cut", "gzip"),
        DOCUMENT,
    )
    assert instructions.as_json()["statement"] == ["reference_cut", "gzip"]
    instructions.instruct({"delay_s": 0})
    assert instructions.told.names
    instructions.instruct({"statement": []})
    assert instructions.told.names == ()
    instructions.instruct({"statement": "gzip"})
    instructions.reset()
    assert instructions.told.names == ()


@pytest.mark.parametrize(
    "body",
    [
        {"statement": "unheard_of"},
        {"statement": ["gzip", "unheard_of"]},
        {"statement": None},
        {"statement": {"gzip": 1}},
        {"statement": [1]},
        {"lines_of": DOCUMENT},
        {"statement": "gzip", "lines_of": 52998224725},
    ],
)
def test_an_unknown_way_to_tell_a_statement_changes_nothing(
    body: dict[str, object],
) -> None:
    instructions = Instructions()
    instructions.tell(["paged"])
    with pytest.raises(BadInstructionError):
        instructions.instruct(body)
    assert instructions.told.names == ("paged",)
