"""What the domain asks of the world: each port is a conversation, each method one promise."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Protocol

from cashback_core.documents import Cpf
from cashback_core.evidence import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One credit asked of the provider; `reference` is the same for every attempt."""

    reference: str
    document: Cpf
    cashback_centavos: int


class Provider(Protocol):
    """The party that pays the customer. It promises no idempotency and offers no look-up."""

    @abstractmethod
    async def credit(self, payment: Payment) -> Evidence:
        """Ask once, within the client's deadline, and tell what was seen.

        Never raises for anything that the provider or the network does, and never asks twice.
        """

    @abstractmethod
    async def aclose(self) -> None:
        """Close every connection."""
