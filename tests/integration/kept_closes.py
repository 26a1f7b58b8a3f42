"""Closes put into a database as they are: of days on which nothing happened."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import psycopg

from cashback_core.closing.close import (
    Chained,
    Close,
    Span,
    close_hash,
    document_bytes,
    sign_close,
)
from cashback_core.closing.day_under_way import DayUnderWay
from cashback_core.closing.keys import key_id
from cashback_core.closing.lines import LinesHead
from contract.closing import SIGNER

FIRST: Final = date(2026, 1, 1)


def keep_close(dsn: str, merchant_id: int | None, slug: str | None) -> date:
    """The first close of a chain, of a day that no other merchant has; which day that is."""
    day = FIRST + timedelta(days=merchant_id or 0)
    begins_at = datetime.combine(day, time(), UTC)
    ends_at = begins_at + timedelta(days=1)
    of_merchant = None
    if slug is not None:
        head = LinesHead(owner=slug, number=1, day=day)
        of_merchant = DayUnderWay(head, begins_at=begins_at, ends_at=ends_at).done({})
    close = Close(
        chained=Chained(owner=slug, number=1, previous=None),
        span=Span(
            day=day, zone="UTC", begins_at=begins_at, ends_at=ends_at,
            closed_at=ends_at + timedelta(minutes=10), below=0,
        ),
        key=key_id(SIGNER.public_key),
        of_merchant=of_merchant,
    )  # fmt: skip
    with psycopg.connect(dsn) as owner:
        owner.execute(
            "insert into close_keys values (%s, %s, %s) on conflict do nothing",
            [close.key, SIGNER.public_key, datetime.combine(FIRST, time(), UTC)],
        )
        owner.execute(
            "insert into closes (merchant_id, number, day, begins_at, ends_at, below, closed_at,"
            " key_id, hash, document, lines, late)"
            " select %s, 1, %s, %s, %s, 0, %s, %s, decode(%s, 'hex'), %s, 0, 0"
            " where not exists (select from closes where merchant_id is not distinct from %s)",
            [
                merchant_id, day, begins_at, ends_at, close.span.closed_at, close.key,
                close_hash(close), document_bytes(sign_close(close, SIGNER.sign)), merchant_id,
            ],
        )  # fmt: skip
    return day
