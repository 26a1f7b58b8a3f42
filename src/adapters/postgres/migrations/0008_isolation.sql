-- Merchants are kept apart twice: by every query, and by row-level security for sessions whose
-- roles own nothing. The API serves as `cashback_serving`, which sees the merchants that its
-- transaction names in `cashback.merchants` and no other. Workers, the settler, the doctor and the
-- operators' command line work as `cashback_worker`, over all merchants. Log-in looks users up
-- before any merchant is known, as `cashback_identity`. Migrations run as the tables' owner, whom
-- no policy binds.

-- Roles belong to the cluster, not to the database: another database may be migrated at this very
-- moment. Whoever migrates may act as each of them, so that one DATABASE_URL is enough.
do $$
declare
    role_name text;
    acting text := case
        when current_setting('server_version_num')::integer >= 160000 then 'set' else 'member'
    end;
begin
    foreach role_name in array array['cashback_serving', 'cashback_worker', 'cashback_identity'] loop
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
            exception
                when unique_violation then
                    null;
                when insufficient_privilege then
                    raise exception '% may not act as %: a superuser has to grant it, once',
                        current_user, role_name
                        using errcode = 'insufficient_privilege',
                            hint = format('grant %I to %I', role_name, current_user);
            end;
        end if;
        execute format('grant usage on schema %I to %I', current_schema(), role_name);
    end loop;
end $$;

-- For every table with a merchant_id, also those of later migrations: enables row-level security,
-- so that the serving role reads and writes rows of the named merchants only (none is named: no
-- row) and the worker's role all. It grants nothing: a migration says which verbs each role has.
-- The subselect is computed once for a statement; what no transaction has set is null, and empty
-- after the end of one that had.
create function protect_merchant_table(protected regclass) returns void language plpgsql as $$
begin
    execute format('alter table %s enable row level security', protected);
    execute format(
        'create policy of_named_merchants on %s to cashback_serving using (merchant_id = any (('
        'select nullif(current_setting(''cashback.merchants'', true), '''')::bigint[]'
        ')::bigint[]))',
        protected
    );
    execute format(
        'create policy of_all_merchants on %s to cashback_worker using (true)', protected
    );
end $$;
revoke execute on function protect_merchant_table from public;

select protect_merchant_table(name::regclass) from unnest(array[
    'merchants', 'product_types', 'rates', 'users', 'customers', 'sales', 'sale_lines',
    'sale_names', 'cashbacks', 'attempts', 'events', 'incidents'
]) as t (name);

grant select on merchants to cashback_serving, cashback_worker, cashback_identity;
create policy at_log_in on merchants for select to cashback_identity using (true);

grant select, insert, update (password_hash) on users to cashback_identity;
create policy at_log_in on users to cashback_identity using (true);

grant select on rates to cashback_serving;
grant select, insert on customers to cashback_serving;

-- The past is written once. A name is given back when its sale is refused in the same transaction.
grant select, insert on sales, sale_lines, events to cashback_serving;
grant select, insert, delete on sale_names to cashback_serving;
grant insert on incidents to cashback_serving;
grant select on sales, sale_lines to cashback_worker;
grant select, insert on events, incidents to cashback_worker;

grant select, insert on cashbacks to cashback_serving;
grant select on cashbacks to cashback_worker;
grant update (
    status, version, attempt, open_since_at, due_at, lease_until_at, applied_at, risk_accepted_at
) on cashbacks to cashback_serving, cashback_worker;

grant select, insert on attempts to cashback_serving, cashback_worker;
grant update (
    ended_at, result, phase, reason, status_code, body, provider_id, provider_message,
    provider_created_at, connected_s, sent_s, elapsed_s
) on attempts to cashback_serving, cashback_worker;

-- Everybody's: an API process may pause the sender, since a database that went back is noticed
-- there too, but only the command line releases it.
alter table sender enable row level security;
create policy anybody_looks on sender for select to cashback_serving using (true);
create policy pausing_only on sender for update to cashback_serving
    using (true) with check (paused_at is not null);
create policy operators_release on sender to cashback_worker using (true);
grant select, update (paused_at, reason, actor) on sender to cashback_serving, cashback_worker;
grant select on sender_pauses to cashback_serving;
grant select, insert, update (through_at) on sender_pauses to cashback_worker;
grant insert on sender_releases to cashback_worker;
grant select on schema_migrations to cashback_worker;

-- Who sent it: the subject of the token. Null for what was recorded before it was kept. The index
-- is for whoever may read only what is their own; being partial it can never be taken for a foreign
-- key check, which the primary key alone must serve (see 0002).
alter table sales add column submitted_by text check (submitted_by ~ '^[ -~]{1,96}$');
create index sales_by_submitter on sales (merchant_id, submitted_by, accepted_at desc)
    where submitted_by is not null;
