"""The routes of customers: their addresses hold an id, never a document."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from litestar import HttpMethod, Request, post, route
from litestar.types import ASGIApp  # noqa: TC002 (Litestar reads the annotations)

from adapters.http.catalogue import shapes
from adapters.http.resources.answering import (
    answer_created,
    read_document,
)
from adapters.http.resources.one_resource import OneResource
from adapters.http.wire.answers import Answer, encode
from adapters.http.wire.cursors import Kind
from adapters.http.wire.ids import path_uuid
from adapters.http.wire.objects import ObjectReader
from adapters.http.wire.queries import Ordering, QueryReader
from cashback_core.administration.customers import CustomerFilter, NewCustomer
from cashback_core.sales.sale import Customer
from cashback_core.values.documents import Cpf, InvalidDocument
from cashback_core.values.ids import new_id
from cashback_core.values.instants import format_instant
from cashback_core.values.names import name_fault

if TYPE_CHECKING:
    from uuid import UUID

    from litestar.handlers import HTTPRouteHandler

    from adapters.http.identity.admission import Admission
    from cashback_core.administration.customers import CustomerStore, KnownCustomer

PATH: Final = "/api/customers"
ORDERING: Final = Ordering(
    resource="customers", columns={"id": Kind.UUID}, key=Kind.UUID, default="id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRoutes:
    """For the caller's own merchant; who was erased is not found."""

    admit: Admission
    store: CustomerStore

    def handlers(self) -> list[HTTPRouteHandler]:
        """The routes, each under its address."""
        read = [HttpMethod.GET, HttpMethod.HEAD]
        one = f"{PATH}/{{id:str}}"
        known: OneResource[UUID, KnownCustomer, str] = OneResource(
            admit=self.admit,
            key=path_uuid,
            find=self.store.find,
            replace_by=self.store.replace,
            delete_by=self.store.delete,
            document=lambda found: {"name": found.customer.name},
            check=_check_name,
            shape=customer_shape,
        )
        return [
            post(PATH, name="create_customer")(self.create),
            route(PATH, http_method=read, name="list_customers")(self.page),
            *known.handlers(one, "customer"),
        ]

    async def create(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """Make a customer known before their first sale."""
        fields, principal = await self.admit(request)
        body = ObjectReader(await read_document(request, fields), {"document": True, "name": True})
        document = _read_document(body)
        name = _read_name(body)
        body.refuse_faults()
        new = NewCustomer(id=new_id(), customer=Customer(document=document, name=name))
        outcome = await self.store.create(principal.caller, new)
        return answer_created(outcome, customer_shape, location=lambda made: f"{PATH}/{made.id}")

    async def page(self, request: Request[Any, Any, Any]) -> ASGIApp:
        """List customers, or find the one of a document."""
        _, principal = await self.admit(request)
        query = QueryReader(request.scope["query_string"], ORDERING, "document")
        document = query.document("document")
        page = await self.store.page(
            principal.caller, query.slice(), CustomerFilter(document=document)
        )
        last = page.items[-1].id if page.more else None
        shape = shapes.KnownCustomerPage(
            items=[customer_shape(item) for item in page.items],
            next_cursor=None if last is None else query.cursor_after(last, last),
        )
        return Answer(200, encode(shape))


def customer_shape(known: KnownCustomer) -> shapes.KnownCustomer:
    """A customer as they go out."""
    return shapes.KnownCustomer(
        id=str(known.id),
        document=str(known.customer.document),
        name=known.customer.name,
        version=known.version,
        created_at=format_instant(known.created_at),
        updated_at=format_instant(known.updated_at),
    )


def _check_name(document: object) -> str:
    body = ObjectReader(document, {"name": True})
    name = _read_name(body)
    body.refuse_faults()
    return name


def _read_name(body: ObjectReader) -> str:
    """A name that a sale could give, without the spaces around it."""
    if not body.is_text("name"):
        return body.name("name")  # says what is missing
    name = unicodedata.normalize("NFC", body.given("name")).strip(" ")
    fault = name_fault(name)
    if fault is not None:
        body.tell("name", fault.code, **fault.values)
    return name


def _read_document(body: ObjectReader) -> Cpf:
    """The document; a stand-in where a fault is noted, which repeats not even a mistyped one."""
    try:
        return Cpf.parse(body.secret("document"))
    except InvalidDocument:
        if body.is_text("document"):
            body.tell_quietly("document", "document_invalid")
        return Cpf.known("")
