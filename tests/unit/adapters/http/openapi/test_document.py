from __future__ import annotations

import builtins
import json
import re
import typing
from typing import TYPE_CHECKING, Any, cast

import msgspec
import pytest
from hypothesis import given
from litestar.routes import HTTPRoute

from adapters.http.openapi.operations import OPERATIONS
from adapters.http.openapi.schemas import REQUESTS
from adapters.http.problems.codes import PROBLEMS
from adapters.http.sales.actions import ACTIONS
from adapters.http.wire import fresh
from adapters.http.wire.body import decode_json
from cashback_core.sales.validation import parse_sale
from cashback_core.testing.strategies import sale_documents
from cashback_core.values.money import parse_quantity, parse_value
from cashback_core.words.locales import ENGLISH, phrases
from contract.openapi_conformance import DOCUMENT, SERVED, faults
from fakes.api import SALE, Api

if TYPE_CHECKING:
    from collections.abc import Iterator

UNDOCUMENTED = {"/", "/openapi.json", "/docs/start.js", "/docs/assets/{file}", "/problems/{code}"}
OWNED = """
Boolean Byte Character Class ClassLoader Comparable Compiler Double Enum Error Exception Float
Function Integer Iterable List Long Map Math Module Number Object Optional Override Package Process
Record Runnable Runtime Set Short String System Thread Throwable Void
ApiCallback ApiClient ApiException ApiResponse Configuration Pair
Array Attr Awaited Blob Cache Comment Credential Date Document Element Event Exclude Extract File
FormData Headers History Image JSON Key Keys Location Lock Node Omit Option Page Parameters Partial
Pick Plugin Promise Proxy Range Readonly Request Required Response Selection Storage Symbol Text
Touch URL Uppercase Worker
AuthenticatedClient Client HTTPStatus Self Unset
Action Attribute Struct Task Try Type Unit
"""
"""What Java and its generated client have, TypeScript and a browser, generated Python, others."""

SALE_INPUT = "#/components/schemas/SaleInput"


def routes_of(api: Api) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for route in api.app.router.routes:
        assert isinstance(route, HTTPRoute)
        path = re.sub(r":str", "", route.path)
        methods = {str(method).lower() for method in route.methods} - {"options", "head"}
        found |= {(method, path) for method in methods if path not in UNDOCUMENTED}
    return found


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        found = cast("dict[str, Any]", value)
        yield found
        value = list(found.values())
    if isinstance(value, list):
        for inner in cast("list[Any]", value):
            yield from objects_in(inner)


def test_every_route_is_documented_and_every_documented_one_is_there(api: Api) -> None:
    assert routes_of(api) == set(OPERATIONS)


def test_every_reference_leads_somewhere_and_every_component_is_used() -> None:
    references = {node["$ref"] for node in objects_in(SERVED) if isinstance(node.get("$ref"), str)}
    components = {
        f"#/components/{kind}/{name}"
        for kind in ("schemas", "responses", "parameters", "examples", "headers")
        for name in SERVED["components"][kind]
    }
    assert references == components


def test_the_document_is_small_enough_to_be_read() -> None:
    assert len(msgspec.json.encode(SERVED)) < 320_000


def test_what_is_told_more_than_once_stands_among_the_components() -> None:
    answers = {
        status: answer
        for operations in SERVED["paths"].values()
        for name, operation in operations.items()
        if name != "parameters"
        for status, answer in operation["responses"].items()
        if not status.startswith(("2", "3"))
    }
    assert answers
    assert all(answer.keys() == {"$ref"} for answer in answers.values())


def test_every_code_is_one_of_a_list() -> None:
    """Also of the codes that come with a problem; the lists are the very tables."""
    schemas = SERVED["components"]["schemas"]
    codes = [
        schema["properties"]["code"]
        for schema in schemas.values()
        if "code" in schema.get("properties", {})
    ]
    steps = [name for name in phrases(ENGLISH) if name.startswith("step.")]
    assert [schemas[code["$ref"].rpartition("/")[2]]["enum"] for code in codes] == [
        sorted(name.removeprefix("step.") for name in steps),
        sorted(PROBLEMS),
        sorted({fault for code in PROBLEMS.values() for fault in code.faults}),
    ]


def test_no_schema_has_a_name_of_a_language() -> None:
    """A generator makes a class of each: beside these, it would be confused with the language's."""
    taken = set(OWNED.split()) | set(dir(builtins)) | set(dir(typing))
    assert not {name for name in SERVED["components"]["schemas"] if name in taken}


@pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
def test_every_schema_is_one_and_every_object_is_closed(name: str) -> None:
    assert faults(f"#/components/schemas/{name}", object()) != []
    schema = DOCUMENT["components"]["schemas"][name]
    if schema.get("type") == "object":
        # What comes in is read strictly; what goes out may grow.
        assert SERVED["components"]["schemas"][name].get("additionalProperties", True) is (
            name not in REQUESTS
        )
        assert schema["description"]


def test_operation_ids_are_unique_and_every_operation_tells_of_our_own_errors() -> None:
    ids = [operation.id for operation in OPERATIONS.values()]
    assert len(set(ids)) == len(ids)
    for operation in OPERATIONS.values():
        assert {"bad_request", "internal_error"} <= set(operation.problems)
        assert set(operation.problems) <= set(PROBLEMS)
        assert ("unauthenticated" in operation.problems) is operation.secured


def test_acts_whose_bodies_have_one_name_have_one_body() -> None:
    for one in ACTIONS:
        assert REQUESTS[one.body_name] == one.body.schema(), one.id


def test_every_part_of_a_path_is_a_parameter() -> None:
    for (_, path), operation in OPERATIONS.items():
        in_path = [p["name"] for p in operation.parameters if p["in"] == "path"]
        assert in_path == re.findall(r"{([a-z]+)}", path)


def test_every_example_fits_its_schema() -> None:
    for path in DOCUMENT["paths"].values():
        for operation in path.values():
            if "requestBody" in operation:
                content = operation["requestBody"]["content"].get("application/json")
                if content is None:
                    continue  # a file
                assert faults(content["schema"]["$ref"], content["example"]) == []
            for response in operation["responses"].values():
                for content in response.get("content", {}).values():
                    for example in content.get("examples", {}).values():
                        assert faults(content["schema"]["$ref"], example["value"]) == []


async def test_the_served_example_is_taken_twice_and_again_after_a_reload(api: Api) -> None:
    for _ in range(2):
        document = (await api.get("/openapi.json", username=None)).json()
        body = document["paths"]["/api/cashbacks"]["post"]["requestBody"]
        example = body["content"]["application/json"]["example"]
        assert example["sale_id"] != fresh.SALE_ID
        assert example["sold_at"] != fresh.SOLD_AT
        example["sold_at"] = SALE["sold_at"]  # the clock of the fakes stands elsewhere
        first = await api.submit(example)
        second = await api.submit(example)
        assert (first.status, second.status) == (201, 201)
        assert "idempotent-replayed" not in first.headers
        assert second.headers["idempotent-replayed"] == "true"
    assert len(api.store.rows) == 2


def test_no_header_or_query_example_is_prefilled_by_the_page_but_for_any_version() -> None:
    for operation in OPERATIONS.values():
        for parameter in operation.parameters:
            prefilled = parameter.get("example")
            assert (prefilled is None) if parameter["name"] != "If-Match" else (prefilled == "*")
            assert "examples" not in parameter


@given(sale_documents())
def test_every_valid_sale_fits_the_documented_schema(document: Any) -> None:
    as_sent = json.loads(json.dumps(document))
    assert faults(SALE_INPUT, as_sent) == []


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("total", None),
        ("total", "1,00"),
        ("total", "-1.00"),
        ("total", "1.001"),
        ("total", "01.00"),
        ("total", -1),
        ("total", True),
        ("sold_at", "02/01/2026 00:00:00"),
        ("sold_at", 1),
        ("products", []),
        ("products", [{"type": "A", "value": "1.00"}]),
        ("products", [{"type": "A", "value": "1.00", "qty": 0}]),
        ("products", [{"type": "A", "value": "1.00", "qty": "1.00005"}]),
        ("products", [{"type": "A", "value": "1.00", "qty": "0"}]),
        ("products", [{"type": "A", "value": "1.00", "qty": "0.0000000"}]),
        ("products", [{"type": "A", "value": "1.00", "qty": "99999.0001"}]),
        ("products", [{"type": "A", "value": "99999999.9900000001", "qty": 1}]),
        ("products", [{"type": "A", "value": "99999999.9999999999", "qty": 1}]),
        ("products", SALE["products"][:1] * 991),
        ("customer", {"document": "-----", "name": "A"}),
        ("customer", {"document": "-----", "document_type": "foreign", "name": "A"}),
        ("customer", {"document": "A123", "document_type": "foreign", "name": "A"}),
        ("customer", {"document": "AB-12345", "name": "A"}),
        ("customer", {"document": "AB-12345", "document_type": None, "name": "A"}),
        ("customer", {"document": "AB-12345", "document_type": "cnpj", "name": "A"}),
        ("customer", {"document": "12abc34501de35", "name": "A"}),
        ("customer", {"document": "5299 822472", "name": "A"}),
        ("customer", {"document": "52998224725", "name": ""}),
        ("customer", {"document": "52998224725", "name": "A", "wallet": "x"}),
        ("sale_id", ""),
        ("sale_id", "a b"),
        ("sale_id", "x" * 65),
        ("cashback", "1.00"),
    ],
)
async def test_what_the_schema_refuses_is_refused_by_the_service(
    api: Api, pointer: str, value: object
) -> None:
    wrong = {**SALE, pointer: value}
    assert faults(SALE_INPUT, wrong) != []
    assert (await api.submit(wrong)).status == 422


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ("UnitValueInput", "99999999.99"),
        ("UnitValueInput", "99999999.99000000000000"),
        ("UnitValueInput", "99999999.9899999999"),
        ("UnitValueInput", "0"),
        ("QuantityInput", "99999"),
        ("QuantityInput", "99999.0000000"),
        ("QuantityInput", "99998.9999"),
        ("QuantityInput", "0.0001"),
        ("QuantityInput", "10.0000000"),
    ],
)
def test_the_schema_takes_what_the_core_takes_at_its_limits(schema: str, value: str) -> None:
    assert faults(f"#/components/schemas/{schema}", value) == []
    (parse_value if schema == "UnitValueInput" else parse_quantity)(value)


def test_the_document_says_what_the_core_reads(api: Api) -> None:
    sale = parse_sale(
        decode_json(json.dumps(SALE).encode()),
        rules=api.store._terms[1].rules,
        now=api.clock.now(),
    )
    assert sale.total_centavos == 10_000
    documented = DOCUMENT["components"]["schemas"]["SaleInput"]["properties"]
    assert set(documented) == {
        *("sold_at", "customer", "total", "products", "discount", "surcharge", "payments"),
        *("store", "till", "series", "cashier", "metadata", "sale_id", "confirm"),
    }
