"""What of a statement's file is plainly credited, as SQL says it, and how all else is looked up.

A line that spells the id of an applied cashback, to the letter, with its customer and amount, dated
no earlier than its one attempt, is that one's credit if no other line names it: whatever else is on
the statement changes nothing of it (`by_reference`), and it changes nothing of anything else.
"""

from __future__ import annotations

from typing import Final, LiteralString

_LINE: Final[LiteralString] = """
    l.line, l.kind, l.document, l.centavos, l.credited_at, l.reference, l.problem, l.doubtful,
    l.known_by, l.credit_known_by
"""
_APPLIED: Final[LiteralString] = """
    select c.cashback_id, c.attempt, c.cashback_centavos, c.applied_at, s.document, a.started_at
    from cashbacks as c
    join sales as s on s.merchant_id = c.merchant_id and s.cashback_id = c.cashback_id
    left join attempts as a
        on a.merchant_id = c.merchant_id and a.cashback_id = c.cashback_id and a.attempt = 1
    where c.status = 'applied' and c.applied_at >= %(applied_since)s
"""
# A foreign document, which is stored behind "F:", is left to the core, too.
# What a person said of a line is known by a hash: whatever is of its amount and instant is asked.
_PLAIN: Final[LiteralString] = """
    l.kind = 'credit' and l.doubtful is null and l.problem is null
    and l.centavos = b.cashback_centavos and l.document = b.document
    and b.attempt = 1 and l.credited_at >= b.started_at - %(precedes)s
    and b.applied_at >= %(own_since)s
    and (l.centavos, l.credited_at) not in (
        select i.centavos, i.credited_at
        from statement_explanations as e join statement_incidents as i using (incident_id)
        where e.line_key is not null and i.credited_at is not null
    )
"""
NOT_PLAIN: Final[LiteralString] = f"""
    select {_LINE}, b.cashback_id
    from (select * from statement_lines where file_id = %(file_id)s) as l
    full join ({_APPLIED}) as b on b.cashback_id::text = l.reference
    where ({_PLAIN}) is not true
"""  # noqa: S608 (made of literals)
"""The one statement that matches a statement's file."""

# Without references: customers each of whose lines is the only one of its amount, and goes with the
# only cashback of that amount, dated as its credit is (`Rules.is_dated_like`); nothing else of
# theirs is open.
_SILENT_PLAIN: Final[LiteralString] = """
    l.lines = 1 and b.cashbacks = 1 and l.is_plain and b.is_plain
    and l.credited_at >= b.started_at - %(precedes)s
    and (
        l.credited_at between b.started_at - %(skew)s and b.applied_at + %(told_within)s
        or l.credited_at = date_trunc('day', l.credited_at) and l.credited_at <= b.started_at
    )
"""
NOT_PLAIN_SILENT: Final[LiteralString] = f"""
    with applied as ({_APPLIED}), plain as (
        select coalesce(l.document, b.document) as document
        from (
            select l.document, l.centavos, count(*) as lines, min(l.credited_at) as credited_at,
                bool_and(
                    l.kind = 'credit' and l.doubtful is null and l.problem is null
                    and l.reference is null and l.credited_at is not null
                    and (l.centavos, l.credited_at) not in (
                        select i.centavos, i.credited_at
                        from statement_explanations as e
                        join statement_incidents as i using (incident_id)
                        where e.line_key is not null and i.credited_at is not null
                    )
                ) as is_plain
            from statement_lines as l where l.file_id = %(file_id)s
            group by l.document, l.centavos
        ) as l
        full join (
            select b.document, b.cashback_centavos, count(*) as cashbacks,
                min(b.started_at) as started_at, min(b.applied_at) as applied_at,
                bool_and(b.attempt = 1 and b.applied_at >= %(own_since)s) as is_plain
            from applied as b group by b.document, b.cashback_centavos
        ) as b on b.document = l.document and b.cashback_centavos = l.centavos
        group by 1 having bool_and(coalesce({_SILENT_PLAIN}, false))
        except
        select s.document
        from cashbacks as c
        join sales as s on s.merchant_id = c.merchant_id and s.cashback_id = c.cashback_id
        where c.status not in ('applied', 'not_due', 'void', 'recorded')
    )
    select {_LINE}, null::uuid as cashback_id
    from statement_lines as l
    where l.file_id = %(file_id)s
        and not exists (select from plain as p where p.document = l.document)
    union all
    select null, null, null, null, null, null, null, null, null, null, b.cashback_id
    from applied as b
    where not exists (select from plain as p where p.document = b.document)
"""  # noqa: S608 (made of literals)
"""The same for a provider that echoes no references: whole customers, or nothing of them."""

LINES_OF_CUSTOMERS: Final[LiteralString] = f"""
    select {_LINE} from statement_lines as l
    where l.file_id = %(file_id)s and l.document = any(%(documents)s)
"""  # noqa: S608 (made of literals)
LINES_OF: Final[LiteralString] = f"""
    select {_LINE} from statement_lines as l
    where l.file_id = %(file_id)s and l.reference = any(%(references)s)
"""  # noqa: S608 (made of literals)
NAMED_TWICE: Final[LiteralString] = """
    select reference from statement_lines
    where file_id = %(file_id)s and reference is not null
    group by reference having count(*) > 1
"""
COUNT_APPLIED: Final[LiteralString] = """
    select count(*) from cashbacks as c
    where c.status = 'applied' and c.applied_at >= %(applied_since)s
"""
# Whatever else of these may be in the book is entered whole: what is void or long past never is.
APPLIED_OF: Final[LiteralString] = """
    select s.cashback_id
    from merchants as m
    join sales as s on s.merchant_id = m.merchant_id and s.document = any(%(documents)s)
    join cashbacks as c on c.merchant_id = s.merchant_id and c.cashback_id = s.cashback_id
    where c.status = 'applied' and c.applied_at >= %(applied_since)s
"""
