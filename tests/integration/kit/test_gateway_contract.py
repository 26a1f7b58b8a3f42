"""The running gateway of the kit, held to what its double is held to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract.http.following import FollowingContract
from contract.http.managing import ManagingContract
from contract.http.misbehaving import MisbehavingContract
from contract.http.selling import SellingContract

if TYPE_CHECKING:
    from cashback_kit.gateway import RunningGateway


@pytest.fixture
def system(cashback_gateway: RunningGateway) -> RunningGateway:
    return cashback_gateway


class TestSelling(SellingContract):
    pass


class TestMisbehaving(MisbehavingContract):
    pass


class TestManaging(ManagingContract):
    pass


class TestFollowing(FollowingContract):
    pass
