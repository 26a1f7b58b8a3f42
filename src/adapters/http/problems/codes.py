"""Every problem by its code: its status, and the faults that may come with it.

The words are `cashback_core.words`; codes are stable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Code:
    """The status of a problem, and which codes its `errors` may have."""

    status: int
    faults: tuple[str, ...] = ()


_OBJECT: Final = ("required", "unknown_field", "wrong_type")
_SALE: Final = (
    *_OBJECT, "money_format", "money_out_of_range", "quantity_format", "quantity_out_of_range",
    "document_format", "document_repeated", "document_check_digits",
    "document_not_foreign", "name_length", "name_not_printable", "name_encoding",
    "name_without_letter", "customer_name_mismatch",
    "company_refused", "foreign_refused", "nobody_refused", "lines_count", "product_type_unknown",
    "type_or_sku", "sku_format", "unknown_sku", "sku_without_type", "sold_at_format",
    "sold_at_nonexistent", "sold_at_future", "sold_at_too_old", "discount_too_large",
    "amount_mismatch", "total_mismatch", "payments_count", "payments_mismatch", "no_such_choice",
    "place_format", "place_holds_document", "store_required", "sale_id_format",
    "sale_id_holds_document", "idempotency_key_holds_document", "cashier_format",
    "cashier_holds_document", "metadata_count", "metadata_key", "metadata_value",
    "metadata_holds_document",
)  # fmt: skip
_JSON: Final = (
    "json_empty", "json_not_utf8", "json_byte_order_mark", "json_syntax", "json_repeated_key",
    "json_constant", "json_too_deep", "json_lone_surrogate",
)  # fmt: skip
_REQUEST: Final = (
    *_OBJECT, "no_such_choice", "not_boolean", "whole_number", "plain_text", "not_an_id",
    "document_invalid", "instant_invalid", "bound_invalid", "reason_format", "reason_document",
    "name_length", "name_not_printable", "name_encoding", "name_without_letter", "type_format",
    "no_such_type", "sku_invalid", "starts_at_out_of_range", "starts_at_without_notice",
    "starts_at_not_after_latest", "too_many_changes", "rate_needs_both", "rate_unconfirmed",
    "excluded_has_rate", "slug_format", "zone_unknown", "platform_only", "username_format",
    "no_such_merchant", "no_such_group", "role_and_merchant", "own_role", "becomes_administrator",
    "password_length", "password_like_username", "password_common", "password_wrong",
    "only_with_ours", "no_such_cashback", "sales_count", "bad_webhook_url",
    "webhook_needs_https", "webhook_to_private_network", "not_a_change", "change_or_since",
    "day_invalid", "days_out_of_range",
)  # fmt: skip
_QUERY: Final = (
    "unknown_parameter", "repeated_parameter", "malformed_query", "status_unknown",
    "document_invalid", "bound_invalid", "limit_invalid", "cursor_of_another_list",
    "no_such_choice", "plain_text", "whole_number", "type_format", "type_and_rate_version",
    "store_invalid", "cnpj_invalid", "month_invalid", "invoice_needs_cnpj", "access_key_invalid",
    "amount_invalid", "uuid_invalid", "search_unbounded", "day_invalid", "days_out_of_range",
    "dimensions_invalid", "too_many_rows",
)  # fmt: skip
_IN_USE: Final = (
    "change_begun", "change_not_latest", "type_used_by_sales", "type_used_by_products",
    "product_used_by_sales", "customer_has_sales", "merchant_stays", "stop_lifted",
    "platforms_stop", "last_administrator", "two_secrets", "too_many_webhooks",
    "webhook_not_active", "too_many_to_resend", "test_waits",
)  # fmt: skip

DIFFERS: Final = "differs"
"""The code of a field in which a sale differs from the recorded one: a phrase, no fault's text."""

PROBLEMS: Final[Mapping[str, Code]] = {
    "bad_request": Code(400),
    "body_incomplete": Code(400),
    "not_json": Code(400, _JSON),
    "idempotency_key_format": Code(400),
    "unauthenticated": Code(401),
    "invalid_token": Code(401),
    "bad_credentials": Code(401),
    "forbidden": Code(403),
    "not_found": Code(404),
    "method_not_allowed": Code(405),
    "request_timeout": Code(408),
    "sale_id_conflict": Code(409, (DIFFERS,)),
    "sale_already_recorded": Code(409),
    "confirmation_expired": Code(409),
    "risk_not_accepted": Code(409, ("risk",)),
    "act_not_allowed": Code(409, ("status_now",)),
    "not_credited_there": Code(409),
    "own_mark": Code(409),
    "no_mark": Code(409),
    "count_changed": Code(409, ("count_now",)),
    "too_many_at_once": Code(409, ("too_many",)),
    "incident_closed": Code(409),
    "explanation_unfit": Code(409, ("not_a_line", "not_absent")),
    "names_a_cashback": Code(409, ("names_cashback",)),
    "already_exists": Code(409, ("taken",)),
    "in_use": Code(409, _IN_USE),
    "customer_has_open_cashbacks": Code(409, ("open_cashbacks",)),
    "precondition_failed": Code(412),
    "body_too_large": Code(413),
    "uri_too_long": Code(414),
    "unsupported_media_type": Code(415, ("header_value",)),
    "invalid_sale": Code(422, _SALE),
    "customer_name_mismatch": Code(422, ("customer_name_mismatch",)),
    "idempotency_key_reused": Code(422, (DIFFERS,)),
    "invalid_request": Code(422, _REQUEST),
    "invalid_query": Code(422, _QUERY),
    "precondition_required": Code(428),
    "log_in_throttled": Code(429),
    "rate_exceeded": Code(429),
    "too_many_logins": Code(429),
    "too_many_requests": Code(429),
    "head_too_large": Code(431),
    "internal_error": Code(500),
    "bad_gateway": Code(502),
    "overloaded": Code(503),
    "unavailable": Code(503),
    "gateway_timeout": Code(504),
}
