"""Customers over HTTP: their addresses hold an id, never a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.http.identity.roles import OPERATORS, READERS
from adapters.http.resources.resource import (
    Answered,
    Examples,
    May,
    Orders,
    Resource,
    Says,
    SortKey,
    UuidKey,
)
from adapters.http.wire import fresh
from adapters.http.wire.cursors import Kind
from adapters.http.wire.fields import Body, DocumentField, PersonName
from adapters.http.wire.filters import DocumentFilter, Filters
from adapters.http.wire.shapes import Document, Instant, Shape, Uuid, Version
from cashback_core.administration import customers
from cashback_core.sales.sale import Customer
from cashback_core.values.documents import DocumentKind, document_kind
from cashback_core.values.ids import new_id
from cashback_core.values.instants import format_instant

if TYPE_CHECKING:
    from cashback_core.values.documents import BuyerDocument


class KnownCustomer(Shape, frozen=True, kw_only=True):
    """A customer, by an id that may stand in addresses."""

    id: Uuid
    document: Document
    document_type: DocumentKind
    name: str
    version: Version
    created_at: Instant
    updated_at: Instant


def customer_shape(known: customers.KnownCustomer) -> KnownCustomer:
    """A customer as they go out."""
    return KnownCustomer(
        id=str(known.id),
        document=str(known.customer.document),
        document_type=document_kind(known.customer.document),
        name=known.customer.name,
        version=known.version,
        created_at=format_instant(known.created_at),
        updated_at=format_instant(known.updated_at),
    )


def _new(*, document: BuyerDocument, name: str) -> customers.NewCustomer:
    return customers.NewCustomer(id=new_id(), customer=Customer(document=document, name=name))


def _name(*, name: str) -> str:
    return name


_ID: Final = SortKey[customers.KnownCustomer](Kind.UUID, lambda known: known.id)

CUSTOMERS: Final = Resource(
    path="/api/customers",
    name="Customer",
    key=UuidKey("id"),
    answer=Answered(KnownCustomer, customer_shape),
    new=Body(
        "A document keeps the name it first came with: case, accents, apostrophes, dashes, dots,"
        " initials and the cut end of a long name do not count; another person's name is refused,"
        " or noted where `name_difference` is `note`.",
        _new,
        document=DocumentField(
            about="With right check digits: a CPF, a CNPJ, or `foreign:` and another document.",
            must=True,
            hidden=True,
        ),
        name=PersonName(),
    ),
    state=Body("What of it can be changed.", _name, name=PersonName()),
    orders=Orders(default="id", key=_ID, columns={"id": _ID}),
    filters=Filters(
        customers.CustomerFilter,
        document=DocumentFilter(about="Only the one of this document, as in a list of cashbacks."),
    ),
    may=May(read=READERS, write=OPERATORS),
    says=Says(
        tag="Customers",
        one="a customer",
        many="customers",
        created="Rarely needed: a customer becomes known by their first sale.",
        deleted="Refused once they bought something: then erase them.",
        delete_problems=("in_use",),
    ),
    examples=Examples(
        new={"document": fresh.CPF, "name": "MARIA DE SOUZA"},
        state={"name": "JOSÉ DA SILVA"},
        patch={"name": "JOSÉ DA SILVA"},
    ),
)
