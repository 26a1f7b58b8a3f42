"""The port to the provider: one credit, asked once."""

# ruff: noqa: TC001 - users' tools read these annotations at run time
from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Protocol

from cashback_core.delivery.evidence import Evidence
from cashback_core.values.documents import BuyerDocument


class UnsendablePayment(ValueError):  # noqa: N818 (named by what is wrong)
    """A payment that no request can be made of: nothing was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditRequest:
    """One credit asked of the provider; `reference` is the same for every attempt."""

    reference: str
    document: BuyerDocument
    cashback_centavos: int


class Provider(Protocol):
    """The party that pays the customer. It promises no idempotency and offers no look-up."""

    @abstractmethod
    async def credit(self, payment: CreditRequest) -> Evidence:
        """Ask once, within the client's deadline, and tell what was seen.

        Never raises for anything that the provider or the network does, and never asks twice.
        Raises UnsendablePayment, before anything is sent.
        """

    @abstractmethod
    async def aclose(self) -> None:
        """Close every connection."""
