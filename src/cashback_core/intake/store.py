"""What the domain asks of the store that takes sales in and pays them."""

# ruff: noqa: TC001 - users' tools read these annotations at run time
from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from cashback_core.delivery.record import Record
from cashback_core.delivery.store import DeliveryStore
from cashback_core.intake.acceptance import Acceptance, Submission
from cashback_core.intake.confirmation import ConfirmingStore
from cashback_core.sales.rules import NumberScope
from cashback_core.sales.sale import Sale
from cashback_core.sales.same_sale import EqualContent, Meaning
from cashback_core.sales.terms import TermsStore
from cashback_core.values.documents import BuyerDocument


class IntakeStore(TermsStore, ConfirmingStore, Protocol):
    """What takes a sale in, and what is looked up before. One method is one transaction.

    Every method raises StoreUnavailable when the database is away.
    """

    @abstractmethod
    async def known_name(
        self, merchant_id: int, document: BuyerDocument, *, told_by: str | None = None
    ) -> str | None:
        """The name that a merchant's customer is known by; None for somebody new.

        With `told_by` only a name that a sale of this group has told, letter for letter.
        """

    @abstractmethod
    async def accept(self, submission: Submission) -> Acceptance:
        """Record a sale, its names, its customer, its cashback and, if asked, its first lease.

        While the sender is paused no lease is given: the cashback stays pending. So it does while
        a stop stands against the merchant or a type of the sale, and above one of the merchant's
        ceilings it is held (`brakes.intake`): both by what is committed, whatever is remembered
        here, and the record says what it waits for. What is to be confirmed later waits for that
        alone.

        A document keeps the name it first came with, which `known_names.fits` compares with the
        sale's, whole where `Submission.whole_names` says so.

        A sale whose lines do not follow the terms in force is not recorded: TermsChanged, and
        the next `terms` and `catalogue` are fresh.

        Which sale it means, `same_sale.which_sale` decides, on names that have one owner each by
        unique keys, whoever else writes at the same moment. A refused submission leaves no name,
        and no other trace but that of a ContentTaken or a Collided, for operators.
        """

    @abstractmethod
    async def meaning(
        self,
        merchant_id: int,
        sale: Sale,
        *,
        idempotency_key: str | None,
        equal_content: EqualContent,
        numbers: NumberScope = NumberScope.MERCHANT,
        reads_only: str | None = None,
    ) -> Meaning:
        """Which sale would be meant now by a request of that key; nothing is stored.

        With `reads_only` by somebody who reads that group's records alone.
        """

    @abstractmethod
    async def same_request(
        self,
        merchant_id: int,
        raw_body: bytes,
        *,
        idempotency_key: str | None,
        sale_id: str | None,
        reads_only: str | None = None,
    ) -> Record | None:
        """The record of this very request, byte for byte, if it has one of these names.

        `sale_id` is the number as it is called (`same_sale.number_name`). Found by it alone, the
        record goes by the key, too, from then on, as any repeat does. With `reads_only` none but
        that group's is known.
        """


class CashbackStore(IntakeStore, DeliveryStore, Protocol):
    """Where sales and cashbacks live: what a store holds that takes sales in and pays them.

    Whoever asks for less asks for one of its parts.
    """
