"""The double behaves as the running gateway does: integration/kit holds that one to the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract.http.following import FollowingContract
from contract.http.managing import ManagingContract
from contract.http.misbehaving import MisbehavingContract
from contract.http.selling import SellingContract

if TYPE_CHECKING:
    from cashback_kit.double import Double


@pytest.fixture
def system(cashback_double: Double) -> Double:
    return cashback_double


class TestSelling(SellingContract):
    pass


class TestMisbehaving(MisbehavingContract):
    pass


class TestManaging(ManagingContract):
    pass


class TestFollowing(FollowingContract):
    pass
