"""A row of `files` as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cashback_core.reconciliation.files import FileTopic, KeptFile, LineTally

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import LiteralString

COLUMNS: Final[LiteralString] = """
    file_id, kind, merchant_id, name, sha256, declared_by, declared, profile, day, since, through,
    told_lines, told_centavos, lines, centavos, gross_centavos, unreadable, unread, unsure_centavos,
    read_through, begun_at, completed_at, refused_at, refused_why, cleared_at,
    case when kind = 'erp_day' then completed_at is not null and not exists (
        select from files as newer
        where newer.merchant_id = files.merchant_id and newer.day = files.day
            and newer.completed_at is not null
            and (newer.completed_at, newer.file_id) > (files.completed_at, files.file_id)
    ) end as counts
"""
"""Of the table `files` under its own name; what a row that is written counts for, too."""


def kept_file(row: Sequence[Any]) -> KeptFile:
    """The file of a row of COLUMNS."""
    (
        id_, kind, merchant_id, name, digest, declared_by, declared, profile, day, since, through,
        told_lines, told_centavos, lines, centavos, gross, unreadable, unread, unsure,
        read_through, begun_at, completed_at, refused_at, refused_why, cleared_at, counts,
    ) = row  # fmt: skip
    return KeptFile(
        id=id_,
        topic=FileTopic(kind),
        merchant_id=merchant_id,
        name=name,
        sha256=bytes(digest),
        declared_by=declared_by,
        declared=declared,
        profile=profile,
        day=day,
        since=since,
        through=through,
        told_lines=told_lines,
        told_centavos=told_centavos,
        tally=LineTally(
            lines=lines,
            centavos=centavos,
            gross_centavos=gross,
            unreadable=unreadable,
            unread=unread,
            unsure_centavos=unsure,
        ),
        read_through=read_through,
        begun_at=begun_at,
        completed_at=completed_at,
        refused_at=refused_at,
        refused_why=refused_why,
        cleared_at=cleared_at,
        counts=counts,
    )
