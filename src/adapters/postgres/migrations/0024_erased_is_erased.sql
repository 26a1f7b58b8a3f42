-- After an erasure nothing in the database tells who it was: no CPF in any spelling, no name, and no
-- hash by which candidates could be tried. What is found by such a hash (a repeat of a sale by its
-- content, a line of the statement by its key) is found by a keyed hash from then on, whose key is
-- no part of the database (cashback_core.sealing).

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

-- A name of a sale changes for two reasons: it holds the document, or is a hash of it and more, of a
-- customer who is becoming nobody (whom `customers` knows no more while the sale still names them).
-- Hashes of those who became nobody before there was a key are sealed when it is asked for again.
create or replace function guard_name_change() returns trigger language plpgsql as $$
begin
    if current_user = 'cashback_eraser'
        and to_jsonb(new) - 'name' = to_jsonb(old) - 'name'
        and (
            new.name ~ '^E[0-9a-f]{32}$'
            or new.kind = 'content' and is_sealed(new.name) and not is_sealed(old.name)
        )
        and exists (
            select from sales as s
            where s.merchant_id = old.merchant_id and s.cashback_id = old.cashback_id
                and case
                    when new.kind = 'content' and s.document ~ '^E' then true
                    when new.kind = 'content' or tells_of(old.name, s.document, array[s.name])
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
            or new.sale_id = new.document and tells_of(old.sale_id, old.document, array[old.name])
        )
        and (
            new.idempotency_key is not distinct from old.idempotency_key
            or new.idempotency_key = new.document
                and tells_of(old.idempotency_key, old.document, array[old.name])
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

-- What is written once loses a text to an erasure, and to nothing else: only the columns that are
-- named, only to the word that says so (a line's key to a sealed one).
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
                is_now -> field in ('"erased"', '{"erased": "erased"}')
                or field = 'line_key' and is_sealed(is_now ->> field)
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

-- Everything that programs and persons wrote of a customer and that the eraser may not read: gone,
-- while `customers` still tells who it was. As the owner, for a merchant of the session alone. What
-- hangs on their cashbacks is found by these; what names them otherwise is read through, in the
-- tables that persons fill and that stay small. Told are the keys of lines that named them in the
-- reference alone: these are hashes of it.
create function forget_in_texts(of_merchant bigint, of_customer uuid) returns setof text
language plpgsql security definer as $$
declare
    known text;
    names text[];
    theirs uuid[];
    elsewhere boolean;
    told_of text;
begin
    if coalesce(
        of_merchant = any (nullif(current_setting('cashback.merchants', true), '')::bigint[]), false
    ) is false then
        raise exception 'no merchant of this session' using errcode = 'insufficient_privilege';
    end if;
    select c.document, array[c.name] into known, names
    from customers as c where c.merchant_id = of_merchant and c.customer_id = of_customer;
    if known is null or known ~ '^E' then
        return;
    end if;
    insert into erasures_under_way (merchant_id, customer_id) values (of_merchant, of_customer);
    select coalesce(array_agg(s.cashback_id), '{}'), names || array_agg(distinct s.name)
    into theirs, names
    from sales as s where s.merchant_id = of_merchant and s.document = known;
    told_of := pattern_of(known, names);
    elsewhere := exists (
        select from customers as c where c.document = known and c.merchant_id <> of_merchant
    );

    update events as e set reason = 'erased'
    where e.merchant_id = of_merchant and e.cashback_id = any (theirs)
        and normalize(e.reason, nfkd) ~* told_of;
    update incidents as i set what = 'erased'
    where i.merchant_id = of_merchant and i.cashback_id = any (theirs)
        and normalize(i.what, nfkd) ~* told_of;

    -- The reference of a line goes where it names them, also where no document could be read.
    return query
    update statement_incidents as i set
        reference = case when normalize(i.reference, nfkd) ~* told_of then null else i.reference end,
        why = case when normalize(i.why, nfkd) ~* told_of then 'erased' else i.why end,
        closed_why = case when normalize(i.closed_why, nfkd) ~* told_of then 'erased' else i.closed_why end
    where (i.merchant_id = of_merchant or (i.merchant_id is null and not elsewhere))
        and (
            normalize(i.reference, nfkd) ~* told_of or normalize(i.why, nfkd) ~* told_of
            or normalize(i.closed_why, nfkd) ~* told_of
        )
        -- Of another customer of the merchant's it is still needed while it stands.
        and (i.closed_at is not null or i.document is null or i.document = known
            or not exists (select from customers as c where c.document = i.document))
    returning i.line_key;
    update statement_incident_events as e set reason = 'erased'
    from statement_incidents as i
    where i.incident_id = e.incident_id
        and (i.merchant_id = of_merchant or (i.merchant_id is null and not elsewhere))
        and normalize(e.reason, nfkd) ~* told_of;
    update statement_explanations as e set reason = 'erased'
    from statement_incidents as i
    where i.incident_id = e.incident_id
        and (i.merchant_id = of_merchant or (i.merchant_id is null and not elsewhere))
        and normalize(e.reason, nfkd) ~* told_of;

    update audit as a set
        key = case when normalize(a.key, nfkd) ~* told_of then 'erased' else a.key end,
        before = case
            when normalize(a.before::text, nfkd) ~* told_of then '{"erased": "erased"}' else a.before
        end,
        after = case
            when normalize(a.after::text, nfkd) ~* told_of then '{"erased": "erased"}' else a.after
        end
    where (a.merchant_id = of_merchant or (a.merchant_id is null and not elsewhere))
        and (
            normalize(a.key, nfkd) ~* told_of or normalize(a.before::text, nfkd) ~* told_of
            or normalize(a.after::text, nfkd) ~* told_of
        );
    update privacy_acts as p set reason = 'erased'
    where p.merchant_id = of_merchant and normalize(p.reason, nfkd) ~* told_of;
    if not elsewhere then
        update sender as s set reason = 'erased' where normalize(s.reason, nfkd) ~* told_of;
        update sender_releases as r set
            pause_reason = case
                when normalize(r.pause_reason, nfkd) ~* told_of then 'erased' else r.pause_reason
            end,
            reason = case when normalize(r.reason, nfkd) ~* told_of then 'erased' else r.reason end
        where normalize(r.pause_reason, nfkd) ~* told_of or normalize(r.reason, nfkd) ~* told_of;
        update reconciliations as r set
            distrust = case when normalize(r.distrust, nfkd) ~* told_of then 'erased' else r.distrust end,
            remarks = case when normalize(r.remarks, nfkd) ~* told_of then 'erased' else r.remarks end,
            error = case when normalize(r.error, nfkd) ~* told_of then 'erased' else r.error end
        where normalize(r.distrust, nfkd) ~* told_of or normalize(r.remarks, nfkd) ~* told_of
            or normalize(r.error, nfkd) ~* told_of;
    end if;
end $$;

-- As before; and what has ended is masked, so it is known by the digits that are left of it.
create or replace function forget_in_incidents(of_merchant bigint, known text, pseudonym text)
returns void language plpgsql security definer as $$
declare
    masked text := case when known ~ '^[0-9]{11}$'
        then format('***.%s.%s-**', substr(known, 4, 3), substr(known, 7, 3))
    end;
begin
    if coalesce(
        of_merchant = any (nullif(current_setting('cashback.merchants', true), '')::bigint[]), false
    ) is false or pseudonym !~ '^E[0-9a-f]{32}$' then
        raise exception 'no merchant of this session' using errcode = 'insufficient_privilege';
    end if;
    update statement_incidents as i set document = pseudonym, reference = null
    where (i.document = known or i.document = masked and i.cashback_id is null) and (
        i.merchant_id = of_merchant
        or not exists (select from customers as c where c.document = known)
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
    update statement_explanations as e set line_key = sealed ->> e.line_key
    from statement_incidents as i
    where i.incident_id = e.incident_id and i.reference is null and sealed ? e.line_key
        and (i.merchant_id = of_merchant or i.document = pseudonym or i.merchant_id is null);
    update statement_incidents as i set line_key = sealed ->> i.line_key
    where i.reference is null and sealed ? i.line_key
        and (i.merchant_id = of_merchant or i.document = pseudonym or i.merchant_id is null);
end $$;

revoke execute on function
    forget_in_texts, keys_to_seal, seal_keys, is_sealed, pattern_of, tells_of,
    refuse_change_but_erasure
    from public;
grant execute on function is_sealed, pattern_of, tells_of
    to cashback_serving, cashback_worker, cashback_eraser; -- the guards ask as whoever changes something
grant execute on function forget_in_texts, keys_to_seal, seal_keys to cashback_eraser;

select pin_search_paths();
