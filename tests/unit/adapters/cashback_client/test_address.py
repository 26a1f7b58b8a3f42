from __future__ import annotations

import pytest

from adapters.cashback_client.address import Address, InvalidProviderUrlError


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "host_header"),
    [
        ("http://provider.example", "provider.example", 80, "", "provider.example"),
        ("https://provider.example/", "provider.example", 443, "", "provider.example"),
        ("http://provider.example:80/a/b/", "provider.example", 80, "/a/b", "provider.example"),
        ("https://provider.example:80", "provider.example", 80, "", "provider.example:80"),
        ("HTTP://Provider.Example:8080", "provider.example", 8080, "", "provider.example:8080"),
        ("http://[::1]:9/x", "::1", 9, "/x", "[::1]:9"),
        ("http://127.0.0.1", "127.0.0.1", 80, "", "127.0.0.1"),
    ],
)
def test_a_base_address_is_taken_apart(
    url: str, host: str, port: int, path: str, host_header: str
) -> None:
    address = Address.parse(url)
    assert (address.host, address.port, address.path) == (host, port, path)
    assert address.host_header == host_header


@pytest.mark.parametrize(
    "url",
    [
        "",
        "provider.example",
        "ftp://provider.example",
        "http://",
        "http:///path",
        "http://:80",
        "http://provider.example:0",
        "http://provider.example:65536",
        "http://provider.example:port",
        "http://[::1",
        "http://user:hunter2@provider.example",
        "http://@provider.example",
        "http://provider.example/?a=1",
        "http://provider.example/#top",
        "http://provider.example/a b",
        "http://provider.example/\r\nX-Evil: 1",
        "http://provider\t.example",
        "http://provédor.example",
        f"http://{'x' * 64}.example",
        "http://provider..example",
    ],
)
def test_an_address_that_cannot_be_called_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(InvalidProviderUrlError) as caught:
        Address.parse(url)
    assert "hunter2" not in str(caught.value)
    assert not url or url not in str(caught.value)
