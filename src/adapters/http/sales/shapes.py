"""The shapes of sales, their cashbacks and what is told about them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from adapters.http.wire.shapes import (
    Document,
    Exact,
    Instant,
    Money,
    Quantity,
    Shape,
    SignedMoney,
    UnitValue,
    Uuid,
)
from cashback_core.delivery.states import Actor, Status
from cashback_core.reconciliation.findings import FindingClass
from cashback_core.sales.calculation import NothingDue
from cashback_core.sales.payments import PaymentKind
from cashback_core.sales.same_sale import EqualOutcome
from cashback_core.values.documents import DocumentKind
from cashback_core.values.rounding import Rounding

NameDiffers = Annotated[
    bool,
    Meta(
        description="The document is known under another person's name, and the merchant takes such"
        " sales (its `name_difference` is `note`)."
    ),
]


NotDueBecause = Annotated[
    NothingDue | None,
    Meta(
        description="Why nothing is due; else null. `company`, `foreign`, `nobody`: the merchant"
        " only records sales to such buyers."
    ),
]


class Customer(Shape, frozen=True, kw_only=True):
    """The customer of a sale; all null once the customer was erased."""

    document: Document | None
    document_type: DocumentKind | None
    name: str | None


Buyer = Annotated[Customer | None, Meta(description="Null: the sale was to nobody who was told.")]


class Payment(Shape, frozen=True, kw_only=True):
    """A part of what was paid, and with what."""

    kind: PaymentKind
    value: Money


class Product(Shape, frozen=True, kw_only=True):
    """A line of a sale with what it earned and why; the lines' cashbacks add up to the sale's."""

    type: str
    sku: str | None
    value: UnitValue
    qty: Quantity
    amount: Annotated[
        Money, Meta(description="What counts: as it was told, or value × qty, rounded.")
    ]
    difference: Annotated[
        SignedMoney, Meta(description="The amount, as it was told, less value × qty, rounded.")
    ]
    discount: Money
    surcharge: Money
    excluded: Annotated[bool, Meta(description="Its type earned nothing, whatever was sold.")]
    rate_bp: Annotated[int, Meta(ge=0, le=10_000, description="Rate in basis points: 500 = 5 %.")]
    rate_version: Annotated[int, Meta(ge=1)]
    exact: Exact
    cashback: Money


class ProviderAnswer(Shape, frozen=True, kw_only=True):
    """The readable parts of the provider's latest answer."""

    status_code: int
    id: str | None
    message: str | None
    created_at: str | None


class ExplanationStep(Shape, frozen=True, kw_only=True):
    """One step from what was told to what is due. A `code` that you do not know is new."""

    pointer: Annotated[
        str, Meta(description="Of what it is about (RFC 6901); empty: the whole sale.")
    ]
    code: str
    text: Annotated[str, Meta(description="In the language asked for.")]


Explanation = Annotated[
    list[ExplanationStep],
    Meta(description="How the cashback came about, step by step, in order."),
]


class Waiting(Shape, frozen=True, kw_only=True):
    """What a cashback waits for. A `why` that you do not know is a reason that is new."""

    why: Annotated[
        str,
        Meta(
            description="`paused`: all sending is; `credentials_refused`, `misconfigured`: the"
            " provider does not take us; `breaker_open`: it fails and rests; `retry`: its next try"
            " is not due; `due`: for a worker; `proof`: for the statement; `person`: for an"
            " operator; `cashback_ceiling`, `day_ceiling`: the same, above a ceiling;"
            " `type_stopped`, `merchant_stopped`: until the stop is lifted; `confirmation`: for"
            " `POST /api/cashbacks/{id}/confirm`."
        ),
    ]
    since: Instant
    next_try_at: Annotated[
        Instant | None, Meta(description="Not before then; null: when the rest is over, or never.")
    ]
    until: Annotated[
        Instant | None, Meta(description="Confirm it by then: a day later it is void; else null.")
    ]


Waits = Annotated[
    Waiting | None,
    Meta(description="Null: for nothing, it is being sent or has ended."),
]


TotalDifference = Annotated[
    SignedMoney,
    Meta(
        description="The total less what lines, discount and surcharge make: within the merchant's"
        " tolerance."
    ),
]


class Invoice(Shape, frozen=True, kw_only=True):
    """What a `sale_id` says that is the access key of a fiscal document: its issuer, and which."""

    cnpj: str
    month: str
    series: int
    number: int


class RecordedSale(Shape, frozen=True, kw_only=True):
    """A recorded sale, its cashback, and where the payment stands."""

    id: Uuid
    status: Status
    sale_id: str | None
    invoice: Invoice | None
    sold_at: Instant
    customer: Buyer
    store: str | None
    till: str | None
    series: str | None
    cashier: str | None
    metadata: dict[str, str]
    total: Money
    discount: Money
    surcharge: Money
    difference: TotalDifference
    payments: list[Payment]
    products: list[Product]
    cashback: Money
    not_due_because: NotDueBecause
    rounding: Rounding
    provider: ProviderAnswer | None
    accepted_at: Instant
    applied_at: Instant | None
    same_content_as: Annotated[
        Uuid | None,
        Meta(description="The first sale with this content: was it meant to be another one?"),
    ]
    name_differs: NameDiffers
    submitted_by: Annotated[
        str | None, Meta(description="Who sent it: a person's name, or `client:` and an id.")
    ]
    group: Annotated[
        str | None,
        Meta(description="The group of API clients that it came under."),
    ]
    waiting: Annotated[
        Waits | UnsetType,
        Meta(
            description="In what is read; in the answer to a sale where a brake holds it back, or"
            " where it is to be confirmed."
        ),
    ] = UNSET


BatchBody = Annotated[
    Any,
    Meta(
        description="By its status: the record, or the problem.",
        extra_json_schema={
            "anyOf": [
                {"$ref": "#/components/schemas/RecordedSale"},
                {"$ref": "#/components/schemas/Problem"},
            ]
        },
    ),
]


class BatchResult(Shape, frozen=True, kw_only=True):
    """What became of one sale of a batch, as its own request would have been answered."""

    status: Annotated[int, Meta(description="As of `POST /api/cashbacks`.")]
    location: Annotated[str | UnsetType, Meta(description="Where the record is.")] = UNSET
    replayed: Annotated[
        bool | UnsetType, Meta(description="True: it was recorded before. Else left out.")
    ] = UNSET
    retry_after_s: Annotated[
        int | UnsetType, Meta(description="Send this one again after so many seconds.")
    ] = UNSET
    body: BatchBody


class BatchAnswer(Shape, frozen=True, kw_only=True):
    """What became of each sale, in the order in which they were sent."""

    results: list[BatchResult]


class DeliveryAttempt(Shape, frozen=True, kw_only=True):
    """One call to the provider, or the will to make it; open while `ended_at` is null."""

    attempt: int
    deliverer: Actor
    started_at: Instant
    lease_until_at: Instant
    ended_at: Instant | None
    result: str | None
    reason: str | None
    provider: ProviderAnswer | None
    elapsed_s: float | None


class CashbackEvent(Shape, frozen=True, kw_only=True):
    """One move of a cashback."""

    sequence: int
    at: Instant
    actor: Actor
    actor_name: str | None
    from_status: Status | None
    to_status: Status
    attempt: int
    reason: str


class SaleHistory(RecordedSale, frozen=True, kw_only=True):
    """A record with everything that happened to it, in order."""

    attempts: list[DeliveryAttempt]
    events: list[CashbackEvent]
    explanation: Annotated[
        Explanation | UnsetType,
        Meta(description="In the answer of `GET /api/cashbacks/{id}`."),
    ] = UNSET


Means = Literal[
    "new", "repeat", "idempotency_key_reused", "sale_id_conflict", "sale_already_recorded"
]


class SaleDifference(Shape, frozen=True, kw_only=True):
    """A field in which a sale differs from the recorded one of its name."""

    pointer: str
    recorded: str | None
    received: str | None


class Quote(Shape, frozen=True, kw_only=True):
    """What a sale would earn, and which sale it would be; nothing is stored."""

    sale_id: str | None
    invoice: Invoice | None
    sold_at: Instant
    total: Money
    discount: Money
    surcharge: Money
    difference: TotalDifference
    products: list[Product]
    cashback: Money
    not_due_because: NotDueBecause
    rounding: Rounding
    explanation: Explanation
    means: Annotated[
        Means,
        Meta(
            description="What submitting it now would be: a new sale, a repeat that is answered"
            " again, or a problem of that code."
        ),
    ]
    record_id: Annotated[
        Uuid | None,
        Meta(description="The record that is repeated, or that has this very content."),
    ]
    differences: Annotated[
        list[SaleDifference], Meta(description="From the recorded sale of the same name.")
    ]
    name_differs: NameDiffers


class SubjectReport(Shape, frozen=True, kw_only=True):
    """Everything that is held about a customer; `next_cursor` leads to older sales."""

    customer_id: Uuid
    document: Document | None
    document_type: DocumentKind | None
    name: str | None
    known_since: Instant
    erased_at: Instant | None
    sales: list[SaleHistory]
    next_cursor: str | None


class Erased(Shape, frozen=True, kw_only=True):
    """The customer is nobody since then."""

    customer_id: Uuid
    erased_at: Instant


class SearchTotal(Shape, frozen=True, kw_only=True):
    """What a whole search comes to."""

    count: Annotated[int, Meta(ge=0)]
    cashback: Annotated[Money, Meta(description="Of all cashbacks, whatever their status.")]
    sales: Annotated[Money, Meta(description="Of all sales.")]


class RecordedSalePage(Shape, frozen=True, kw_only=True):
    """Records in the order asked for; `next_cursor` is null on the last page."""

    items: list[RecordedSale]
    next_cursor: str | None
    total: Annotated[
        SearchTotal | UnsetType | None,
        Meta(description="With `total=true`; null: more than are counted (500000)."),
    ] = UNSET


class SumsShape(Shape, frozen=True, kw_only=True):
    """What some sales of a customer come to."""

    sales: Annotated[int, Meta(ge=0, description="How many.")]
    total: Money
    earned: Annotated[Money, Meta(description="All that follows, together.")]
    paid: Money
    settled_elsewhere: Annotated[Money, Meta(description="`recorded`: not paid from here.")]
    waiting: Annotated[Money, Meta(description="Whatever may still be paid.")]
    ended_unpaid: Annotated[Money, Meta(description="Cancelled, or never confirmed.")]


class CustomerMonth(SumsShape, frozen=True, kw_only=True):
    """The same of one month of the merchant's zone, by when the sales were made."""

    month: Annotated[str, Meta(pattern="^20[0-9]{2}-[0-9]{2}$")]


class CustomerSummary(SumsShape, frozen=True, kw_only=True):
    """The same of all sales of a customer, and of the latest months, the newest first."""

    customer_id: Uuid
    months: list[CustomerMonth]


class OpenCashback(Shape, frozen=True, kw_only=True):
    """A cashback that has not ended well; the latest event says why, since when, and by whom."""

    id: Uuid
    status: Status
    waiting: Waits
    reason: str
    since: Instant
    actor: Actor
    actor_name: str | None
    attempts: Annotated[int, Meta(ge=0, description="How often it was tried.")]
    status_code: Annotated[
        int | None, Meta(description="What the provider answered to the latest attempt.")
    ]
    document: Document
    document_type: DocumentKind
    cashback: Money
    sale_id: str | None
    sold_at: Instant
    accepted_at: Instant
    risk_accepted_at: Annotated[
        Instant | None,
        Meta(description="When an operator sent it again although it may have been paid."),
    ]

    suspected: Annotated[
        bool,
        Meta(
            description="It may be paid whatever its status says: an incident of the provider's"
            " statement is about it, its line may be its credit, or an operator's mark alone calls"
            " it unpaid. Sending it again takes `accept_risk`."
        ),
    ]


class OpenPage(Shape, frozen=True, kw_only=True):
    """Open cashbacks, oldest accepted first; `next_cursor` is null on the last page."""

    items: list[OpenCashback]
    next_cursor: str | None


class StatementIncident(Shape, frozen=True, kw_only=True, rename={"class_": "class"}):
    """Something of the provider's statement that nothing here explains."""

    id: Uuid
    class_: FindingClass
    what: Annotated[str, Meta(description="What the class means, in the language asked for.")]
    merchant: Annotated[str | None, Meta(description="Whose cashback it is about; null: nobody's.")]
    cashback_id: Uuid | None
    document: Annotated[str | None, Meta(description="The customer's, masked.")]
    amount: Money
    line: Annotated[int | None, Meta(description="The line of the statement; null: it has none.")]
    credited_at: Instant | None
    reference: Annotated[
        str | None,
        Meta(description="The line's, as the provider told it; whatever could be a CPF is masked."),
    ]
    why: str
    since: Instant
    statement_at: Annotated[Instant, Meta(description="When the statement was asked for.")]
    closed_at: Instant | None
    closed_why: str | None


class ClassTotal(Shape, frozen=True, kw_only=True, rename={"class_": "class"}):
    """How many incidents of a class stand, and what they are worth."""

    class_: FindingClass
    what: str
    count: Annotated[int, Meta(ge=1)]
    amount: Money


class IncidentPage(Shape, frozen=True, kw_only=True):
    """Incidents, oldest first, and all that stands; `next_cursor` is null on the last page."""

    items: list[StatementIncident]
    standing: list[ClassTotal]
    next_cursor: str | None


class Explained(Shape, frozen=True, kw_only=True):
    """Whether the explanation is remembered now, and the incident."""

    explained: Annotated[bool, Meta(description="False after a dry run: nothing was done.")]
    incident: StatementIncident


class SaleRequest(Shape, frozen=True, kw_only=True):
    """A request of a sale: when it came and what it told; `id` is its record's, if it has one."""

    id: Uuid | None
    at: Instant
    idempotency_key: str | None
    sale_id: str | None
    sold_at: Instant
    submitted_by: str | None


class EqualSales(Shape, frozen=True, kw_only=True):
    """Two requests: the second was taken for another sale, or refused.

    Document and total are the first's; where the two did not collide the second's, too.
    """

    outcome: EqualOutcome
    document: Annotated[
        str | None,
        Meta(
            description="The customer's, masked; null for nobody, and once the customer was erased."
        ),
    ]
    total: Money
    first: SaleRequest
    second: SaleRequest


class EqualPage(Shape, frozen=True, kw_only=True):
    """Pairs of equal content, latest first; `next_cursor` is null on the last page."""

    items: list[EqualSales]
    next_cursor: str | None


class ResendTally(Shape, frozen=True, kw_only=True):
    """How many cashbacks a filter means, and whether they were sent again."""

    count: Annotated[int, Meta(ge=0)]
    cashback: Money
    in_doubt: Annotated[
        int,
        Meta(
            ge=0,
            description="So many of them may be paid already: in doubt, or perhaps a line of the"
            " provider's statement.",
        ),
    ]
    above_ceiling: Annotated[
        int,
        Meta(
            ge=0,
            description="So many a ceiling holds: left out of the other numbers, and not sent"
            " again, unless `above_ceiling` was asked for.",
        ),
    ]
    resent: bool
    risk: Annotated[str | None, Meta(description="What sending those in doubt again means.")]
    token: Annotated[
        str | None,
        Meta(
            description="Names just these cashbacks, each as it stands; say it to send them again."
            " Null once they are."
        ),
    ]


class ChangeData(Shape, frozen=True, kw_only=True):
    """What became of a cashback, and of which sale's."""

    cashback_id: Uuid
    sale_id: str | None
    cashback: Money
    status: Status
    from_status: Annotated[Status | None, Meta(description="Null: it was recorded.")]
    sequence: Annotated[int, Meta(ge=1, description="Of the cashback's own changes.")]
    attempt: Annotated[int, Meta(ge=0, description="Its latest one's number then.")]
    actor: Actor
    reason: Annotated[
        str | None, Meta(description="Null where a person or a statement gave it: read the record.")
    ]


class Change(Shape, frozen=True, kw_only=True):
    """A change of a cashback, as the feed and a webhook tell it."""

    id: Annotated[str, Meta(description="The same whenever, and however, it is told.")]
    type: Annotated[str, Meta(description="`cashback.` and the status.")]
    timestamp: Instant
    data: ChangeData


class ChangePage(Shape, frozen=True, kw_only=True):
    """The next changes, oldest first, and where to go on, also after none."""

    items: list[Change]
    next_cursor: Annotated[
        str, Meta(description="Always there: keep it, and give it as `after` the next time.")
    ]


SHAPES = (
    RecordedSale,
    SaleHistory,
    RecordedSalePage,
    OpenPage,
    IncidentPage,
    Explained,
    EqualPage,
    SubjectReport,
    CustomerSummary,
    Erased,
    ResendTally,
    Quote,
    ChangePage,
    BatchAnswer,
)
"""What the OpenAPI document describes."""
