"""The provider as the domain sees it: one credit asked for, one piece of evidence back."""

from __future__ import annotations

import re
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING, Final

from adapters.cashback_client.address import Address
from adapters.cashback_client.transport import EvidenceTransport
from cashback_core.delivery.provider import CreditRequest, Provider, UnsendablePayment
from cashback_core.traces import TRACE
from cashback_core.values.money import format_centavos

if TYPE_CHECKING:
    from adapters.cashback_client.pool import Limits
    from adapters.cashback_client.way import Way
    from cashback_core.delivery.evidence import Evidence

CREDIT_PATH: Final = "/api/mock/Cashback"

_QUOTED: Final = encode_basestring_ascii
"""A text as JSON has it, in ASCII."""

_AUTHORIZATION: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
_REFERENCE: Final = re.compile(r"[\x21-\x7e]{1,255}")


class ProviderClient(Provider):
    """POSTs a payment to `<base_url>/api/mock/Cashback`, once, within `limits.deadline_s`."""

    def __init__(
        self,
        base_url: str,
        *,
        authorization: str | None = None,
        limits: Limits | None = None,
        way: Way | None = None,
    ) -> None:
        """Raise ValueError for a URL or an authorization that cannot be sent; neither is shown."""
        address = Address.parse(base_url)
        if authorization is not None and not _AUTHORIZATION.fullmatch(authorization):
            raise ValueError("the authorization is not a header value")
        self._transport = EvidenceTransport(base_url, limits=limits, way=way)
        self._head = _fixed_head(address, authorization)

    async def credit(self, payment: CreditRequest) -> Evidence:
        """Ask the provider to pay; raises UnsendablePayment for a reference unfit for a header."""
        return await self._transport.call(self._head + _variable_part(payment))

    @property
    def connections(self) -> tuple[int, int]:
        """How many connections serve a call, and how many are idle."""
        return self._transport.connections

    async def aclose(self) -> None:
        """Close every connection; calls under way end with the evidence they have."""
        await self._transport.aclose()


def _fixed_head(address: Address, authorization: str | None) -> bytes:
    """What is the same in every request: the target and its unchanging headers."""
    lines = [
        f"POST {address.path}{CREDIT_PATH} HTTP/1.1",
        f"Host: {address.host_header}",
        "User-Agent: cashback-gateway",
        "Accept: application/json",
        "Accept-Encoding: identity",
        "Content-Type: application/json",
    ]
    if authorization is not None:
        lines.append(f"Authorization: {authorization}")
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _variable_part(payment: CreditRequest) -> bytes:
    reference = payment.reference
    if not _REFERENCE.fullmatch(reference):
        raise UnsendablePayment("a reference is 1 to 255 visible ASCII characters")
    # Exactly these two fields: the provider may refuse a third.
    amount = format_centavos(payment.cashback_centavos)
    body = f'{{"document":{_QUOTED(payment.document)},"cashback":"{amount}"}}'
    trace = TRACE.get()
    traceparent = "" if trace is None else f"traceparent: {trace.traceparent()}\r\n"
    return (
        f"Idempotency-Key: {reference}\r\n"
        f"X-Reference: {reference}\r\n"
        f"{traceparent}"
        f"Content-Length: {len(body)}\r\n\r\n"
        f"{body}"
    ).encode("ascii")
