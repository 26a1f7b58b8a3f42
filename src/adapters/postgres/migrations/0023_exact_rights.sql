-- Every role may do what its work needs, and nothing else; docs/database.md has the table, and a test
-- compares both.

-- Users are made, and passwords set, by whoever administers them (`cashback_serving` within a merchant,
-- `cashback_platform` over all). A log-in only looks, and signs out.
revoke insert on users from cashback_identity;
revoke update (password_hash, updated_at) on users from cashback_identity;

-- Everybody may execute a new function unless that is taken away. Triggers run whoever may execute
-- them; what those of rates and periods call runs as whoever changes these.
do $$
declare
    made regprocedure;
begin
    for made in
        select p.oid from pg_proc as p
        where p.pronamespace = current_schema()::regnamespace and p.prokind in ('f', 'p')
            and not exists (
                select from pg_depend as d
                where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
            )
    loop
        execute format('revoke execute on routine %s from public', made);
    end loop;
end $$;
grant execute on function refuse_period, refuse_taking_back to cashback_serving;
-- It is asked by guards that hold for whoever should be granted too much one day.
grant execute on function holds_document to cashback_serving, cashback_worker, cashback_eraser;

-- The eraser touches whom it erases, and nobody else. Until the commit it stands here whom: what they
-- were called and what they become, for the guards of everything that follows. Nobody has a right to
-- it, and nothing in it outlives its transaction.
create unlogged table erasures_under_way (
    erasure_id bigint generated always as identity primary key,
    merchant_id bigint not null,
    customer_id uuid not null,
    was text collate "C",
    became text collate "C",
    -- Whatever they were called, while it is known.
    names text[],
    -- The lines whose reference named them.
    incidents uuid[] not null default '{}'
);
select protect_merchant_table('erasures_under_way');

-- Whatever was begun of an erasure is a whole one by the commit, and has left its trace. A function
-- that forgets before the customer has changed adds a row (without names), and is held to it here.
create function guard_erasure_ends() returns trigger language plpgsql security definer as $$
begin
    if not exists (
        select from customers as c
        join privacy_acts as p using (merchant_id, customer_id)
        where c.merchant_id = new.merchant_id and c.customer_id = new.customer_id
            and c.erased_at is not null and p.act = 'erasure'
    ) then
        raise exception 'customer % is not erased, or no act tells it', new.customer_id
            using errcode = 'integrity_constraint_violation', constraint = 'erasures_are_whole';
    end if;
    delete from erasures_under_way where erasure_id = new.erasure_id;
    return null;
end $$;
create constraint trigger erasures_are_whole after insert on erasures_under_way
    deferrable initially deferred for each row execute function guard_erasure_ends();

-- As the owner, in all that follows: the eraser could hide rows by naming other merchants in the middle
-- of its statement.
create function guard_customer_erased() returns trigger language plpgsql security definer as $$
begin
    if old.erased_at is not null
        or new.document !~ '^E[0-9a-f]{32}$'
        or (new.name, new.erased_at) is distinct from ('erased', now())
    then
        raise exception 'a customer becomes nobody here, and nothing else'
            using errcode = 'integrity_constraint_violation', constraint = 'only_whom_it_erases';
    end if;
    if exists (
        select from sales as s join cashbacks as c using (merchant_id, cashback_id)
        where s.merchant_id = old.merchant_id and s.document = old.document
            and c.status not in ('applied', 'not_due', 'cancelled')
    ) then
        raise exception 'a cashback of customer % is open', old.customer_id
            using errcode = 'integrity_constraint_violation', constraint = 'only_whom_it_erases';
    end if;
    insert into erasures_under_way (merchant_id, customer_id, was, became)
    values (old.merchant_id, old.customer_id, old.document, new.document);
    return null;
end $$;
create trigger customers_become_nobody after update on customers
    for each row when (current_user = 'cashback_eraser')
    execute function guard_customer_erased();

-- A sale, and what hangs on one: its customer is being erased, or was. Of anybody else's sale that has
-- ended the raw bytes may go, after their time.
create function guard_whom_it_erases() returns trigger language plpgsql security definer as $$
declare
    whose text;
    ended boolean;
begin
    select s.document, c.status in ('applied', 'not_due', 'cancelled') into whose, ended
    from sales as s join cashbacks as c using (merchant_id, cashback_id)
    where s.merchant_id = old.merchant_id and s.cashback_id = old.cashback_id;
    if (case
        when tg_table_name = 'sales' and to_jsonb(new) -> 'document' <> to_jsonb(old) -> 'document'
            then exists (
                select from erasures_under_way as e
                where e.merchant_id = old.merchant_id and e.was = whose
                    and e.became = to_jsonb(new) ->> 'document'
            )
        when whose ~ '^E' then true
        when exists (
            select from erasures_under_way as e
            where e.merchant_id = old.merchant_id and e.was = whose
        ) then true
        when tg_table_name in ('sales', 'attempts')
            then ended and to_jsonb(new) - array['raw_body', 'body', 'provider_message']
                = to_jsonb(old) - array['raw_body', 'body', 'provider_message']
        else false
    end) then
        return new;
    end if;
    raise exception 'the customer of % is not being erased', old.cashback_id
        using errcode = 'integrity_constraint_violation', constraint = 'only_whom_it_erases';
end $$;
do $$
declare
    name text;
begin
    foreach name in array array['sales', 'sale_names', 'attempts', 'refused_equals'] loop
        execute format(
            'create trigger %I before update on %I for each row'
            ' when (current_user = ''cashback_eraser'') execute function guard_whom_it_erases()',
            name || '_of_whom_it_erases', name
        );
    end loop;
end $$;

-- The lines of statements are forgotten by a function of the owner's, which has to be told whom: it is
-- `role` that tells the eraser in there. Of a line whose cashback is theirs the document may be another.
create function guard_incident_erased() returns trigger language plpgsql security definer as $$
begin
    if exists (
        select from erasures_under_way as e
        where e.became = new.document
            and (
                e.was = old.document
                or old.document ~ '[*]'
                    and regexp_replace(old.document, '[^0-9]', '', 'g') = substr(e.was, 4, 6)
                    and (old.merchant_id is null or old.merchant_id = e.merchant_id)
            )
    ) or exists (
        select from sales as s
        where s.merchant_id = old.merchant_id and s.cashback_id = old.cashback_id
            and s.document = new.document
    ) then
        return null;
    end if;
    raise exception 'the customer of incident % is not being erased', old.incident_id
        using errcode = 'integrity_constraint_violation', constraint = 'only_whom_it_erases';
end $$;
create trigger statement_incidents_of_whom_it_erases after update on statement_incidents
    for each row when (
        current_setting('role', true) = 'cashback_eraser' and old.document is distinct from new.document
    )
    execute function guard_incident_erased();

revoke update on retention from cashback_eraser;
grant update (raw_through_at, customers_through) on retention to cashback_eraser;

revoke execute on function
    guard_erasure_ends, guard_customer_erased, guard_whom_it_erases, guard_incident_erased
    from public;

-- Whoever explains an incident as the platform is told whether a cashback is there, and nothing of it.
grant select (merchant_id, cashback_id, status) on cashbacks to cashback_platform;
create policy of_the_platform on cashbacks for select to cashback_platform using (true);

select pin_search_paths();
