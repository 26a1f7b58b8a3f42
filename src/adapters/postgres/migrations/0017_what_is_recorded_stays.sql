-- What Python promises of a recorded sale holds here too, whoever writes: its names stay, it is
-- whole when it is committed (a cashback, lines that add up, a name), no table that somebody makes
-- up takes the place of ours inside a trigger, and no index hangs on the operating system's idea of
-- alphabetical order.

-- A recorded sale keeps its names: a name that is given back is a sale that is paid again. Only
-- what this very transaction took for a sale that it then refused may go; at the commit every name
-- has its sale (see the foreign key). As the owner, so that nobody can hide the sale from it by
-- naming other merchants in the middle of the statement.
create function guard_name_kept() returns trigger language plpgsql security definer as $$
begin
    if exists (
        select from sales as s
        where s.merchant_id = old.merchant_id and s.cashback_id = old.cashback_id
    ) then
        raise exception 'a recorded sale keeps its names'
            using errcode = 'integrity_constraint_violation', constraint = 'sale_names_stay';
    end if;
    return old;
end $$;
revoke execute on function guard_name_kept from public;
create trigger sale_names_stay before delete on sale_names
    for each row execute function guard_name_kept();

-- Whether somebody's document stands in a name, however it is written there.
create function holds_document(name text, document text) returns boolean
language sql immutable as $$
    select position(document in regexp_replace(name, '[^0-9]', '', 'g')) > 0
$$;

-- A name changes for one reason: it holds the document of a customer who is becoming nobody. That
-- one is, whom `customers` knows no more while the sale still names them: see the foreign key, which
-- waits for the commit. As whoever asks, who must be the eraser.
create function guard_name_change() returns trigger language plpgsql as $$
begin
    if current_user = 'cashback_eraser'
        and new.name ~ '^E[0-9a-f]{32}$'
        and to_jsonb(new) - 'name' = to_jsonb(old) - 'name'
        and exists (
            select from sales as s
            where s.merchant_id = old.merchant_id and s.cashback_id = old.cashback_id
                and holds_document(old.name, s.document)
                and not exists (
                    select from customers as c
                    where c.merchant_id = s.merchant_id and c.document = s.document
                )
        )
    then
        return new;
    end if;
    raise exception 'a recorded sale keeps its names'
        using errcode = 'integrity_constraint_violation', constraint = 'sale_names_stay';
end $$;
create trigger sale_names_change before update on sale_names
    for each row execute function guard_name_change();

create or replace function guard_sale() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and current_user = 'cashback_eraser'
        and new.raw_body = ''
        and (
            (new.document, new.name) = (old.document, old.name)
            or (new.document ~ '^E[0-9a-f]{32}$' and new.name = 'erased')
        )
        and (
            new.sale_id is not distinct from old.sale_id
            or new.sale_id = new.document and holds_document(old.sale_id, old.document)
        )
        and (
            new.idempotency_key is not distinct from old.idempotency_key
            or new.idempotency_key = new.document
                and holds_document(old.idempotency_key, old.document)
        )
        and to_jsonb(new) - array['document', 'name', 'raw_body', 'sale_id', 'idempotency_key']
            = to_jsonb(old) - array['document', 'name', 'raw_body', 'sale_id', 'idempotency_key']
    then
        return new;
    end if;
    raise exception 'sales is append-only' using errcode = 'integrity_constraint_violation';
end $$;

create policy of_named_merchants_for_erasure on sale_names to cashback_eraser using (false);
select judge_rows('sale_names', 'of_named_merchants_for_erasure');
grant select, update (name) on sale_names to cashback_eraser;
grant update (sale_id, idempotency_key) on sales to cashback_eraser;

create trigger cashbacks_stay before delete on cashbacks
    for each row execute function refuse_change();
create trigger attempts_stay before delete on attempts
    for each row execute function refuse_change();
do $$
declare
    name text;
begin
    foreach name in array array[
        'sales', 'sale_lines', 'sale_names', 'cashbacks', 'attempts', 'incidents', 'privacy_acts',
        'sender_releases'
    ] loop
        execute format(
            'create trigger %I before truncate on %I for each statement'
            ' execute function refuse_change()',
            name || '_no_truncate', name
        );
    end loop;
end $$;

-- The names of a sale, when it is looked at whole or its customer is erased. It does not lead with
-- the merchant, so that it is never taken for a look-up by name (see 0002).
create index sale_names_of_a_sale on sale_names (cashback_id);

-- All lines of a sale come in one statement: they are numbered from 0 without a gap. So none is
-- added later, for which number 0 would have to come again.
create function lines_come_together() returns trigger language plpgsql as $$
declare
    wrong uuid;
begin
    select a.cashback_id into wrong
    from added as a group by a.merchant_id, a.cashback_id
    having count(*) <> max(a.position) + 1
    limit 1;
    if found then
        raise exception 'the lines of % do not come together, numbered from 0', wrong
            using errcode = 'integrity_constraint_violation', constraint = 'sale_lines_come_together';
    end if;
    return null;
end $$;

-- Once for each sale, at the commit, when everything of it must be there, in whatever order it came.
-- As the owner: nothing is hidden from it, and its plans need no policies. Planned once, by its keys,
-- whoever comes: a plan made while the tables were empty would read all of them for ever.
create function guard_whole_sale() returns trigger language plpgsql security definer
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
    adds_up boolean;
    named boolean;
begin
    select
        (
            select sum(l.amount_centavos - l.discount_centavos)
                    = new.total_centavos + new.discount_centavos
                and sum(l.cashback_centavos) = c.cashback_centavos
            from sale_lines as l
            where l.merchant_id = new.merchant_id and l.cashback_id = new.cashback_id
        ) and c.cashback_centavos <= new.total_centavos,
        exists (
            select from sale_names as n
            -- Found by the cashback alone: `+ 0` keeps the planner from reading a whole merchant.
            where n.cashback_id = new.cashback_id and n.merchant_id + 0 = new.merchant_id
        )
    into adds_up, named
    from cashbacks as c
    where c.merchant_id = new.merchant_id and c.cashback_id = new.cashback_id;
    if adds_up and named then
        return null;
    end if;
    raise exception '%', case
        when named is null then format('sale %s has no cashback', new.cashback_id)
        when not named then format('sale %s has no name', new.cashback_id)
        when adds_up is null then format('sale %s has no lines', new.cashback_id)
        else format('the lines of %s do not add up to their sale', new.cashback_id)
    end using errcode = 'integrity_constraint_violation', constraint = 'sales_are_whole';
end $$;
revoke execute on function guard_whole_sale from public;

drop trigger sale_lines_add_up on sale_lines;
drop function lines_add_up();
create trigger sale_lines_come_together after insert on sale_lines
    referencing new table as added for each statement execute function lines_come_together();
create constraint trigger sales_are_whole after insert on sales
    deferrable initially deferred for each row execute function guard_whole_sale();

-- Bytewise order, in every index: that of a locale changes with the operating system's library, and
-- an index built by another order finds no longer what it holds: the same name would be taken twice.
alter table merchants alter column slug type text collate "C";
alter table product_types alter column type type text collate "C";
alter table rates alter column type type text collate "C";
alter table product_type_periods alter column type type text collate "C";
alter table users
    alter column username type text collate "C",
    alter column role type text collate "C";
alter table api_clients
    alter column client_id type text collate "C",
    alter column name type text collate "C";
alter table client_secrets alter column client_id type text collate "C";
alter table login_failures alter column kind type text collate "C";
alter table rate_buckets alter column subject type text collate "C";
alter table audit
    alter column actor type text collate "C",
    alter column resource type text collate "C",
    alter column key type text collate "C";
alter table schema_migrations alter column name type text collate "C";
alter table customers alter column document type text collate "C";
-- The same texts as before are allowed, said so that it is quick: `^[…]{1,255}$` takes 0.1 ms for each
-- sale, an odd character that is looked for and a length 1 µs.
alter table sales
    drop constraint sales_sale_id_check,
    drop constraint sales_idempotency_key_check,
    drop constraint sales_submitted_by_check,
    alter column sale_id type text collate "C",
    alter column idempotency_key type text collate "C",
    alter column document type text collate "C",
    alter column submitted_by type text collate "C",
    add constraint sales_sale_id_check
        check (sale_id !~ '[^!-~]' and char_length(sale_id) between 1 and 64),
    add constraint sales_idempotency_key_check check (
        idempotency_key !~ '[^!-+\--~]' and char_length(idempotency_key) between 1 and 255
    ),
    add constraint sales_submitted_by_check
        check (submitted_by !~ '[^ -~]' and char_length(submitted_by) between 1 and 96);
alter table sale_lines
    drop constraint sale_lines_sku_check,
    alter column type type text collate "C",
    alter column sku type text collate "C",
    add constraint sale_lines_sku_check
        check (sku !~ '[^!-~]' and char_length(sku) between 1 and 64);
alter table sale_names
    alter column kind type text collate "C",
    alter column name type text collate "C";
drop trigger cashbacks_become_due on cashbacks;
alter table cashbacks alter column status type text collate "C";
create trigger cashbacks_become_due after insert or update of due_at on cashbacks
    for each row when (new.status = 'pending') execute function wake_workers();
-- The indexes above were made anew, so that the keys are no longer the last (see 0002). A column
-- that stays what it is renews its key alone, and keeps the key's file.
alter table sales alter column cashback_id type uuid;
alter table cashbacks alter column cashback_id type uuid;

-- Names are looked for where ours are, and nowhere before: not among a session's temporary tables,
-- which come first unless they are named. Every migration that makes a function calls it; a test
-- looks at all of them.
create function pin_search_paths(home name default current_schema()) returns void
language plpgsql as $$
declare
    made regprocedure;
begin
    for made in
        select p.oid from pg_proc as p
        where p.pronamespace = (select n.oid from pg_namespace as n where n.nspname = home)
            and p.prokind in ('f', 'p')
            and not exists (
                select from pg_depend as d
                where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
            )
    loop
        execute format('alter routine %s set search_path = pg_catalog, %I, pg_temp', made, home);
    end loop;
end $$;
revoke execute on function pin_search_paths from public;
select pin_search_paths();
