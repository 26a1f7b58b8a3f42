-- What a data subject may ask for (LGPD, art. 18): a report of everything held about them, and to
-- become nobody. One role may change what is otherwise written once, and of that only what names a
-- person: document and name become a pseudonym, raw bytes become nothing. Amounts, lines, attempts
-- and events stay, so that every total and the trail of what was paid stay true.

do $$
declare
    acting text := case
        when current_setting('server_version_num')::integer >= 160000 then 'set' else 'member'
    end;
begin
    begin
        if to_regrole('cashback_eraser') is null then
            create role cashback_eraser nologin;
        end if;
    exception when duplicate_object or unique_violation then
        null;  -- another database of the cluster is being migrated at this moment
    end;
    if exists (
        select from pg_roles where rolname = 'cashback_eraser' and (rolsuper or rolbypassrls)
    ) then
        raise exception 'the role cashback_eraser would pass every policy: superuser or bypassrls';
    end if;
    if not pg_has_role(current_user, 'cashback_eraser', acting) then
        begin
            grant cashback_eraser to current_user;
        exception when unique_violation then
            null;
        end;
    end if;
    execute format('grant usage on schema %I to cashback_eraser', current_schema());
end $$;

alter table customers add column erased_at timestamptz;
alter table customers drop constraint customers_document_check;
alter table customers add constraint customers_document_check
    check (document ~ '^([0-9]{11}|E[0-9a-f]{32})$');
alter table customers add constraint customers_erased_are_nobody check (
    (erased_at is not null) = (document ~ '^E')
    and (erased_at is null or (name = 'erased' and name_key = 'erased'))
);
-- A customer and their sales change their document together, at the commit.
alter table sales alter constraint sales_merchant_id_document_fkey deferrable initially immediate;

drop trigger sales_append_only on sales;
create function guard_sale() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and current_user = 'cashback_eraser'
        and new.raw_body = ''
        and (
            (new.document, new.name) = (old.document, old.name)
            or (new.document ~ '^E[0-9a-f]{32}$' and new.name = 'erased')
        )
        and to_jsonb(new) - array['document', 'name', 'raw_body']
            = to_jsonb(old) - array['document', 'name', 'raw_body']
    then
        return new;
    end if;
    raise exception 'sales is append-only' using errcode = 'integrity_constraint_violation';
end $$;
create trigger sales_append_only before update or delete on sales
    for each row execute function guard_sale();

create or replace function guard_attempt() returns trigger language plpgsql as $$
begin
    if current_user = 'cashback_eraser' then
        if new.body is not null or new.provider_message is not null
            or to_jsonb(new) - array['body', 'provider_message']
                <> to_jsonb(old) - array['body', 'provider_message']
        then
            raise exception 'of attempt % only the raw answer can be dropped', old.attempt
                using errcode = 'integrity_constraint_violation';
        end if;
        return new;
    end if;
    if old.result is not null
        or (new.started_at, new.lease_until_at, new.deliverer)
            is distinct from (old.started_at, old.lease_until_at, old.deliverer)
    then
        raise exception 'attempt % of % keeps its first result', old.attempt, old.cashback_id
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

-- Who asked for what, when and why: what is told about persons, and what is taken away, leaves a
-- trace that names none of them.
create table privacy_acts (
    merchant_id bigint not null references merchants,
    act_id bigint generated always as identity,
    at timestamptz not null default now(),
    act text not null check (act in ('report', 'erasure')),
    customer_id uuid not null,
    actor text not null check (char_length(actor) between 1 and 96),
    reason text check (char_length(reason) between 1 and 500),
    sales integer not null check (sales >= 0),
    primary key (merchant_id, act_id),
    check ((act = 'erasure') = (reason is not null))
);
create trigger privacy_acts_append_only before update or delete on privacy_acts
    for each row execute function refuse_change();

-- How far the cleaning has come in each merchant's sales and customers.
create table retention (
    merchant_id bigint primary key references merchants,
    raw_through_at timestamptz not null default '2000-01-01Z',
    customers_through uuid
);

select protect_merchant_table(name::regclass)
from unnest(array['privacy_acts', 'retention']) as t (name);

do $$
declare
    name text;
begin
    foreach name in array array[
        'customers', 'sales', 'sale_lines', 'cashbacks', 'attempts', 'events', 'privacy_acts',
        'retention'
    ] loop
        execute format(
            'create policy of_named_merchants_for_erasure on %I to cashback_eraser using ('
            'merchant_id = any ((select nullif(current_setting(''cashback.merchants'', true), '''')'
            '::bigint[])::bigint[]))',
            name
        );
    end loop;
end $$;
create policy whose_data_are_cleaned on merchants for select to cashback_eraser using (true);

grant select (merchant_id) on merchants to cashback_eraser;
grant select, update (document, name, name_key, erased_at, version) on customers to cashback_eraser;
grant select, update (document, name, raw_body) on sales to cashback_eraser;
grant select on sale_lines, cashbacks, events to cashback_eraser;
grant select, update (body, provider_message) on attempts to cashback_eraser;
grant select, insert on privacy_acts to cashback_eraser;
grant select, insert, update on retention to cashback_eraser;
