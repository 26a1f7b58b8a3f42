"""A sale of merchant 1 as plain statements: two lines of 10.00, half of the second given away."""

# ruff: noqa: E501 (a statement reads best on one line)

from __future__ import annotations

from typing import Final, LiteralString

CUSTOMER: Final = "insert into customers (merchant_id, document, name) values (1, '79336512404', 'JOSE') on conflict do nothing"

WHOLE: Final[dict[str, LiteralString]] = {
    "name": "insert into sale_names values (1, 'content', 'x', %(id)s)",
    "sale": "insert into sales (merchant_id, cashback_id, sold_at, document, name, total_centavos, discount_centavos, rounding, exact, raw_body, accepted_at) values (1, %(id)s, now(), '79336512404', 'JOSE', 1000, 500, 'half_even', '0.75', '', now())",
    "cashback": "insert into cashbacks (merchant_id, cashback_id, status, version, attempt, cashback_centavos, accepted_at, open_since_at, due_at) values (1, %(id)s, 'pending', 1, 0, 75, now(), now(), now())",
    "lines": "insert into sale_lines (merchant_id, cashback_id, position, type, value_e10, qty_e4, amount_centavos, discount_centavos, rate_bp, rate_version, exact, cashback_centavos) select 1, %(id)s, i, 'A', 100000000000, 10000, 1000, i * 500, 500, 1, '0', 50 - i * 25 from generate_series(0, 1) as i",
}
"""A sale of two lines, statement by statement."""
