"""Hypothesis strategies of valid and of invalid sales, for tests of whatever uses this library.

    from hypothesis import given
    from cashback_core.testing import strategies

    @given(strategies.sale_documents())
    def test_my_client_is_understood(document): ...

    @given(strategies.invalid_documents())
    def test_my_form_shows_the_fault(invalid):
        # invalid.document has exactly one fault: invalid.code at invalid.pointer
        ...

Whether a sale is valid depends on a `Situation`: the present instant, the merchant's rules,
its programme and its catalogue. Every strategy takes one and falls back to `DEMO`.

Needs Hypothesis: `pip install "cashback-core[strategies]"`. Nothing else in `cashback_core`
imports it.
"""

from __future__ import annotations

from importlib.util import find_spec

if find_spec("hypothesis") is None:
    raise ImportError(
        "cashback_core.testing.strategies needs Hypothesis: pip install 'cashback-core[strategies]'"
    )

from cashback_core.testing.strategies.broken_chain import BrokenChain
from cashback_core.testing.strategies.chain_defects import (
    CHAIN_DEFECTS,
    broken_chain,
    broken_chains,
)
from cashback_core.testing.strategies.closed_days import (
    ChainSigner,
    ClosedChain,
    ClosedDay,
    closed_chains,
    rechained,
)
from cashback_core.testing.strategies.defects import (
    DEFECTS,
    Defect,
    InvalidSaleDocument,
    can_show,
    invalid_documents,
)
from cashback_core.testing.strategies.numbers import (
    access_keys,
    amount_spellings,
    amounts,
    cnpjs,
    cpf_spellings,
    cpfs,
    foreign_documents,
    quantities,
    quantity_spellings,
    value_spellings,
    values,
)
from cashback_core.testing.strategies.sales import (
    metadata,
    names,
    payments,
    places,
    sale_documents,
    sale_ids,
    sales,
    spellings,
)
from cashback_core.testing.strategies.situations import (
    DEMO,
    STORES,
    Situation,
    catalogues,
    programmes,
    rules,
    situations,
    skus,
)

__all__ = [
    "CHAIN_DEFECTS",
    "DEFECTS",
    "DEMO",
    "STORES",
    "BrokenChain",
    "ChainSigner",
    "ClosedChain",
    "ClosedDay",
    "Defect",
    "InvalidSaleDocument",
    "Situation",
    "access_keys",
    "amount_spellings",
    "amounts",
    "broken_chain",
    "broken_chains",
    "can_show",
    "catalogues",
    "closed_chains",
    "cnpjs",
    "cpf_spellings",
    "cpfs",
    "foreign_documents",
    "invalid_documents",
    "metadata",
    "names",
    "payments",
    "places",
    "programmes",
    "quantities",
    "quantity_spellings",
    "rechained",
    "rules",
    "sale_documents",
    "sale_ids",
    "sales",
    "situations",
    "skus",
    "spellings",
    "value_spellings",
    "values",
]
