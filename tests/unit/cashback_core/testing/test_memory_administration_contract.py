"""The fakes of administered resources keep the contract, too."""

from __future__ import annotations

from typing import Any, cast

import pytest

from adapters.http.administration.stores import AdministrationStores
from cashback_core.administration.product_types import NewProductType
from cashback_core.sales.effective_dates import BEGINNING
from cashback_core.sales.programme import NewRate
from cashback_core.testing.memory_catalogue import (
    MemoryCustomers,
    MemoryProducts,
    MemoryProductTypes,
    MemoryStops,
)
from cashback_core.testing.memory_people import MemoryClients, MemoryMerchants, MemoryUsers
from cashback_core.testing.memory_webhooks import MemoryWebhooks
from contract.administering import ADAM, OTTO, TERMS, AdministrationContract, made


class TestMemoryAdministration(AdministrationContract):
    @pytest.fixture
    async def stores(self) -> AdministrationStores:
        merchants, types = MemoryMerchants(TERMS), MemoryProductTypes()
        for by in (ADAM, OTTO):
            for name in "ABCD":
                first = NewRate(rate_bp=500, starts_at=BEGINNING)
                await made(types, by, NewProductType(type=name, name=None, first=first))
        return AdministrationStores(
            merchants=merchants,
            trail=cast("Any", None),  # the contract asks nothing of it
            users=MemoryUsers(merchants),
            clients=MemoryClients(merchants),
            product_types=types,
            products=MemoryProducts(types),
            customers=MemoryCustomers(),
            stops=MemoryStops(merchants, types),
            webhooks=MemoryWebhooks(),
        )
