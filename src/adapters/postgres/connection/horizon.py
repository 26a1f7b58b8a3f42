"""Below which position every event is there: what the feed is read by, and a day is cut by.

An event's position is the number of its transaction (see `feed` in `0008_cashbacks.sql`). So the
horizon is the lowest number that is under way, and whoever takes a number and stays would hold the
feed, webhooks and closes of every merchant. A login of finance may do that by itself (`alter role`
of its own is enough), and can write no event. Its number is left out, if all of this is sure:

- the table of locks says whose process has the number, at one instant, and the sessions' states say
  the same number of the same process, and its login: two looks, so that neither a process that took
  over another's place between them, nor a state that is older, is taken for it;
- its login is a member of `cashback_reporting` and of nothing else, without a power of its own or
  a right to write any relation, or to call any function that acts as its owner;
- that process has no lock of a table as whoever writes it has, and keeps until its end: it might
  have had a right when it wrote.

Whatever is not known is waited for: a prepared transaction, a login that is gone, a session that is
not seen. On a standby nothing is left out: a snapshot there does not list who is under way.

What is not sure: that a login of finance is not given a right to write while its transaction runs.
Whoever gives it one ends its sessions first (docs/reporting.md).
"""

from __future__ import annotations

from typing import Final, LiteralString

_WRITES_NOTHING: Final[LiteralString] = """
    case
        when not exists (
            select from pg_roles as r
            where r.oid = a.usesysid and not r.rolsuper and not r.rolcreaterole
                and not r.rolreplication
        ) then false
        when (
            select array_agg(r.rolname::text) from pg_roles as r
            where r.oid <> a.usesysid and pg_has_role(a.usesysid, r.oid, 'member')
        ) is distinct from array['cashback_reporting'] then false
        when exists (
            -- From 16384 on nothing is the server's own.
            select from pg_class as c
            where c.oid >= 16384 and c.relkind in ('r', 'p', 'v', 'f') and (
                c.relowner = a.usesysid
                or has_any_column_privilege(a.usesysid, c.oid, 'insert, update')
                or has_table_privilege(a.usesysid, c.oid, 'delete, truncate')
            )
        ) then false
        else not exists (
            select from pg_proc as p
            where p.oid >= 16384 and p.prosecdef
                and has_function_privilege(a.usesysid, p.oid, 'execute')
        )
    end
"""
"""Of a session `a` whether its login can write no event. Asked of few: it takes 100 us."""

_LEFT_OUT: Final[LiteralString] = f"""
    select a.backend_xid
    from pg_stat_get_activity(null) as a
    where case
        when a.backend_xid is null then false
        when not exists (
            select from pg_auth_members as m join pg_roles as r on r.oid = m.roleid
            where m.member = a.usesysid and r.rolname = 'cashback_reporting'
        ) then false
        when not ({_WRITES_NOTHING}) then false
        else (
            select coalesce(
                bool_or(l.locktype = 'transactionid' and l.transactionid = a.backend_xid)
                and not bool_or(
                    l.locktype = 'relation' and l.relation >= 16384
                    and l.mode not in ('AccessShareLock', 'RowShareLock')
                ),
                false
            )
            from pg_locks as l where l.pid = a.pid and l.granted
        )
    end
"""  # noqa: S608 (made of literals)
"""The numbers of those that write no event. The locks are asked of logins of finance only."""

NUMBERS: Final[LiteralString] = f"""
    select n.number from pg_snapshot_xip(pg_current_snapshot()) as n (number)
    where not n.number::xid = any (array({_LEFT_OUT}))
"""  # noqa: S608 (made of literals)
"""The numbers that are waited for, where the server is no standby."""

HORIZON: Final[LiteralString] = f"""
    (select f.raised + (
        case
            when pg_snapshot_xmin(pg_current_snapshot()) = pg_snapshot_xmax(pg_current_snapshot())
                or pg_is_in_recovery() or pg_current_xact_id_if_assigned() is not null
            then pg_snapshot_xmin(pg_current_snapshot())
            else coalesce(
                (select min(w.number) from ({NUMBERS}) as w),
                pg_snapshot_xmax(pg_current_snapshot())
            )
        end
    )::text::bigint from feed as f)
"""  # noqa: S608 (made of literals)
"""What is below it is read; computed once for a statement, by its own snapshot."""

WHO: Final[LiteralString] = f"""
    select coalesce(
        (
            select format('session %s of %s since %s', a.pid,
                coalesce((select r.rolname from pg_roles as r where r.oid = a.usesysid), 'nobody'),
                -- Seen by its own login and who may read all statistics.
                coalesce(
                    to_char(a.xact_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                    to_char(now() at time zone 'UTC', '"before "YYYY-MM-DD"T"HH24:MI:SS"Z"')
                ))
            from pg_stat_get_activity(null) as a where a.backend_xid = w.number::xid
        ),
        (
            select format('prepared transaction %s of %s since %s', p.gid, p.owner,
                to_char(p.prepared at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
            from pg_prepared_xacts as p where p.transaction = w.number::xid
        ),
        format('transaction %s', w.number)
    )
    from (select min(n.number) as number from ({NUMBERS}) as n) as w
    where w.number is not null
"""  # noqa: S608 (made of literals)
"""Who holds the horizon, in a row; none where nobody is waited for. It looks anew."""
