"""A close of every merchant, as a row that nobody signed: for whoever only reads what is kept."""

from __future__ import annotations

from typing import Final, LiteralString

CLOSED: Final[LiteralString] = """
    with key as (
        insert into close_keys (key_id, public_key, from_at)
        select left(encode(sha256(k), 'hex'), 32), k, '2026-11-01Z'
        from decode(repeat('00', 32), 'hex') as k returning key_id
    )
    insert into closes (merchant_id, number, day, begins_at, ends_at, below, key_id, hash,
        document, lines, late)
    select m.merchant_id, 1, '2026-11-01', '2026-11-01T03:00Z', '2026-11-02T03:00Z', 7, key.key_id,
        sha256(convert_to(d.body, 'UTF8')), convert_to(
            '{"close":' || d.body || ',"signature":"' || repeat('0', 128) || '"}', 'UTF8'
        ), 3, 0
    from key, merchants as m, lateral (select format(
        '{"owner":"%s","liability":{"opening":{"centavos":5,"count":1},'
        '"accrued":{"centavos":100,"count":2},"paid":{"centavos":60,"count":1},'
        '"cancelled":{"centavos":0,"count":0},"adjusted":{"centavos":1,"count":1},'
        '"closing":{"centavos":46,"count":2}}}', m.slug
    )) as d (body)
"""
"""Number 1, of 1 November 2026: 5 centavos were owed, then 46."""
