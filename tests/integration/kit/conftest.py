"""The fixtures of the kit, as integrators have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cashback_kit.plugin import _cashback_provider_behaves_again, cashback_gateway

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["_cashback_provider_behaves_again", "cashback_gateway", "cashback_settings"]


@pytest.fixture(scope="session")
def cashback_settings() -> Mapping[str, str]:
    """A provider that hangs is waited for two seconds, not ten."""
    return {"CASHBACK_DEADLINE_S": "2", "CASHBACK_LEASE_S": "6"}
