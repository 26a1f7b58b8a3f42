-- After an erasure nothing in the database tells who it was: no CPF in any spelling, no name, and no
-- hash by which candidates could be tried. What is found by such a hash (a repeat of a sale by its
-- content, a line of the statement by its key) is found by a keyed hash from then on, whose key is
-- no part of the database (cashback_core.privacy.sealing).

-- Which key that is, so that no process starts with another and takes a repeat for a new sale.
create table erasure_key (
    only_one boolean primary key default true check (only_one),
    fingerprint text not null check (fingerprint ~ '^[A-Za-z0-9+/]{32}$'),
    noted_at timestamptz not null default now()
);
grant select, insert (fingerprint) on erasure_key to cashback_eraser;
grant select on erasure_key to cashback_worker;

create function is_sealed(name text) returns boolean
language sql immutable as $$ select name ~ '^~[A-Za-z0-9+/]{32}$' $$;

-- What finds a person in a text that is decomposed (nfkd), whatever its case: the document, however it
-- is divided or within whatever longer number, or one of the names as a whole, whatever stands between
-- its letters. Names too short to mean anybody do not count.
create function pattern_of(document text, names text[]) returns text
language sql immutable as $$
    select string_agg(told, '|') from (
        select regexp_replace(document, '(.)(?=.)', '\1[^0-9]*', 'g') as told
        union
        select regexp_replace(letters, '(.)(?=.)', '\1[^A-Za-z]*', 'g')
        from unnest(names) as n (name)
        cross join regexp_replace(normalize(n.name, nfkd), '[^A-Za-z]', '', 'g') as letters
        where length(letters) >= 8
    ) as patterns
$$;
create function tells_of(told text, document text, names text[]) returns boolean
language sql immutable as $$
    select coalesce(normalize(told, nfkd) ~* pattern_of(document, names), false)
$$;

-- What an erased customer's document is known by, for a statement that tells of them later.
alter table customers add column sealed text collate "C",
    add constraint customers_sealed_when_erased
        check (sealed is null or erased_at is not null and is_sealed(sealed));
create index customers_by_seal on customers (sealed) where sealed is not null;
drop trigger audited on customers;
select audit_table('customers', 'customers', array['customer_id'],
    hidden => array['document', 'name'], untold => array['customer_id', 'sealed'],
    inserts => false);
grant update (sealed) on customers to cashback_eraser;

-- Of these documents, by what each would be sealed to, those that were an erased customer's and are
-- nobody's now; and that customer's pseudonym.
create function who_was_erased(told jsonb) returns table (document text, pseudonym text)
language sql stable security definer as $$
    select distinct on (t.value) t.value, c.document
    from jsonb_each_text(told) as t
    join customers as c on c.sealed = t.key
    where not exists (select from customers as k where k.document = t.value)
    order by t.value, c.erased_at desc
$$;

-- Every name of whoever is being erased in this transaction, and was known by this document until now.
create function names_being_erased(of_merchant bigint, known text) returns text[]
language sql stable security definer as $$
    select e.names
    from erasures_under_way as u
    join erasures_under_way as e using (merchant_id, customer_id)
    where u.merchant_id = of_merchant and u.was = known and e.names is not null
    limit 1
$$;

-- A name of a sale changes for two reasons: it tells who it was, or is a hash of it and more, of a
-- customer who is becoming nobody (whom `customers` knows no more while the sale still names them).
-- Hashes of those who became nobody before there was a key are sealed when it is asked for again.
create or replace function guard_name_change() returns trigger language plpgsql as $$
begin
    if current_user = 'cashback_eraser'
        and to_jsonb(new) - 'name' = to_jsonb(old) - 'name'
        and (
            new.name ~ '^E[0-9a-f]{32}$'
            or is_sealed(new.name) and not (new.kind = 'content' and is_sealed(old.name))
        )
        and exists (
            select from sales as s
            where s.merchant_id = old.merchant_id and s.cashback_id = old.cashback_id
                and case
                    when new.kind = 'content' and s.document ~ '^E' then true
                    when new.kind = 'content' or tells_of(
                        old.name, s.document, names_being_erased(s.merchant_id, s.document)
                    )
                        then not exists (
                            select from customers as c
                            where c.merchant_id = s.merchant_id and c.document = s.document
                        )
                    else false
                end
        )
    then
        return new;
    end if;
    raise exception 'a recorded sale keeps its names'
        using errcode = 'integrity_constraint_violation', constraint = 'sale_names_stay';
end $$;

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
            or is_sealed(new.sale_id) and tells_of(
                old.sale_id, old.document, names_being_erased(old.merchant_id, old.document)
            )
        )
        and (
            new.idempotency_key is not distinct from old.idempotency_key
            or is_sealed(new.idempotency_key) and tells_of(
                old.idempotency_key, old.document, names_being_erased(old.merchant_id, old.document)
            )
        )
        and to_jsonb(new) - array['document', 'name', 'raw_body', 'sale_id', 'idempotency_key']
            = to_jsonb(old) - array['document', 'name', 'raw_body', 'sale_id', 'idempotency_key']
    then
        return new;
    end if;
    raise exception 'sales is append-only' using errcode = 'integrity_constraint_violation';
end $$;

-- Of an attempt the raw answer may be dropped, and what else the provider told where it tells who.
create or replace function guard_attempt() returns trigger language plpgsql as $$
begin
    if current_user = 'cashback_eraser' then
        if new.body is not null or new.provider_message is not null
            or (new.provider_id is distinct from old.provider_id and new.provider_id <> 'erased')
            or (new.provider_created_at is distinct from old.provider_created_at
                and new.provider_created_at <> 'erased')
            or (new.reason is distinct from old.reason and new.reason <> 'erased')
            or to_jsonb(new)
                - array['body', 'provider_message', 'provider_id', 'provider_created_at', 'reason']
                <> to_jsonb(old)
                - array['body', 'provider_message', 'provider_id', 'provider_created_at', 'reason']
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
grant update (provider_id, provider_created_at, reason) on attempts to cashback_eraser;

create function loses_values(was jsonb, is_now jsonb) returns boolean
language sql immutable as $$
    select coalesce(jsonb_typeof(was) = 'object' and jsonb_typeof(is_now) = 'object', false)
        and not exists (
            select
            from jsonb_each(case when jsonb_typeof(was) = 'object' then was end) as w
            full join jsonb_each(case when jsonb_typeof(is_now) = 'object' then is_now end) as n
                using (key)
            where n.value is distinct from w.value
                and (w.value is null or n.value is distinct from '"erased"')
        )
$$;

-- What is written once loses a text to an erasure, and to nothing else: only the columns that are
-- named, only to the word that says so (a line's key to a sealed one, of an object a value).
create function refuse_change_but_erasure() returns trigger language plpgsql as $$
declare
    was jsonb;
    is_now jsonb;
    field text;
begin
    if tg_op = 'UPDATE' then
        was := to_jsonb(old);
        is_now := to_jsonb(new);
        for field in select jsonb_object_keys(is_now) loop
            continue when is_now -> field = was -> field;
            if field = any (tg_argv) and (
                is_now -> field = '"erased"'
                or field = 'line_key' and is_sealed(is_now ->> field)
                or loses_values(was -> field, is_now -> field)
            ) then
                continue;
            end if;
            raise exception '% is append-only', tg_table_name
                using errcode = 'integrity_constraint_violation';
        end loop;
        return new;
    end if;
    raise exception '% is append-only', tg_table_name using errcode = 'integrity_constraint_violation';
end $$;

drop trigger events_append_only on events;
create trigger events_append_only before update or delete on events
    for each row execute function refuse_change_but_erasure('reason');
drop trigger incidents_append_only on incidents;
create trigger incidents_append_only before update or delete on incidents
    for each row execute function refuse_change_but_erasure('what');
drop trigger statement_incident_events_append_only on statement_incident_events;
create trigger statement_incident_events_append_only
    before update or delete on statement_incident_events
    for each row execute function refuse_change_but_erasure('reason');
drop trigger statement_explanations_append_only on statement_explanations;
create trigger statement_explanations_append_only
    before update or delete on statement_explanations
    for each row execute function refuse_change_but_erasure('reason', 'line_key');
drop trigger audit_append_only on audit;
create trigger audit_append_only before update or delete on audit
    for each row execute function refuse_change_but_erasure('key', 'before', 'after');
drop trigger privacy_acts_append_only on privacy_acts;
create trigger privacy_acts_append_only before update or delete on privacy_acts
    for each row execute function refuse_change_but_erasure('reason');
drop trigger sender_releases_append_only on sender_releases;
create trigger sender_releases_append_only before update or delete on sender_releases
    for each row execute function refuse_change_but_erasure('pause_reason', 'reason');

-- Whether a text holds what a pattern finds. Instants and ids of ours are no texts: a document could be
-- chosen so that its digits stand in one.
create function tells(told text, pattern text) returns boolean
language sql immutable as $$
    select coalesce(regexp_replace(
        normalize(told, nfkd),
        '[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?([+-][0-9]{2}:?[0-9]{2})?'
            '|[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}',
        'x', 'g'
    ) ~* pattern, false)
$$;

-- The values of an object without those that tell; what they are called stays.
create function without_telling(fields jsonb, pattern text) returns jsonb
language sql immutable as $$
    select coalesce(
        jsonb_object_agg(
            f.key,
            case when tells(f.value #>> '{}', pattern) then '"erased"' else f.value end
        ),
        '{}'
    )
    from jsonb_each(fields) as f
$$;

-- Everything that programs and persons wrote of a customer and that the eraser may not read: gone,
-- while `customers` still tells who it was. As the owner, for a merchant of the session alone.
-- A name is whatever somebody entered, so it counts only in what is theirs by a key: their cashbacks
-- with all that hangs on these, and their own row's trail. Everything else, all that belongs to no
-- merchant included, is read through for the document alone: first for its digits as they stand, or
-- for what could be some once it is decomposed, which takes a fraction of the time.
-- Told are the keys of lines that named them in the reference alone: these are hashes of it.
create function forget_in_texts(of_merchant bigint, of_customer uuid) returns setof text
language plpgsql security definer as $$
declare
    known text;
    called text[];
    theirs uuid[];
    elsewhere boolean;
    named text;
    numbered text;
    in_order text;
    unusual constant text := '[^\u0001-\u00b1\u00b4-\u00b8\u00ba\u00bb\u00bf-\u024f]';
    maybe text;
    erasure bigint;
begin
    if coalesce(
        of_merchant = any (nullif(current_setting('cashback.merchants', true), '')::bigint[]), false
    ) is false then
        raise exception 'no merchant of this session' using errcode = 'insufficient_privilege';
    end if;
    select c.document, array[c.name] into known, called
    from customers as c where c.merchant_id = of_merchant and c.customer_id = of_customer;
    if known is null or known ~ '^E' then
        return;
    end if;
    insert into erasures_under_way (merchant_id, customer_id) values (of_merchant, of_customer)
    returning erasure_id into erasure;
    select coalesce(array_agg(s.cashback_id), '{}'), called || array_agg(distinct s.name)
    into theirs, called
    from sales as s where s.merchant_id = of_merchant and s.document = known;
    update erasures_under_way as u set names = called where u.erasure_id = erasure;
    named := pattern_of(known, called);
    numbered := pattern_of(known, '{}');
    -- Latin letters with accents, which are most of what is not ASCII here, hold no digit.
    maybe := numbered || '|' || unusual;
    in_order := '%' || regexp_replace(known, '(.)(?=.)', '\1%', 'g') || '%';
    elsewhere := exists (
        select from customers as c where c.document = known and c.merchant_id <> of_merchant
    );

    update events as e set reason = 'erased'
    where e.merchant_id = of_merchant and e.cashback_id = any (theirs) and tells(e.reason, named);
    update incidents as i set what = 'erased'
    where i.merchant_id = of_merchant and i.cashback_id = any (theirs) and tells(i.what, named);

    -- What was said of a line, and its reference, also where no document could be read.
    update statement_incident_events as e set reason = 'erased'
    from statement_incidents as i
    where i.incident_id = e.incident_id and case
        when i.merchant_id = of_merchant and i.cashback_id = any (theirs) then tells(e.reason, named)
        when i.merchant_id = of_merchant or i.merchant_id is null and not elsewhere
            then e.reason ~ maybe and tells(e.reason, numbered)
        else false
    end;
    update statement_explanations as e set reason = 'erased'
    from statement_incidents as i
    where i.incident_id = e.incident_id and case
        when i.merchant_id = of_merchant and i.cashback_id = any (theirs) then tells(e.reason, named)
        when i.merchant_id = of_merchant or i.merchant_id is null and not elsewhere
            then e.reason ~ maybe and tells(e.reason, numbered)
        else false
    end;
    return query
    with telling as materialized (
        select i.incident_id, tells(i.reference, p.pattern) as reference,
            tells(i.why, p.pattern) as why, tells(i.closed_why, p.pattern) as closed_why
        from statement_incidents as i
        cross join lateral (
            select i.merchant_id = of_merchant and i.cashback_id = any (theirs) is true as hangs
        ) as h
        cross join lateral (
            select case when h.hangs then named else numbered end as pattern
        ) as p
        where (i.merchant_id = of_merchant or i.merchant_id is null and not elsewhere)
            and (h.hangs or concat_ws(' ', i.reference, i.why, i.closed_why) ~ maybe)
            -- Of another customer of the merchant's it is still needed while it stands.
            and (i.closed_at is not null or i.document is null or i.document = known
                or not exists (select from customers as c where c.document = i.document))
    ), gone as (
        update statement_incidents as i set
            reference = case when t.reference then null else i.reference end,
            why = case when t.why then 'erased' else i.why end,
            closed_why = case when t.closed_why then 'erased' else i.closed_why end
        from telling as t
        where t.incident_id = i.incident_id and (t.reference or t.why or t.closed_why)
        returning i.incident_id, i.line_key, t.reference as was_named
    ), noted as (
        update erasures_under_way as u
        set incidents = array(select g.incident_id from gone as g where g.was_named)
        where u.erasure_id = erasure
    )
    select g.line_key from gone as g where g.was_named;

    -- Before the trail, which tells what is changed here. Theirs is the merchant's, whoever put it on.
    update stops as t set
        reason = case when tells(t.reason, numbered) then 'erased' else t.reason end,
        lift_reason = case when tells(t.lift_reason, numbered) then 'erased' else t.lift_reason end
    where t.merchant_id = of_merchant and concat_ws(' ', t.reason, t.lift_reason) ~ maybe
        and (tells(t.reason, numbered) or tells(t.lift_reason, numbered));

    update audit as a set
        before = without_telling(a.before, named), after = without_telling(a.after, named)
    where a.merchant_id = of_merchant and a.resource = 'customers' and a.key = of_customer::text
        and (a.before, a.after) is distinct from
            (without_telling(a.before, named), without_telling(a.after, named));
    update audit as a set
        key = case when tells(a.key, numbered) then 'erased' else a.key end,
        before = without_telling(a.before, numbered), after = without_telling(a.after, numbered)
    where (a.merchant_id = of_merchant or a.merchant_id is null and not elsewhere)
        -- The one table that may be long: what costs least is asked first.
        and (
            concat(a.key, a.before, a.after) like in_order
                and concat(a.key, a.before, a.after) ~ numbered
            or concat(a.key, a.before, a.after) ~ unusual
        )
        and (tells(a.key, numbered) or (a.before, a.after) is distinct from
            (without_telling(a.before, numbered), without_telling(a.after, numbered)));
    update privacy_acts as p set reason = 'erased'
    where p.merchant_id = of_merchant and case
        when p.customer_id = of_customer then tells(p.reason, named)
        else p.reason ~ maybe and tells(p.reason, numbered)
    end;
    if not elsewhere then
        update sender as s set reason = 'erased' where tells(s.reason, numbered);
        update sender_releases as r set
            pause_reason = case
                when tells(r.pause_reason, numbered) then 'erased' else r.pause_reason
            end,
            reason = case when tells(r.reason, numbered) then 'erased' else r.reason end
        where concat_ws(' ', r.pause_reason, r.reason) ~ maybe
            and (tells(r.pause_reason, numbered) or tells(r.reason, numbered));
        update reconciliations as r set
            distrust = case when tells(r.distrust, numbered) then 'erased' else r.distrust end,
            remarks = case when tells(r.remarks, numbered) then 'erased' else r.remarks end,
            error = case when tells(r.error, numbered) then 'erased' else r.error end
        where concat_ws(' ', r.distrust, r.remarks, r.error) ~ maybe
            and (tells(r.distrust, numbered) or tells(r.remarks, numbered)
                or tells(r.error, numbered));
    end if;
end $$;

-- As before, of whom is being erased or was; and what has ended is masked, so it is known by the digits
-- that are left of it.
create or replace function forget_in_incidents(of_merchant bigint, known text, pseudonym text)
returns void language plpgsql security definer as $$
declare
    masked text := case when known ~ '^[0-9]{11}$'
        then format('***.%s.%s-**', substr(known, 4, 3), substr(known, 7, 3))
    end;
begin
    if coalesce(
        of_merchant = any (nullif(current_setting('cashback.merchants', true), '')::bigint[]), false
    ) is false then
        raise exception 'no merchant of this session' using errcode = 'insufficient_privilege';
    end if;
    if not exists (
        select from customers as c
        where c.merchant_id = of_merchant and c.document = pseudonym and c.erased_at is not null
    ) or known is distinct from pseudonym and not exists (
        select from erasures_under_way as e
        where e.merchant_id = of_merchant and e.was = known and e.became = pseudonym
    ) then
        raise exception 'whoever becomes % is not being erased', pseudonym
            using errcode = 'integrity_constraint_violation', constraint = 'only_whom_it_erases';
    end if;
    update statement_incidents as i set document = pseudonym, reference = null
    where (i.document = known or i.document = masked and i.cashback_id is null) and (
        i.merchant_id = of_merchant
        or (i.document = known or i.merchant_id is null)
            and not exists (select from customers as c where c.document = known)
    );
    update statement_incidents as i set document = pseudonym, reference = null
    from sales as s
    where s.merchant_id = of_merchant and s.document = pseudonym
        and i.merchant_id = of_merchant and i.cashback_id = s.cashback_id
        and (i.document is distinct from pseudonym or i.reference is not null)
        and not exists (
            select from customers as c
            where c.merchant_id = of_merchant and c.document = i.document
        );
end $$;

-- A line's key is a hash of its document and of what stays. The keys of a person's lines, and the
-- sealed ones in their place, for whoever is nobody by now.
create function keys_to_seal(of_merchant bigint, pseudonym text) returns setof text
language plpgsql security definer as $$
begin
    if coalesce(
        of_merchant = any (nullif(current_setting('cashback.merchants', true), '')::bigint[]), false
    ) is false or not exists (
        select from customers as c
        where c.merchant_id = of_merchant and c.document = pseudonym and c.erased_at is not null
    ) then
        raise exception 'no merchant of this session' using errcode = 'insufficient_privilege';
    end if;
    return query
    select distinct i.line_key from statement_incidents as i
    where i.document = pseudonym and not is_sealed(i.line_key);
end $$;

create function seal_keys(of_merchant bigint, pseudonym text, sealed jsonb) returns void
language plpgsql security definer as $$
declare
    lines uuid[];
begin
    if coalesce(
        of_merchant = any (nullif(current_setting('cashback.merchants', true), '')::bigint[]), false
    ) is false or not exists (
        select from customers as c
        where c.merchant_id = of_merchant and c.document = pseudonym and c.erased_at is not null
    ) then
        raise exception 'no merchant of this session' using errcode = 'insufficient_privilege';
    end if;
    if exists (select from jsonb_each_text(sealed) as k where not is_sealed(k.value)) then
        raise exception 'not a sealed key' using errcode = 'check_violation';
    end if;
    -- Theirs, and whose reference named them: a reference that stays tells of a line that is not.
    lines := array(
        select i.incident_id from statement_incidents as i
        where i.document = pseudonym and sealed ? i.line_key
        union
        select i.incident_id
        from erasures_under_way as e
        join statement_incidents as i on i.incident_id = any (e.incidents)
        where e.merchant_id = of_merchant and sealed ? i.line_key
    );
    update statement_explanations as e set line_key = sealed ->> e.line_key
    from statement_incidents as i
    where i.incident_id = e.incident_id and i.incident_id = any (lines)
        and i.reference is null and sealed ? e.line_key;
    update statement_incidents as i set line_key = sealed ->> i.line_key
    where i.incident_id = any (lines) and i.reference is null;
end $$;

revoke execute on function
    forget_in_texts, keys_to_seal, seal_keys, is_sealed, pattern_of, tells_of, tells,
    without_telling, loses_values, refuse_change_but_erasure, names_being_erased, who_was_erased
    from public;
grant execute on function who_was_erased to cashback_worker;
grant execute on function is_sealed, pattern_of, tells_of, names_being_erased
    to cashback_serving, cashback_worker, cashback_eraser; -- the guards ask as whoever changes something
grant execute on function forget_in_texts, keys_to_seal, seal_keys to cashback_eraser;

select pin_search_paths();
