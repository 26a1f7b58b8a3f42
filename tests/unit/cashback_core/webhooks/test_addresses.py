from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashback_core.webhooks.addresses import (
    ANY_PRIVATE,
    LOOPBACK,
    AddressPolicy,
    UrlRefused,
    WebhookDestination,
    is_public,
)

PUBLIC = ("8.8.8.8", "1.1.1.1", "200.160.2.3", "2001:4860:4860::8888", "2804:14c::1")
NOT_PUBLIC = (
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.9.9.9", "169.254.169.254",
    "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.1.1", "198.18.0.1",
    "198.51.100.7", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
    "64:ff9b::10.0.0.1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:a00:1::",
    "2002:0808:0808::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "3fff::1",
    "5f00::1", "168.63.129.16", "::ffff:168.63.129.16", "64:ff9b::168.63.129.16",
    "localhost", "", "2130706433", "0x7f.1", "127.1", "fe80::1%lo",
)  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed(address: str) -> None:
    assert AddressPolicy().allows(address)
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_all_others_are_not(address: str) -> None:
    assert not AddressPolicy().allows(address)


@given(st.ip_addresses(v=4))
def test_what_stands_for_an_ipv4_address_is_judged_as_that(address: IPv4Address) -> None:
    judged = is_public(address)
    assert is_public(IPv6Address(f"::ffff:{address}")) == judged
    assert is_public(IPv6Address(f"64:ff9b::{address}")) == judged
    # 6to4 leads to whoever runs a relay.
    packed = int(address)
    assert not is_public(IPv6Address(0x2002 << 112 | packed << 80 | 1))


@given(st.ip_addresses())
def test_nothing_is_public_that_the_standard_library_calls_otherwise(
    address: IPv4Address | IPv6Address,
) -> None:
    if is_public(address):
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        meant = mapped or address
        assert not (meant.is_private)
        assert not (meant.is_loopback)
        assert not (meant.is_link_local)
        assert not (meant.is_multicast)


def test_a_setting_allows_a_network_and_no_other() -> None:
    here = AddressPolicy(allowed=LOOPBACK)
    assert here.allows("127.0.0.1")
    assert here.allows("::1")
    assert here.allows("::ffff:127.0.0.1")
    assert not here.allows("10.0.0.1")


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254", "fe80::1", "fd00:ec2::254", "100.100.100.200", "168.63.129.16",
        "::ffff:100.100.100.200", "0.0.0.0", "224.0.0.1", "::",
    ],
)  # fmt: skip
def test_true_allows_private_networks_and_no_place_of_credentials(address: str) -> None:
    anywhere = AddressPolicy(allowed=ANY_PRIVATE)
    assert anywhere.allows("192.168.0.1")
    assert anywhere.allows("fd12::1")
    assert not anywhere.allows(address)


def test_a_place_of_credentials_is_allowed_to_who_names_it() -> None:
    named = AddressPolicy(allowed=(*ANY_PRIVATE, ipaddress.ip_network("100.100.100.200")))
    assert named.allows("100.100.100.200")
    assert not named.allows("168.63.129.16")


@pytest.mark.parametrize(
    "host",
    [
        "2852039166", "0xa9fea9fe", "0XA9FEA9FE", "169.254.169.254.", "169.254.43518",
        "0251.0376.1", "169.254.169.0xfe", "example.1", "example.com.", "[v1.x]", "[::1.]",
        "-", "a.-", "-a.com", "a-.com", "a!b", "a*", "0177.0.0.1", "x" * 64, "a." * 130 + "a",
    ],
)  # fmt: skip
def test_what_is_neither_a_name_nor_an_address_as_it_is_written_is_no_host(host: str) -> None:
    with pytest.raises(UrlRefused, match="bad_webhook_url"):
        WebhookDestination.parse(f"https://{host}/")


@pytest.mark.parametrize(
    "host", ["erp", "erp-1", "my_erp.internal", "1a.example", "xn--nxasmq6b.com", "8.8.8.8", "7.x1"]
)
def test_names_are_hosts(host: str) -> None:
    assert WebhookDestination.parse(f"https://{host}/").host == host


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/", "https://", "https:///path", "https://user@example.com/",
        "https://user:word@example.com/", "https://example.com/#fragment", "https://exa mple.com/",
        "https://example.com:0/", "https://example.com:65536/", "https://example.com:x/",
        "https://[::1", "https://[fe80::1%25lo]/", "https://example.com\\@10.0.0.1/",
        "https://example.com/\n", "https://exämple.com/", "HTTPS://example.com/",
        "https://example.com/" + "x" * 2000, "https://a..b/", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(UrlRefused, match="bad_webhook_url"):
        WebhookDestination.parse(url)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"https://example.com/{text}"):
        try:
            destination = WebhookDestination.parse(url)
        except UrlRefused:
            continue
        assert destination.scheme in {"http", "https"}
        assert destination.host
        assert 1 <= destination.port <= 65_535


def test_an_address_that_is_written_as_one_is_judged_at_once() -> None:
    policy = AddressPolicy()
    assert policy.check("https://example.com:8443/a?b=c") == WebhookDestination(
        scheme="https", host="example.com", port=8443, target="/a?b=c"
    )
    for url in ("https://10.0.0.1/", "https://[::1]/", "https://[::ffff:7f00:1]/"):
        with pytest.raises(UrlRefused, match="webhook_to_private_network"):
            policy.check(url)
    with pytest.raises(UrlRefused, match="webhook_needs_https"):
        policy.check("http://example.com/")
    assert AddressPolicy(plain_http=True).check("http://example.com/").port == 80
