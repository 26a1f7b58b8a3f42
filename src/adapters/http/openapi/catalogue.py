"""The operations of product types, products and customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from adapters.http.catalogue.customer_routes import ORDERING as CUSTOMERS
from adapters.http.catalogue.product_routes import ORDERING as PRODUCTS
from adapters.http.catalogue.product_type_routes import ORDERING as TYPES
from adapters.http.openapi import fresh
from adapters.http.openapi.parts import ID, Operation, Success, parameter
from adapters.http.openapi.resources import EVERY, IF_MATCH, WRITE, Described, listed, pages

if TYPE_CHECKING:
    from adapters.http.openapi.schemas import Schema

_TEXT: Final[Schema] = {"type": "string"}
_TYPE: Final = parameter("type", "path", "The product type, exactly.", _TEXT)
_VERSION: Final = parameter(
    "version", "path", "The number of the change.", {"type": "integer", "minimum": 1}
)
_A_TYPE: Final = Described(
    tag="Product types", what="a product type", schema="ProductType", where=(_TYPE,)
)
_RATES: Final = Described(
    tag="Product types", what="a product type's rates", schema="RateList", where=(_TYPE,)
)
_A_PRODUCT: Final = Described(
    tag="Products", what="a product", schema="CatalogueProduct", where=(ID,)
)
_A_CUSTOMER: Final = Described(
    tag="Customers", what="a customer", schema="KnownCustomer", where=(ID,)
)
_CREATED: Final = ("Location", "ETag")
_NOTICE: Final = (
    "It starts at least 10 minutes from now and after every other; what has begun never changes, so"
    " a sale earns what was in force at its sold_at. Without an offset the instant is in the"
    " merchant's own time."
)


def _created(id_: str, of: Described, description: str, body: str, example: object) -> Operation:
    return Operation(
        id=id_,
        tag=of.tag,
        summary=f"Add {of.what}",
        description=description,
        body=body,
        example=example,
        successes={201: Success(schema=of.schema, description="Added.", headers=_CREATED)},
        problems=(*WRITE, "already_exists"),
    )


def _announced(id_: str, of: Described, what: str, body: str, example: object) -> Operation:
    return Operation(
        id=id_,
        tag=of.tag,
        summary=f"Announce the next {what} of {of.what}",
        description=_NOTICE,
        parameters=of.where,
        body=body,
        example=example,
        successes={201: Success(schema=of.schema, description="Announced.", headers=_CREATED)},
        problems=(*WRITE, "not_found"),
    )


def _withdrawn(id_: str, of: Described, what: str) -> Operation:
    return Operation(
        id=id_,
        tag=of.tag,
        summary=f"Take the latest {what} of {of.what} back",
        description="Until 10 minutes before its start, and the latest one only.",
        parameters=(*of.where, _VERSION, IF_MATCH),
        successes={200: Success(schema=of.schema, description="As it is now.", headers=("ETag",))},
        problems=(*EVERY, "not_found", "precondition_required", "precondition_failed", "in_use"),
    )


_TYPES: Final = "/api/product-types"
_PRODUCTS: Final = "/api/products"
_CUSTOMERS: Final = "/api/customers"
_RATE: Final = {"rate_bp": 700, "starts_at": fresh.STARTS_AT}

CATALOGUE: Final[dict[tuple[str, str], Operation]] = {
    ("post", _TYPES): _created(
        "createProductType",
        _A_TYPE,
        "With its first rate, or without: then its sales are refused until it has one. The first"
        " rate may start anywhere; without starts_at it has always been in force. Every process"
        " knows the type within 30 seconds.",
        "ProductTypeInput",
        {"type": f"E-{fresh.NAME}", "name": "Eletrônicos", "rate_bp": 300},
    ),
    ("get", _TYPES): listed(
        "listProductTypes", "Product types", "product types", "ProductTypePage", pages(TYPES)
    ),
    ("get", f"{_TYPES}/{{type}}"): _A_TYPE.read("readProductType"),
    ("put", f"{_TYPES}/{{type}}"): _A_TYPE.changed(
        "replaceProductType", body="ProductTypeState", example={"name": "Eletrônicos"}
    ),
    ("patch", f"{_TYPES}/{{type}}"): _A_TYPE.changed(
        "patchProductType", body="ProductTypePatch", example={"name": "Eletrônicos e jogos"}
    ),
    ("delete", f"{_TYPES}/{{type}}"): _A_TYPE.deleted(
        "deleteProductType",
        "With its rates; refused once a sale was recorded with it, or a product is of it.",
        problems=("in_use",),
    ),
    ("get", f"{_TYPES}/{{type}}/rates"): _RATES.read("listRates"),
    ("post", f"{_TYPES}/{{type}}/rates"): _announced(
        "addRate", _A_TYPE, "rate", "RateInput", _RATE
    ),
    ("delete", f"{_TYPES}/{{type}}/rates/{{version}}"): _withdrawn("withdrawRate", _A_TYPE, "rate"),
    ("post", _PRODUCTS): _created(
        "createProduct",
        _A_PRODUCT,
        "With its first type, which may start anywhere; without starts_at it has always been of"
        " it. Sale lines may name its sku from now on.",
        "ProductInput",
        {"sku": f"CAFE-{fresh.NAME}", "name": "Café torrado 500 g", "type": "A"},
    ),
    ("get", _PRODUCTS): listed(
        "listProducts",
        "Products",
        "products",
        "CatalogueProductPage",
        pages(
            PRODUCTS,
            parameter("sku", "query", "Only this one.", _TEXT),
            parameter("q", "query", "Whose name begins so, whatever its case and accents.", _TEXT),
        ),
    ),
    ("get", f"{_PRODUCTS}/{{id}}"): _A_PRODUCT.read("readProduct"),
    ("put", f"{_PRODUCTS}/{{id}}"): _A_PRODUCT.changed(
        "replaceProduct", body="NameState", example={"name": "Café torrado 500 g"}
    ),
    ("patch", f"{_PRODUCTS}/{{id}}"): _A_PRODUCT.changed(
        "patchProduct", body="NamePatch", example={"name": "Café torrado e moído 500 g"}
    ),
    ("delete", f"{_PRODUCTS}/{{id}}"): _A_PRODUCT.deleted(
        "deleteProduct",
        "With its types; refused once a sale line named it.",
        problems=("in_use",),
    ),
    ("post", f"{_PRODUCTS}/{{id}}/types"): _announced(
        "addType",
        _A_PRODUCT,
        "type",
        "TypeInput",
        {"type": "B", "starts_at": fresh.STARTS_AT},
    ),
    ("delete", f"{_PRODUCTS}/{{id}}/types/{{version}}"): _withdrawn(
        "withdrawType", _A_PRODUCT, "type"
    ),
    ("post", _CUSTOMERS): _created(
        "createCustomer",
        _A_CUSTOMER,
        "Rarely needed: a customer becomes known by their first sale.",
        "CustomerInput",
        {"document": fresh.CPF, "name": "MARIA DE SOUZA"},
    ),
    ("get", _CUSTOMERS): listed(
        "listCustomers",
        "Customers",
        "customers",
        "KnownCustomerPage",
        pages(CUSTOMERS, parameter("document", "query", "Only the one of this CPF.", _TEXT)),
    ),
    ("get", f"{_CUSTOMERS}/{{id}}"): _A_CUSTOMER.read("readCustomer"),
    ("put", f"{_CUSTOMERS}/{{id}}"): _A_CUSTOMER.changed(
        "replaceCustomer", body="NameState", example={"name": "JOSÉ DA SILVA"}
    ),
    ("patch", f"{_CUSTOMERS}/{{id}}"): _A_CUSTOMER.changed(
        "patchCustomer", body="NamePatch", example={"name": "JOSÉ DA SILVA"}
    ),
    ("delete", f"{_CUSTOMERS}/{{id}}"): _A_CUSTOMER.deleted(
        "deleteCustomer",
        "Refused once they bought something: then erase them.",
        problems=("in_use",),
    ),
}
"""By method and path."""
