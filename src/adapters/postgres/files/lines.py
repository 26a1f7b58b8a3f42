"""The lines of files: put aside a part at a time, read back in their order.

A statement's come by COPY. A merchant's are rows that a policy parts from other merchants', into
which PostgreSQL copies nothing: they come as one array for each column, which costs little more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cashback_core.reconciliation.file_store import LineProblem
from cashback_core.reconciliation.files import FileTopic
from cashback_core.reconciliation.statements import KnownBy, LineKind, StatementLine
from cashback_core.reconciliation.told_sales import ToldSale

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from psycopg import AsyncConnection

    from cashback_core.reconciliation.files import FileLine, KeptFile

_NULL: Final = "\\N"
_COPIED: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_QUOTED: Final = str.maketrans({"\\": "\\\\", '"': '\\"'})


async def put_lines(
    connection: AsyncConnection[Any], file: KeptFile, lines: Sequence[FileLine]
) -> None:
    """Add lines to a file of their topic."""
    if file.topic is FileTopic.STATEMENT:
        await _copy(connection, file, [one for one in lines if isinstance(one, StatementLine)])
    else:
        await _insert(connection, file, [one for one in lines if isinstance(one, ToldSale)])


async def _copy(
    connection: AsyncConnection[Any], file: KeptFile, lines: Sequence[StatementLine]
) -> None:
    id_, kinds = str(file.id), {kind: kind.value for kind in LineKind}
    text = "".join(
        [
            f"{id_}\t{one.number}\t{kinds[one.kind]}\t{_text(one.document)}\t{_text(one.doubtful)}"
            f"\t{_NULL if one.cashback_centavos is None else one.cashback_centavos}"
            f"\t{_NULL if one.credited_at is None else one.credited_at.isoformat()}"
            f"\t{_text(one.reference)}\t{_text(one.problem)}\n"
            for one in lines
        ]
    )
    async with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy statement_lines (file_id, line, kind, document, doubtful, centavos, credited_at,"
            " reference, problem) from stdin"
        ) as copy,
    ):
        await copy.write(text.encode())


def _text(text: str | None) -> str:
    if text is None:
        return _NULL
    # What is printable has neither tab nor line end in it.
    return text if text.isprintable() and "\\" not in text else text.translate(_COPIED)


async def _insert(
    connection: AsyncConnection[Any], file: KeptFile, sales: Sequence[ToldSale]
) -> None:
    def numbers(of: Callable[[ToldSale], int | None]) -> str:
        return f"{{{','.join(['NULL' if (n := of(one)) is None else str(n) for one in sales])}}}"

    def texts(of: Callable[[ToldSale], str | None]) -> str:
        return f"{{{','.join([_element(of(one)) for one in sales])}}}"

    instants = ["NULL" if one.sold_at is None else f'"{one.sold_at.isoformat()}"' for one in sales]
    await connection.execute(
        """
        insert into erp_lines (
            file_id, merchant_id, line, name_kind, name, store, document, customer_name, sold_at,
            total_centavos, discount_centavos, cashback_centavos, problem
        )
        select %s, %s, l.* from unnest(
            %s::int[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
            %s::timestamptz[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[]
        ) as l
        """,
        [
            file.id,
            file.merchant_id,
            numbers(lambda one: one.line),
            texts(lambda one: one.name_kind),
            texts(lambda one: one.name),
            texts(lambda one: one.store),
            texts(lambda one: one.document),
            texts(lambda one: one.customer_name),
            f"{{{','.join(instants)}}}",
            numbers(lambda one: one.total_centavos),
            numbers(lambda one: one.discount_centavos),
            numbers(lambda one: one.cashback_centavos),
            texts(lambda one: one.problem),
        ],
    )


def _element(text: str | None) -> str:
    if text is None:
        return "NULL"
    return f'"{text.translate(_QUOTED)}"' if '"' in text or "\\" in text else f'"{text}"'


async def read_problems(
    connection: AsyncConnection[Any],
    topic: FileTopic,
    merchant_id: int | None,
    file_id: UUID,
    *,
    limit: int,
    after: int,
) -> tuple[LineProblem, ...]:
    """What is wrong with lines of a file, up to `limit` of them behind a line."""
    if topic is FileTopic.STATEMENT:
        found = await connection.execute(
            "select line, problem, null from statement_lines"
            " where file_id = %s and line > %s and problem is not null order by line limit %s",
            [file_id, after, limit],
        )
    else:
        found = await connection.execute(
            "select line, problem, name from erp_lines where file_id = %s and line > %s"
            " and merchant_id = %s and problem is not null order by line limit %s",
            [file_id, after, merchant_id, limit],
        )
    return tuple(
        LineProblem(line=line, problem=problem, name=name)
        for line, problem, name in await found.fetchall()
    )


async def read_statement_lines(
    connection: AsyncConnection[Any], file_id: UUID, *, limit: int, after: int
) -> tuple[StatementLine, ...]:
    """Lines of a statement that is whole, in their order; of any other none."""
    found = await connection.execute(
        """
        select l.line, l.kind, l.document, l.centavos, l.credited_at, l.reference, l.problem,
            l.doubtful, l.known_by, l.credit_known_by
        from statement_lines as l join files as f using (file_id)
        where l.file_id = %s and l.line > %s and f.completed_at is not null
            and f.cleared_at is null
        order by l.line limit %s
        """,
        [file_id, after, limit],
    )
    return tuple([line_of(row) for row in await found.fetchall()])


def line_of(row: Sequence[Any]) -> StatementLine:
    """Of number, kind, document, centavos, instant, reference, problem, doubtful, and any keys."""
    number, kind, document, centavos, credited_at, reference, problem, doubtful, *keys = row
    known_by = keys[0] if keys else None
    return StatementLine(
        number=number,
        kind=LineKind(kind),
        document=document,
        cashback_centavos=centavos,
        credited_at=credited_at,
        reference=reference,
        problem=problem,
        doubtful=doubtful,
        was=None if known_by is None else KnownBy(line=known_by, credit=keys[1]),
    )
