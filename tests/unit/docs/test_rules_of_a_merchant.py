"""A rule of a merchant that nobody laid down is the same wherever its default stands."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Final

import pytest

from adapters.http.administration.stores import RESOURCES
from cashback_core.administration.merchants import MerchantState, NewMerchant
from cashback_core.sales.rules import SaleRules
from cashback_gateway.commands.merchants import TillTerms
from contract.openapi_conformance import DOCUMENT

ROOT: Final = Path(__file__).parents[3]
TABLE: Final = (ROOT / "src/adapters/postgres/schema/migrations/0003_merchants.sql").read_text(
    encoding="utf-8"
)
PAGES: Final = {
    name: (ROOT / "docs" / name).read_text(encoding="utf-8")
    for name in ("operators.md", "operators.pt.md")
}


def plain(value: object) -> object:
    return value.value if isinstance(value, Enum) else value


RULES: Final[dict[str, Any]] = {**{each.name: plain(each.default) for each in fields(TillTerms)}}
"""As the command line has them."""


def of_rules(name: str) -> object:
    """The default of the core, which a library's user gets, by the name that merchants know."""
    rules = SaleRules()
    if name.endswith("_buyers"):
        return plain(getattr(rules.buyers, name.removesuffix("_buyers")))
    if name == "confirm_within_h":
        return rules.confirm_within // timedelta(hours=1)
    if name == "max_ahead_s":
        return rules.max_ahead // timedelta(seconds=1)
    return plain(getattr(rules, name))


def of_column(name: str) -> object:
    found = re.search(rf"^    {name} \w+ not null default ('?)(\w+)\1", TABLE, re.MULTILINE)
    assert found is not None, name
    return read(found[2])


def of_page(page: str, name: str) -> object:
    """The last cell of the row that begins with the rule, or with several."""
    found = re.search(rf"^\|[^|]*`{name}`[^|]*\|.*\| `?(\w+)`? \|$", PAGES[page], re.MULTILINE)
    assert found is not None, (page, name)
    return read(found[1])


def read(text: str) -> object:
    return {"true": True, "false": False}.get(text, int(text) if text.isdigit() else text)


@pytest.mark.parametrize("name", RULES)
def test_the_default_of_a_rule_is_one(name: str) -> None:
    of_merchant = {each.name: plain(each.default) for each in fields(MerchantState)}
    of_merchant["numbers"] = plain(NewMerchant.__dataclass_fields__["numbers"].default)
    sent = DOCUMENT["components"]["schemas"]["MerchantInput"]["properties"][name]
    everywhere = {
        "SaleRules": of_rules(name),
        "MerchantState": of_merchant[name],
        "the table": of_column(name),
        "HTTP": sent["default"],
        **{page: of_page(page, name) for page in PAGES},
    }
    assert everywhere == dict.fromkeys(everywhere, RULES[name])


def test_every_rule_is_compared() -> None:
    """What a merchant's state has and no sale is taken by has its default elsewhere."""
    (merchants,) = (one for one in RESOURCES if one.name == "Merchant")
    others = {"name", "zone", "rounding", "max_sale_age_days", "equal_content", "name_difference"}
    ceilings = {"max_cashback_centavos", "max_day_centavos"}
    assert set(merchants.new.fields) - {"slug", "disabled"} - others - ceilings == set(RULES)
