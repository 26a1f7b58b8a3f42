"""Where a request comes from: nobody chooses it but our own proxies."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.http.identity.client_address import client_address


def address(*forwarded: str, hops: int, peer: str | None = "10.0.0.9") -> str:
    scope: Any = {
        "client": None if peer is None else (peer, 1234),
        "headers": [(b"x-forwarded-for", value.encode("latin-1")) for value in forwarded],
    }
    return client_address(scope, trusted_hops=hops)


@pytest.mark.parametrize(
    ("forwarded", "hops", "expected"),
    [
        ([], 0, "10.0.0.9"),
        (["192.0.2.1"], 0, "10.0.0.9"),
        (["192.0.2.1"], 1, "192.0.2.1"),
        (["6.6.6.6, 192.0.2.1"], 1, "192.0.2.1"),
        (["6.6.6.6", "192.0.2.1"], 1, "192.0.2.1"),
        (["6.6.6.6, 192.0.2.1, 10.1.1.1"], 2, "192.0.2.1"),
        (["192.0.2.1"], 2, "192.0.2.1"),
        ([], 1, "10.0.0.9"),
        (["unknown"], 1, "10.0.0.9"),
        (["nonsense, 10.1.1.1"], 2, "10.1.1.1"),
        ([""], 1, "10.0.0.9"),
        (["\xe9"], 1, "10.0.0.9"),
    ],
)
def test_only_what_our_own_proxies_appended_is_believed(
    forwarded: list[str], hops: int, expected: str
) -> None:
    assert address(*forwarded, hops=hops) == expected


@pytest.mark.parametrize(
    ("peer", "expected"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        (None, ""),
    ],
)
def test_a_site_of_ipv6_is_one_address(peer: str | None, expected: str) -> None:
    assert address(hops=0, peer=peer) == expected
