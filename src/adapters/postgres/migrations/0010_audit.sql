-- Who changed what. Every administered table tells the audit trail of each change, whoever makes it
-- and by whatever way, in the transaction that makes it: there is no change without its line. A line
-- names no person beside those who administer: what is secret or personal is told as "changed",
-- never by its value, so that erasing a customer leaves the trail as it is.
--
-- The platform's administrators work as `cashback_platform`: it sees every merchant and its people,
-- and nothing of their sales, which it has no grant for.

do $$
declare
    acting text := case
        when current_setting('server_version_num')::integer >= 160000 then 'set' else 'member'
    end;
begin
    begin
        if to_regrole('cashback_platform') is null then
            create role cashback_platform nologin;
        end if;
    exception when duplicate_object or unique_violation then
        null;  -- another database of the cluster is being migrated at this moment
    end;
    if exists (
        select from pg_roles where rolname = 'cashback_platform' and (rolsuper or rolbypassrls)
    ) then
        raise exception 'the role cashback_platform would pass every policy: superuser or bypassrls';
    end if;
    if not pg_has_role(current_user, 'cashback_platform', acting) then
        begin
            grant cashback_platform to current_user;
        exception when unique_violation then
            null;
        end;
    end if;
    execute format('grant usage on schema %I to cashback_platform', current_schema());
end $$;

create table audit (
    audit_id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    -- Null for what belongs to the platform.
    merchant_id bigint references merchants,
    -- The subject of the token; `login:` and a role of the database for whoever came without one.
    actor text not null check (char_length(actor) between 1 and 160),
    -- As whom the database let them in: nobody who comes another way can pass for the service.
    login text not null,
    action text not null check (action in ('insert', 'update', 'delete')),
    resource text not null,
    key text not null,
    -- The changed fields alone: as they were, and as they are.
    before jsonb not null check (jsonb_typeof(before) = 'object'),
    after jsonb not null check (jsonb_typeof(after) = 'object'),
    request_id text check (char_length(request_id) <= 64)
);
create index audit_of_a_merchant on audit (merchant_id, audit_id);
create index audit_of_a_resource on audit (merchant_id, resource, key, audit_id);
create index audit_of_an_actor on audit (merchant_id, actor, audit_id);
create index audit_by_time on audit (merchant_id, at);

create trigger audit_append_only before update or delete on audit
    for each row execute function refuse_change();
create trigger audit_no_truncate before truncate on audit
    for each statement execute function refuse_change();

-- A value as it may be told: a CPF is none, wherever somebody wrote it.
create function audited_value(value jsonb) returns jsonb language sql immutable as $$
    select case jsonb_typeof(value)
        when 'string' then to_jsonb(regexp_replace(
            value #>> '{}', '\m\d{3}[.]?\d{3}[.]?\d{3}-?\d{2}\M', '***', 'g'
        ))
        else value
    end
$$;

-- Runs as the table's owner, so that nobody else can write to the trail. Its arguments: the resource's
-- name, the columns of its key, those that are told as "changed", and those that are not told of.
create function audit_change() returns trigger language plpgsql security definer as $$
declare
    was jsonb := case when tg_op = 'INSERT' then '{}' else to_jsonb(old) end;
    is_now jsonb := case when tg_op = 'DELETE' then '{}' else to_jsonb(new) end;
    row_now jsonb := case when tg_op = 'DELETE' then to_jsonb(old) else to_jsonb(new) end;
    key_columns text[] := tg_argv[1]::text[];
    hidden text[] := tg_argv[2]::text[];
    untold text[] := tg_argv[3]::text[];
    field text;
    key_text text;
    changed_before jsonb := '{}';
    changed_after jsonb := '{}';
begin
    for field in select jsonb_object_keys(was || is_now) loop
        if field = any (untold)
            or coalesce(was -> field, 'null') = coalesce(is_now -> field, 'null')
        then
            continue;
        elsif field = any (hidden) then
            changed_after := changed_after || jsonb_build_object(field, 'changed');
        else
            if tg_op <> 'INSERT' then
                changed_before :=
                    changed_before || jsonb_build_object(field, audited_value(was -> field));
            end if;
            if tg_op <> 'DELETE' then
                changed_after :=
                    changed_after || jsonb_build_object(field, audited_value(is_now -> field));
            end if;
        end if;
    end loop;
    if changed_before = '{}' and changed_after = '{}' then
        return null;
    end if;
    select string_agg(coalesce(row_now ->> name, ''), '/' order by place) into key_text
    from unnest(key_columns) with ordinality as k (name, place);
    insert into audit (merchant_id, actor, login, action, resource, key, before, after, request_id)
    values (
        (row_now ->> 'merchant_id')::bigint,
        coalesce(
            nullif(current_setting('cashback.actor', true), ''), 'login:' || session_user
        ),
        session_user,
        lower(tg_op),
        tg_argv[0],
        audited_value(to_jsonb(key_text)) #>> '{}',
        changed_before,
        changed_after,
        nullif(current_setting('cashback.request_id', true), '')
    );
    return null;
end $$;
revoke execute on function audit_change from public;
-- A temporary table of the same name must not take the place of the trail.
do $$ begin
    execute format(
        'alter function audit_change() set search_path = %I, pg_temp', current_schema()
    );
end $$;

-- Attaches a table to the trail, also those of later migrations. `hidden` columns are secret or
-- personal; `untold` ones change with others or with sales. Versions and instants of change go
-- without saying. With `inserts` false, new rows are not told of: customers come with their first
-- sale, which is recorded itself.
create function audit_table(
    audited regclass, resource text, key text[], hidden text[] default '{}',
    untold text[] default '{}', inserts boolean default true
) returns void language plpgsql as $$
begin
    execute format(
        'create trigger audited after %s on %s for each row'
        ' execute function audit_change(%L, %L, %L, %L)',
        case when inserts then 'insert or update or delete' else 'update or delete' end,
        audited, resource, key, hidden,
        untold || array['merchant_id', 'version', 'created_at', 'updated_at']
    );
end $$;
revoke execute on function audit_table from public;

alter table merchants
    add column version integer not null default 1 check (version > 0),
    add column updated_at timestamptz not null default now(),
    add column disabled_at timestamptz;

-- Everything that was ever sold hangs on a merchant.
create function guard_merchant() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        raise exception 'merchant %: its records stay, and so does it', old.slug
            using errcode = 'integrity_constraint_violation';
    end if;
    if (new.merchant_id, new.slug, new.created_at)
            is distinct from (old.merchant_id, old.slug, old.created_at)
        or new.version < old.version
    then
        raise exception 'merchant %: its slug stays', old.slug
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;
create trigger merchants_keep_their_slugs before update or delete on merchants
    for each row execute function guard_merchant();

-- Nobody locks everybody out. Whoever takes away an administrator waits for whoever else does so
-- for the same merchant, and counts after them: of the last two one stays.
create function guard_last_administrator() returns trigger language plpgsql security definer as $$
begin
    if old.role not in ('admin', 'platform')
        or old.disabled_at is not null or old.deleted_at is not null
        or (new.role = old.role and new.disabled_at is null and new.deleted_at is null)
    then
        return null;
    end if;
    perform pg_advisory_xact_lock(
        hashtextextended('guard_last_administrator', coalesce(old.merchant_id, 0))
    );
    if not exists (
        select from users as u
        where u.merchant_id is not distinct from old.merchant_id and u.role = old.role
            and u.disabled_at is null and u.deleted_at is null
    ) then
        raise exception 'user % is the last administrator', old.username
            using errcode = 'integrity_constraint_violation', constraint = 'last_administrator';
    end if;
    return null;
end $$;
revoke execute on function guard_last_administrator from public;
do $$ begin
    execute format(
        'alter function guard_last_administrator() set search_path = %I, pg_temp', current_schema()
    );
end $$;
create trigger users_keep_an_administrator after update on users
    for each row execute function guard_last_administrator();
-- Lists of a merchant's users, and the count of its administrators.
create index users_of_a_merchant on users (merchant_id, username);

select audit_table('merchants', 'merchants', array['slug']);
select audit_table('users', 'users', array['username'],
    hidden => array['password_hash'], untold => array['user_id']);
select audit_table('api_clients', 'clients', array['client_id'],
    untold => array['created_by']);
select audit_table('client_secrets', 'client_secrets', array['client_id', 'number'],
    hidden => array['secret_hash'], untold => array['client_id', 'number', 'secret_id', 'created_by']);

select protect_merchant_table('audit');
grant select (audit_id, at, merchant_id, actor, action, resource, key, before, after, request_id)
    on audit to cashback_serving, cashback_platform;

do $$
declare
    name text;
begin
    foreach name in array array[
        'merchants', 'users', 'sessions', 'api_clients', 'client_secrets', 'audit'
    ] loop
        execute format('create policy of_the_platform on %I to cashback_platform using (true)', name);
    end loop;
end $$;

grant select, insert (slug, name, zone, rounding, max_sale_age_days),
    update (name, zone, rounding, max_sale_age_days, version, updated_at, disabled_at)
    on merchants to cashback_platform;
grant update (name, max_sale_age_days, version, updated_at) on merchants to cashback_serving;
grant select (
    user_id, username, merchant_id, role, version, created_at, updated_at, signed_out_at,
    disabled_at, deleted_at
), insert (username, merchant_id, role, password_hash), update (
    role, password_hash, version, updated_at, signed_out_at, disabled_at, deleted_at
) on users to cashback_platform;
grant select (
    session_id, user_id, merchant_id, created_at, last_used_at, expires_at, revoked_at, reason
), update (revoked_at, reason) on sessions to cashback_platform;
grant select, insert, update (name, role, version, updated_at, disabled_at, deleted_at)
    on api_clients to cashback_platform;
grant select (
    merchant_id, client_id, number, secret_id, created_at, created_by, expires_at
), insert, update (expires_at) on client_secrets to cashback_platform;
