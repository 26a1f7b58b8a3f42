-- Merchants are kept apart twice: by every query, and by row-level security for sessions whose
-- roles own nothing. A login may do nothing but take one of these roles for what it is about to do:
--   cashback_serving   the API: the merchants that its transaction names in `cashback.merchants`
--   cashback_worker    workers, reconciliation, doctor, the operators' command line: all merchants
--   cashback_identity  log-in, standing, throttling, rates: before any merchant is known
--   cashback_platform  the platform's administrators: merchants and their people, none of their sales
--   cashback_eraser    changes what is otherwise written once, and of that only what names a person
-- Migrations run as the tables' owner, whom no policy binds. What each role may do stands beside the
-- table that it is about, and as a whole in docs/database.md, which a test compares.

-- Roles belong to the cluster, not to the database: another database may be migrated at this very
-- moment. Whoever migrates may act as each of them, so that one DATABASE_URL is enough.
do $$
declare
    role_name text;
    acting text := case
        when current_setting('server_version_num')::integer >= 160000 then 'set' else 'member'
    end;
begin
    foreach role_name in array array[
        'cashback_serving', 'cashback_worker', 'cashback_identity', 'cashback_platform',
        'cashback_eraser'
    ] loop
        begin
            if to_regrole(role_name) is null then
                execute format('create role %I nologin', role_name);
            end if;
        exception when duplicate_object or unique_violation then
            null;  -- made by the other one
        end;
        if exists (
            select from pg_roles where rolname = role_name and (rolsuper or rolbypassrls)
        ) then
            raise exception 'the role % would pass every policy: it is superuser or has bypassrls',
                role_name;
        end if;
        if not pg_has_role(current_user, role_name, acting) then
            begin
                execute format('grant %I to current_user', role_name);
            exception when unique_violation then
                null;
            end;
        end if;
        execute format('grant usage on schema %I to %I', current_schema(), role_name);
    end loop;
end $$;

-- A policy that lets a role touch the rows of the merchants that its transaction names, and no other;
-- what is null or names nobody lets no row pass. It judges the rows that a query found, and never
-- finds them itself: `merchant_id = any (...)` could be taken for an index condition, and then the
-- planner, who thinks that a young table holds few rows of a merchant, reads all of them by the policy
-- instead of the asked ones by their keys; a group of sales cost as much as all sales before it. Inside
-- `case` it can only be a filter, and one that the planner expects many rows to pass (it guesses half;
-- in truth all do, for every query names its merchant, too). The subselect is computed once for a
-- statement; the setting is null where none was made, and empty after the transaction that made one.
create function let_named_merchants(
    protected regclass, policy name, reader name, verbs text default 'all'
) returns void language plpgsql as $$
begin
    execute format(
        'create policy %I on %s for %s to %I using (case when merchant_id = any (('
        'select nullif(current_setting(''cashback.merchants'', true), '''')::bigint[]'
        ')::bigint[]) then true else false end)',
        policy, protected, verbs, reader
    );
end $$;

-- For every table with a merchant_id: the serving role reads and writes rows of the named merchants
-- only, the worker's role all. It grants nothing: a migration says which verbs each role has.
create function protect_merchant_table(protected regclass) returns void language plpgsql as $$
begin
    execute format('alter table %s enable row level security', protected);
    perform let_named_merchants(protected, 'of_named_merchants', 'cashback_serving');
    execute format(
        'create policy of_all_merchants on %s to cashback_worker using (true)', protected
    );
end $$;

-- Every migration that makes a function ends with this; tests look at all of them. Nobody calls what
-- they are not granted: PostgreSQL lets everybody execute a new function (a trigger's runs whoever may
-- execute it). And names are looked for where ours are, and nowhere before: not among a session's
-- temporary tables, which come first unless they are named. A body that was read when it was made
-- (`return …`) looks for no names any more: without a setting it can become part of the plan of
-- whoever calls it, so that it costs no call.
create function close_functions(home name default current_schema()) returns void
language plpgsql as $$
declare
    made regprocedure;
begin
    for made in
        select p.oid from pg_proc as p
        where p.pronamespace = (select n.oid from pg_namespace as n where n.nspname = home)
            and p.prokind in ('f', 'p')
            and (
                has_function_privilege('public', p.oid, 'execute')
                or p.prosqlbody is null and format('search_path=pg_catalog, %I, pg_temp', home)
                    <> all (coalesce(p.proconfig, '{}'))
            )
            and not exists (
                select from pg_depend as d
                where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
            )
    loop
        if (select p.prosqlbody is null from pg_proc as p where p.oid = made) then
            execute format(
                'alter routine %s set search_path = pg_catalog, %I, pg_temp', made, home
            );
        end if;
        execute format('revoke execute on routine %s from public', made);
    end loop;
end $$;
select close_functions();

-- Whether the schema is the program's own is looked at by whoever starts.
grant select on schema_migrations to cashback_worker;
