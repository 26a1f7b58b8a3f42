"""What PostgreSQL gives everybody who may connect, and this database gives nobody but our roles.

No part of the schema, so that neither a template nor every dump carries it: `migrate` asks for it
each time. Whoever may only read harms sales by locks as much as by writes, so everybody loses:

- the schema's name space. A relation is locked before it is asked who may: `create rule … on
  events` waits for the strongest lock there is, and all that sells waits behind it. Who may not use
  the schema finds no relation to lock.
- transaction numbers for their own sake, and languages in which a loop takes thousands a second: a
  server has 2^31 of them until old ones are cleared away, which an open transaction keeps it from.
- advisory locks, by which chores find whether another is at it, and enough of which fill the memory
  that every lock of the server is in; making large objects; messages in the log (WAL).

But for the first these belong to the server's superuser, who alone can take them away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, LiteralString, cast

from adapters.postgres.connection.harms import SPOKEN, TAKEN
from adapters.postgres.connection.sessions import REPORTING_ROLE, DatabaseRole

if TYPE_CHECKING:
    import psycopg

_DATABASE: Final = """
do $$
declare
    here text := quote_ident(current_database());
    name text;
begin
    if exists (
        select from pg_database as d
        cross join aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) as a
        where d.datname = current_database() and a.grantee = 0 and a.privilege_type = 'CONNECT'
    ) then
        for name in
            select l.rolname from pg_roles as l
            where l.rolcanlogin and exists (
                select from pg_auth_members as m join pg_roles as r on r.oid = m.roleid
                where m.member = l.oid and r.rolname in (%ROLES%)
            )
            union select current_user
        loop
            execute format('grant connect on database %s to %I', here, name);
        end loop;
        execute format('revoke connect on database %s from public', here);
        if has_database_privilege('public', current_database(), 'connect') then
            raise exception 'everybody could connect to %', here
                using errcode = 'insufficient_privilege', hint = format(
                    'as the owner of the database: revoke connect on database %s from public, and'
                    ' grant it to our logins', here
                );
        end if;
    end if;
    if not has_database_privilege('cashback_worker', current_database(), 'connect') then
        -- Not to connect, which logins do: only who may is told how large the database is.
        execute format('grant connect on database %s to cashback_worker', here);
        if not has_database_privilege('cashback_worker', current_database(), 'connect') then
            raise exception 'workers could not measure %', here
                using errcode = 'insufficient_privilege', hint = format(
                    'as the owner of the database: grant connect on database %s to'
                    ' cashback_worker', here
                );
        end if;
    end if;
    for name in
        select r.name from (
            select 'public' union all select rolname from pg_roles where rolname in (%ROLES%)
        ) as r (name)
        where has_database_privilege(r.name, current_database(), 'temporary')
    loop
        execute format('revoke temporary on database %s from %s', here,
            case name when 'public' then name else quote_ident(name) end);
        if has_database_privilege(name, current_database(), 'temporary') then
            raise exception '% could make temporary tables in %', name, here
                using errcode = 'insufficient_privilege', hint = format(
                    'as the owner of the database: revoke temporary on database %s from %s',
                    here, name
                );
        end if;
    end loop;
end $$
"""
_SCHEMA: Final = """
do $$
declare
    home text := quote_ident(current_schema());
begin
    if not has_schema_privilege('public', current_schema(), 'usage') then
        return;
    end if;
    execute format('revoke usage on schema %s from public', home);
    if has_schema_privilege('public', current_schema(), 'usage') then
        raise exception 'everybody could lock the tables of %', home
            using errcode = 'insufficient_privilege', hint = format(
                'as the owner of the schema: revoke usage on schema %s from public, and grant it'
                ' to %s', home, quote_ident(current_user)
            );
    end if;
end $$
"""
_FUNCTIONS: Final = """
do $$
declare
    taken regprocedure;
    spoken text;
    name text;
begin
    if not (select rolsuper from pg_roles where rolname = current_user) then
        return;
    end if;
    for taken in
        select p.oid from pg_proc as p
        where %TAKEN% and has_function_privilege('public', p.oid, 'execute')
    loop
        execute format('revoke execute on function %s from public', taken);
    end loop;
    for taken, name in
        -- Those that we call, and whoever migrates or owns what calls them.
        select p.oid, r.rolname from pg_proc as p cross join pg_roles as r
        where %TAKEN% and (
            r.rolname in (%ROLES%, 'pg_database_owner') and r.rolname <> '%REPORTING%'
            or exists (
                select from pg_proc as f
                where f.pronamespace = to_regnamespace(current_schema()) and f.proowner = r.oid
            )
        )
            and p.oid::regprocedure::text in (
                'pg_advisory_lock(bigint)', 'pg_advisory_xact_lock(bigint)',
                'pg_try_advisory_lock(bigint)', 'pg_current_xact_id()'
            )
            and not has_function_privilege(r.oid, p.oid, 'execute')
    loop
        execute format('grant execute on function %s to %I', taken, name);
    end loop;
    -- Nobody needs a language to call what is written in it.
    for spoken in
        select l.lanname from pg_language as l
        where %SPOKEN% and has_language_privilege('public', l.oid, 'usage')
    loop
        execute format('revoke usage on language %I from public', spoken);
    end loop;
    for spoken, name in
        select l.lanname, r.rolname from pg_language as l cross join pg_roles as r
        where %SPOKEN% and (
            r.rolname = 'pg_database_owner'
            or exists (
                select from pg_proc as f
                where f.pronamespace = to_regnamespace(current_schema()) and f.proowner = r.oid
            )
        )
            and not has_language_privilege(r.oid, l.oid, 'usage')
    loop
        execute format('grant usage on language %I to %I', spoken, name);
    end loop;
end $$
"""


def take_from_everybody(connection: psycopg.Connection[Any]) -> None:
    """Leave to our logins alone what everybody may by default, as far as whoever asks may.

    Raises InsufficientPrivilege, with a hint, where the owner of database or schema is needed. What
    needs a superuser is left as it is by others: `connection.harms` tells of what is left.
    """
    # Names of our own, never input.
    ours = ", ".join(f"'{role}'" for role in (*DatabaseRole, REPORTING_ROLE))
    for statement in (_DATABASE, _SCHEMA, _FUNCTIONS):
        filled = (
            statement.replace("%ROLES%", ours)
            .replace("%TAKEN%", TAKEN)
            .replace("%SPOKEN%", SPOKEN)
            .replace("%REPORTING%", REPORTING_ROLE)
        )
        connection.execute(cast("LiteralString", filled))
