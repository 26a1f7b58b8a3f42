"""What is wrong with a request before anybody knows what it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cashback_core.words.en.sales import INSTANT
from cashback_core.words.locales import Heading, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

_ONE_VALUE: Final = "one JSON value (RFC 8259) in UTF-8"

PROBLEMS: Final[Mapping[str, Heading]] = {
    "bad_request": Heading("Bad request", "The request is malformed HTTP."),
    "body_incomplete": Heading(
        "Incomplete body", "The connection ended before the body was whole."
    ),
    "not_json": Heading(
        "Not JSON", "The body is not one well-formed JSON value in UTF-8; errors tells where."
    ),
    "not_found": Heading("Not found", "There is nothing here for you."),
    "method_not_allowed": Heading(
        "Method not allowed", "The header Allow lists the methods of this address."
    ),
    "request_timeout": Heading("Request timeout", "The request did not arrive in time."),
    "body_too_large": Heading(
        "Body too large", "A body has at most 262144 bytes, that of a batch 4194304."
    ),
    "uri_too_long": Heading("Address too long", "The request target is too long."),
    "unsupported_media_type": Heading(
        "Unsupported media type", "Send application/json in UTF-8, not compressed."
    ),
    "invalid_request": Heading("Not a valid request", "errors tells everything that is wrong."),
    "invalid_query": Heading(
        "Not a valid query", "errors names each query parameter that is wrong."
    ),
    "too_many_requests": Heading(
        "Too many requests", "Nothing was done. Come back after Retry-After seconds."
    ),
    "head_too_large": Heading(
        "Header fields too large", "The header fields are too many or too large."
    ),
    "internal_error": Heading("Internal error", "A fault of ours, logged under this instance."),
    "bad_gateway": Heading(
        "No whole answer",
        (
            "What was asked may have been done. Send the same request again after Retry-After"
            " seconds: under the same key or sale_id it is never recorded twice."
        ),
    ),
    "overloaded": Heading(
        "Overloaded", "Nothing was done. Send the request again after Retry-After seconds."
    ),
    "unavailable": Heading(
        "Temporarily unavailable",
        (
            "The database does not answer. Send the same request again after Retry-After seconds:"
            " under the same key or sale_id it is never recorded twice."
        ),
    ),
    "gateway_timeout": Heading(
        "No answer in time",
        (
            "What was asked may have been done. Send the same request again after Retry-After"
            " seconds: under the same key or sale_id it is never recorded twice."
        ),
    ),
}

FAULTS: Final[Mapping[str, Text]] = {
    "json_empty": Text("The body is empty.", _ONE_VALUE),
    "json_not_utf8": Text("Byte {position} is not UTF-8; Latin-1 is not taken.", _ONE_VALUE),
    "json_byte_order_mark": Text("The body starts with a byte order mark.", _ONE_VALUE),
    "json_syntax": Text(
        "Line {line}, column {column}: {reason}.", "no comments, no trailing commas or text"
    ),
    "json_repeated_key": Text("A key comes twice in one object.", "each key once"),
    "json_constant": Text("This is no JSON number.", "a number in digits"),
    "json_too_deep": Text("The value is nested too deeply.", "the nesting of a sale"),
    "json_lone_surrogate": Text(
        "A text holds half of a surrogate pair.", "whole Unicode characters"
    ),
    "header_value": Text("The header {header} is missing or not acceptable.", "{expected}"),
    "sales_count": Text(
        "A batch has between {lowest} and {highest} sales.", "{lowest} to {highest} sales"
    ),
    "unknown_parameter": Text("There is no such parameter.", "only: {names}"),
    "repeated_parameter": Text("The parameter comes more than once.", "each parameter once"),
    "malformed_query": Text(
        "The query is not percent-encoded UTF-8.", "name=value pairs joined by &"
    ),
    "status_unknown": Text("There is no such status.", "one of: {names}"),
    "document_invalid": Text(
        "The document is neither a CPF, nor a CNPJ, nor foreign: and a foreign one.",
        "11 digits or 000.000.000-00; 14 characters or 00.000.000/0000-00; foreign:AB12345,"
        " where it is no CPF or CNPJ",
    ),
    "cnpj_invalid": Text("This is no CNPJ.", "14 characters, or 00.000.000/0000-00"),
    "store_invalid": Text("This cannot be a store.", "1 to {highest} visible ASCII characters"),
    "month_invalid": Text("This is no month.", "YYYY-MM, such as 2026-01"),
    "invoice_needs_cnpj": Text(
        "A fiscal document is named by its issuer's CNPJ, and more if wanted.", "invoice_cnpj, too"
    ),
    "access_key_invalid": Text(
        "This is no access key.", "44 digits, in whose CNPJ there may be capitals, without blanks"
    ),
    "amount_invalid": Text("This is no amount in reais.", "such as 10.00, without a sign"),
    "uuid_invalid": Text("This is no id.", "a UUID"),
    "search_unbounded": Text(
        "This search could read all that was ever sold.",
        "also a sale_id, an idempotency_key, an access_key or a document; or a range of at most"
        " {days} days of sold, accepted, applied or changed (…_from and …_to); or only statuses"
        " that are still open",
    ),
    "day_invalid": Text("This is no day, or one that does not exist.", "YYYY-MM-DD"),
    "days_out_of_range": Text(
        "The range ends before it begins, or is too long.", "1 to {highest} days"
    ),
    "dimensions_invalid": Text(
        "Figures cannot be told apart by this.",
        "up to {highest} of: {names}; each once, with commas",
    ),
    "too_many_rows": Text(
        "The answer would have more than {highest} rows.",
        "fewer days, fewer dimensions in by, or a filter",
    ),
    "instant_invalid": Text("This is no instant, or one that does not exist.", INSTANT),
    "bound_invalid": Text(
        "This is no day and no instant, or one that does not exist.",
        f"YYYY-MM-DD for a whole day, or {INSTANT}",
    ),
    "limit_invalid": Text("The limit is no whole number in range.", "1 to {highest}"),
    "type_and_rate_version": Text(
        "A rate is named by its product type and its version together.",
        "type and rate_version, both",
    ),
    "plain_text": Text("This is no plain text.", "1 to {highest} printable characters"),
    "whole_number": Text("This is no whole number in range.", "{lowest} to {highest}"),
    "not_boolean": Text("The value is neither true nor false.", "true or false"),
    "taken": Text("This is taken already, here or elsewhere.", "another value"),
    "cursor_of_another_list": Text(
        "This cursor was not given out for this list.",
        "next_cursor of the page before, with the same sort and filters",
    ),
    "not_an_id": Text("The value is no id of a cashback.", "a UUID"),
}

PHRASES: Final[Mapping[str, str]] = {
    "reason.value_expected": "a value is expected",
    "reason.name_expected": "a name in double quotes is expected",
    "reason.colon_expected": "a : is expected",
    "reason.comma_expected": "a , is expected",
    "reason.text_follows": "text follows the value",
    "reason.text_without_end": "a text has no end",
    "reason.control_character": "a control character in a text",
    "reason.no_such_escape": "no such escape",
    "reason.hexadecimal_digits": "\\u takes four hexadecimal digits",
    "reason.trailing_comma": "a comma before the end",
    "reason.other": "not JSON",
}
