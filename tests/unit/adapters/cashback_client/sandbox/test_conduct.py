from __future__ import annotations

from collections import Counter

import pytest

from adapters.cashback_client.sandbox.conduct import BadInstructionError, Conduct, Timing

DOCUMENT = "52998224725"


def names(conduct: Conduct, count: int, document: str = DOCUMENT) -> list[str]:
    return [conduct.choose(document).name for _ in range(count)]


def test_by_default_every_order_is_treated_well() -> None:
    assert names(Conduct(), 3) == ["good"] * 3


def test_the_same_seed_makes_the_same_choices() -> None:
    runs: list[list[str]] = []
    for seed in (1, 1, 2):
        conduct = Conduct()
        conduct.set_rates({"hang": 0.3, "busy_429": 0.3}, seed=seed)
        runs.append(names(conduct, 50))
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_rates_are_shares_and_the_rest_is_good() -> None:
    conduct = Conduct()
    conduct.set_rates({"hang": 0.2, "busy_429": 0.3}, seed=7)
    found = Counter(names(conduct, 10_000))
    assert found.keys() == {"hang", "busy_429", "good"}
    assert 1_800 < found["hang"] < 2_200
    assert 2_800 < found["busy_429"] < 3_200


def test_rates_of_one_leave_nothing_to_chance() -> None:
    conduct = Conduct()
    conduct.set_rates({"busy_429": 1.0})
    assert set(names(conduct, 1_000)) == {"busy_429"}


def test_a_document_may_be_directed_for_a_number_of_orders() -> None:
    conduct = Conduct()
    conduct.set_rates({"hang": 1.0})
    conduct.direct(DOCUMENT, "refused_422", times=2)
    conduct.direct("11144477735", "ok_200")
    assert names(conduct, 3) == ["refused_422", "refused_422", "hang"]
    assert names(conduct, 3, "11144477735") == ["ok_200"] * 3


def test_reset_forgets_everything() -> None:
    conduct = Conduct()
    conduct.instruct({"rates": {"hang": 1.0}, "delay_s": 1, "drip_s": 2})
    conduct.direct(DOCUMENT, "ok_200")
    assert conduct.timing == Timing(delay_s=1, drip_s=2)
    conduct.reset()
    assert names(conduct, 3) == ["good"] * 3
    assert conduct.timing == Timing()


def test_instructions_are_followed_wholly_or_not_at_all() -> None:
    conduct = Conduct()
    with pytest.raises(BadInstructionError, match="delay_s"):
        conduct.instruct({"rates": {"hang": 1.0}, "delay_s": -1})
    assert names(conduct, 3) == ["good"] * 3


def test_a_statement_is_told_by_name_for_all_or_for_one_customer_until_the_reset() -> None:
    conduct = Conduct()
    conduct.instruct({"statement": "other_amount"})
    assert (conduct.told.names, conduct.told.lines_of) == (("other_amount",), None)
    conduct.instruct({"statement": ["reference_cut", "gzip"], "lines_of": DOCUMENT})
    assert (conduct.told.names, conduct.told.lines_of) == (("reference_cut", "gzip"), DOCUMENT)
    assert conduct.as_json()["statement"] == ["reference_cut", "gzip"]
    conduct.instruct({"delay_s": 0})
    assert conduct.told.names
    conduct.instruct({"statement": []})
    assert conduct.told.names == ()
    conduct.instruct({"statement": "gzip"})
    conduct.reset()
    assert conduct.told.names == ()


@pytest.mark.parametrize(
    "instructions",
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
    instructions: dict[str, object],
) -> None:
    conduct = Conduct()
    conduct.tell(["paged"])
    with pytest.raises(BadInstructionError):
        conduct.instruct(instructions)
    assert conduct.told.names == ("paged",)
