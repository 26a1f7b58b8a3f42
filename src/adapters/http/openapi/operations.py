"""Every operation of the API: what it takes, what it answers, how it may fail."""

from __future__ import annotations

from typing import Final

from adapters.http.administration.stores import LISTINGS, RESOURCES
from adapters.http.openapi.administration import ADMINISTRATION
from adapters.http.openapi.catalogue import CATALOGUE
from adapters.http.openapi.finance_figures import FIGURES
from adapters.http.openapi.identity import IDENTITY
from adapters.http.openapi.operators import OPERATING
from adapters.http.openapi.parts import (
    ANY,
    BODY,
    CURSOR,
    ID,
    LIMIT,
    TOKEN,
    Operation,
    Success,
    parameter,
)
from adapters.http.openapi.privacy import PRIVACY
from adapters.http.openapi.resources import operation_of, operations_of
from adapters.http.openapi.schemas import SALE_EXAMPLE
from adapters.http.sales.batch_body import KEY
from adapters.http.sales.changes import CHANGE_PARAMETERS
from adapters.http.sales.searching import CASHBACK_FILTERS, CASHBACKS, TOTAL
from adapters.http.wire.headers import MAX_WAIT_S
from cashback_core.delivery.search import MAX_RANGE_DAYS

_KEY: Final = parameter(
    "Idempotency-Key",
    "header",
    "Names the sale for ever: the same key and content is answered again, never recorded again. In"
    " quotes (RFC 8941) the content of the string is the key, and parameters are ignored; without"
    " quotes the whole text is.",
    {
        "type": "string",
        "pattern": r"^([!#-+\--~][!-+\--~]{0,254}"
        r'|"([!#-+\--\[\]-~]|\\["\\]){1,255}"( *;.*)?)$',
        "examples": ["nf-4711", '"nf-4711"'],
    },
)
_PREFER: Final = parameter(
    "Prefer",
    "header",
    "`respond-async`: record now, deliver later, answer 202 at once. `wait=N`: wait at most N"
    f" seconds for the provider (up to {MAX_WAIT_S:g}). Neither ever cancels a delivery.",
    {"type": "string"},
)
_SUBMITTED: Final = ("Location", "Idempotent-Replayed", "Preference-Applied")
_EXPLAINED: Final = ("Content-Language",)


_SUBMITTING: Final = (
    "Validates the sale, computes its cashback, records both, passes the cashback to the provider,"
    " and answers what became of it. Send `sale_id`, or an `Idempotency-Key` that is the same for"
    " every try: then a repeat is known as one. What is known by no name but has the content of a"
    " recorded sale is another sale if it has a `sale_id` (`same_content_as` tells the first), and"
    " otherwise refused with 409 and the first's record; or as `equal_content` says."
)


_SEARCHING: Final = (
    "Without any filter: all of them, newest first. Any search is bounded by a sale's own number or"
    " key, by a customer, by statuses that are still open, by a document of an issuer or its month,"
    f" or by a range of at most {MAX_RANGE_DAYS} days of one of the instants (without an end it"
    " ends now); what nothing bounds is refused with 422 `search_unbounded`.\n\n"
    "`Accept: text/csv` or `application/jsonl` answers all that is found, from `cursor` on: a row,"
    " or one `RecordedSale`, a line. An analyst has documents masked and names as initials. What"
    " breaks in the middle ends without the last chunk: then it is not whole."
)
_SORT: Final = parameter(
    "sort",
    "query",
    "By which instant; with `-` the latest first. By `applied_at` only what was paid.",
    {"type": "string", "enum": list(CASHBACKS.sorts), "default": CASHBACKS.default},
)
_TOTAL: Final = parameter("total", "query", TOTAL.about, TOTAL.schema())


def _submit(id_: str, summary: str, description: str) -> Operation:
    return Operation(
        id=id_,
        tag="Cashbacks",
        summary=summary,
        description=description,
        parameters=(_KEY, _PREFER),
        body="SaleInput",
        example=SALE_EXAMPLE,
        successes={
            201: Success(
                schema="RecordedSale",
                description="Recorded and final: `applied`, `not_due` when it rounds to zero, or"
                " `recorded` when an import brought it in as history, settled elsewhere, and it"
                " is never sent. Final answers repeat byte for byte.",
                headers=_SUBMITTED,
            ),
            202: Success(
                schema="RecordedSale",
                description="Recorded; `status` tells where the payment stands: `unconfirmed` after"
                " `confirm: later`.",
                headers=_SUBMITTED,
            ),
        },
        problems=(
            *ANY,
            *BODY,
            *TOKEN,
            "forbidden",
            "idempotency_key_format",
            "sale_id_conflict",
            "sale_already_recorded",
            "invalid_sale",
            "customer_name_mismatch",
            "idempotency_key_reused",
            "unavailable",
        ),
    )


OPERATIONS: Final[dict[tuple[str, str], Operation]] = {
    ("post", "/api/cashbacks"): _submit("submit", "Submit a sale", _SUBMITTING),
    ("post", "/api/cashback"): _submit(
        "submitByFirstAddress",
        "Submit a sale (first address)",
        "What `POST /api/cashbacks` does, under the address that it had first.",
    ),
    ("post", "/api/cashbacks/batch"): Operation(
        id="submitBatch",
        tag="Cashbacks",
        summary="Submit many sales",
        description="Each sale by itself, as `POST /api/cashbacks` takes and answers it: one that"
        " is refused harms no other, and a batch that is sent again repeats each. A sale has its"
        f" key beside it, in `{KEY}`; the header is not looked at. Without `Prefer` all are"
        " recorded and a worker delivers them; `wait=N` counts for all together. Each counts as a"
        " request: what is beyond your rate is answered 429 and may be sent again.",
        parameters=(_PREFER,),
        body="BatchInput",
        example={"sales": [SALE_EXAMPLE]},
        successes={
            200: Success(
                schema="BatchAnswer",
                description="What became of each, in order.",
                headers=("Preference-Applied", "Content-Language"),
            )
        },
        problems=(*ANY, *BODY, *TOKEN, "forbidden", "invalid_request", "unavailable"),
    ),
    ("post", "/api/cashbacks/quote"): Operation(
        id="quote",
        tag="Cashbacks",
        summary="Compute a cashback",
        description="Checks and computes as submitting does, a customer's name too, and stores"
        " nothing. `explanation` tells how the cashback comes about, `means` which sale it would"
        " be: a new one, a repeat, or what it would be refused for. Of other groups' customers it"
        " tells a shop's system nothing: submitting may still be refused.",
        parameters=(_KEY,),
        body="SaleInput",
        example=SALE_EXAMPLE,
        successes={
            200: Success(
                schema="Quote", description="What the sale would earn.", headers=_EXPLAINED
            )
        },
        problems=(
            *ANY,
            *BODY,
            *TOKEN,
            "forbidden",
            "idempotency_key_format",
            "invalid_sale",
            "customer_name_mismatch",
            "unavailable",
        ),
    ),
    ("post", "/api/cashbacks/{id}/confirm"): Operation(
        id="confirmCashback",
        tag="Cashbacks",
        summary="Confirm a sale that was to be confirmed later",
        description="Takes no body. What was `unconfirmed` is `pending` and delivered by a"
        " worker, or `held` by a ceiling of that moment, in whose day it counts. Confirming again,"
        " or what never had to be, answers the present record; what is `void`, 409.",
        parameters=(ID, _PREFER),
        successes={
            201: Success(
                schema="RecordedSale", description="Confirmed and final.", headers=_SUBMITTED
            ),
            202: Success(
                schema="RecordedSale",
                description="Confirmed; `status` tells where the payment stands.",
                headers=_SUBMITTED,
            ),
        },
        problems=(
            *ANY,
            *TOKEN,
            "forbidden",
            "not_found",
            "confirmation_expired",
            "unavailable",
        ),
    ),
    ("get", "/api/cashbacks"): Operation(
        id="listCashbacks",
        tag="Cashbacks",
        summary="Find records",
        description=_SEARCHING,
        parameters=(*CASHBACK_FILTERS.parameters(), _TOTAL, _SORT, LIMIT, CURSOR),
        successes={
            200: Success(
                schema="RecordedSalePage",
                description="A page; as CSV or JSON Lines all that is found.",
                streamed=("text/csv", "application/jsonl"),
            )
        },
        problems=(*ANY, *TOKEN, "forbidden", "invalid_query", "unavailable"),
    ),
    ("get", "/api/cashbacks/{id}"): Operation(
        id="readCashback",
        tag="Cashbacks",
        summary="Read a record with its attempts and events, and how it came about",
        parameters=(ID,),
        successes={
            200: Success(
                schema="SaleHistory", description="Everything about it.", headers=_EXPLAINED
            )
        },
        problems=(*ANY, *TOKEN, "forbidden", "not_found", "unavailable"),
    ),
    ("get", "/api/changes"): Operation(
        id="listChanges",
        tag="Cashbacks",
        summary="Read on what became of the cashbacks, oldest change first",
        description="Every change of every cashback, in an order that never skips one, however"
        " slow somebody commits: keep `next_cursor` with what you did for the items, and go on from"
        " there for ever. A cashback's own changes come in their order. With `wait` an answer"
        " without items comes when something happens, or when the time is over. A shop's system"
        " is told the changes of its own group's sales.",
        parameters=CHANGE_PARAMETERS,
        successes={
            200: Success(schema="ChangePage", description="The next changes, or none for now.")
        },
        problems=(*ANY, *TOKEN, "forbidden", "invalid_query", "unavailable"),
    ),
    **OPERATING,
    **{at: op for one in RESOURCES for at, op in operations_of(one).items()},
    **{("get", one.path): operation_of(one) for one in LISTINGS},
    **ADMINISTRATION,
    **CATALOGUE,
    **PRIVACY,
    **FIGURES,
    **IDENTITY,
    ("get", "/health/live"): Operation(
        id="live",
        tag="Health",
        summary="Whether the process answers",
        secured=False,
        successes={200: Success(schema="Health", description="It does.")},
        problems=ANY,
    ),
    ("get", "/health/ready"): Operation(
        id="ready",
        tag="Health",
        summary="Whether the database answers too",
        secured=False,
        successes={200: Success(schema="Readiness", description="It does.")},
        problems=(*ANY, "unavailable"),
    ),
}
"""By method and path, as the router has them; a test holds the two together."""
