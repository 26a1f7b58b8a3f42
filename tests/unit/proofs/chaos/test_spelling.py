"""What the chaos run's ERPs say in other words is one sale by the ERP guide, and a valid one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from random import Random
from zoneinfo import ZoneInfo

import pytest

from adapters.http.wire.headers import read_idempotency_key
from cashback_core.sales.content import same_content
from cashback_core.sales.rules import SaleRules
from cashback_core.sales.validation import parse_sale
from cashback_core.values.names import same_person
from chaos.sales import make_sale
from chaos.spelling import ZONES, keys_of
from contract.builders import buyer_of


@pytest.mark.parametrize("seed", range(40))
def test_every_spelling_is_the_same_sale_in_every_zone(seed: int) -> None:
    random = Random(seed)
    sale = make_sale(seed + 1, random, document="52998224725")
    said = [sale.say(random) for _ in range(8)]
    read = [
        parse_sale(
            json.loads(one.body),
            rules=SaleRules(zone=ZoneInfo(random.choice(ZONES))),
            now=datetime.now(UTC),
        )
        for one in said
    ]
    assert {one.body for one in said} <= sale.bodies
    assert all(same_content(recorded=read[0], received=other) for other in read)
    assert all(same_person(buyer_of(read[0]).name, buyer_of(other).name) for other in read)
    assert read[0].total_centavos == sale.total_centavos


def test_a_key_is_told_in_three_spellings_and_a_fresh_one_is_another() -> None:
    told = keys_of("key-7", 7, Random(1))
    read = [read_idempotency_key({b"idempotency-key": (key or "").encode()}) for key in told]
    assert read[:3] == ["key-7"] * 3
    assert read[3] == told[3]
    assert keys_of(None, 7, Random(1))[0] is None
