-- What a data subject may ask for (LGPD, art. 18): a report of everything held about them, and to
-- become nobody. One role may change what is otherwise written once, and of that only what names a
-- person: document and name become a pseudonym, raw bytes become nothing. Amounts, lines, attempts
-- and events stay, so that every total and the trail of what was paid stay true.
--
-- After an erasure nothing in the database tells who it was: no CPF in any spelling, no name, and no
-- hash by which candidates could be tried. What is found by such a hash (a repeat of a sale by its
-- content, a line of the statement by its key) is found by a keyed hash from then on, whose key is
-- no part of the database (cashback_core.privacy.seals).

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
select append_only('privacy_acts', 'reason');
select protect_merchant_table('privacy_acts');
select let_named_merchants('privacy_acts', 'of_named_merchants_for_erasure', 'cashback_eraser');
grant select, insert on privacy_acts to cashback_eraser;

-- How far the cleaning has come in each merchant's sales and customers.
create table retention (
    merchant_id bigint primary key references merchants,
    raw_through_at timestamptz not null default '2000-01-01Z',
    -- What was unconfirmed when the cleaning passed it: an ERP has up to 90 days, and nobody else waits.
    raw_left uuid[] not null default '{}',
    customers_through uuid
);
select protect_merchant_table('retention');
select let_named_merchants('retention', 'of_named_merchants_for_erasure', 'cashback_eraser');
grant select, insert, update (raw_through_at, raw_left, customers_through) on retention to cashback_eraser;

-- Which key hashes are made with, so that no process starts with another and takes a repeat for a new
-- sale.
create table erasure_key (
    only_one boolean primary key default true check (only_one),
    fingerprint text not null check (fingerprint ~ '^[A-Za-z0-9+/]{32}$'),
    noted_at timestamptz not null default now()
);
grant select, insert (fingerprint) on erasure_key to cashback_eraser;
grant select on erasure_key to cashback_worker;

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

-- Whom an erasure may touch. As the owner, in all that follows: the eraser could hide rows by naming
-- other merchants in the middle of its statement.
create function guard_customer_erased() returns trigger language plpgsql security definer as $$
begin
    if old.erased_at is not null
        or not is_pseudonym(new.document)
        or (new.name, new.erased_at) is distinct from ('erased', now())
    then
        raise exception 'a customer becomes nobody here, and nothing else'
            using errcode = 'integrity_constraint_violation', constraint = 'only_whom_it_erases';
    end if;
    if exists (
        select from sales as s join cashbacks as c using (merchant_id, cashback_id)
        where s.merchant_id = old.merchant_id and s.document = old.document
            and c.status not in ('applied', 'not_due', 'cancelled', 'void', 'recorded')
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
    select s.document, c.status in ('applied', 'not_due', 'cancelled', 'void', 'recorded') into whose, ended
    from sales as s join cashbacks as c using (merchant_id, cashback_id)
    where s.merchant_id = old.merchant_id and s.cashback_id = old.cashback_id;
    if (case
        when tg_table_name = 'sales' and to_jsonb(new) -> 'document' <> to_jsonb(old) -> 'document'
            then exists (
                select from erasures_under_way as e
                where e.merchant_id = old.merchant_id and e.was = whose
                    and e.became = to_jsonb(new) ->> 'document'
            )
        when is_pseudonym(whose) then true
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
create trigger sales_of_whom_it_erases before update on sales
    for each row when (current_user = 'cashback_eraser') execute function guard_whom_it_erases();
create trigger sale_names_of_whom_it_erases before update on sale_names
    for each row when (current_user = 'cashback_eraser') execute function guard_whom_it_erases();
create trigger attempts_of_whom_it_erases before update on attempts
    for each row when (current_user = 'cashback_eraser') execute function guard_whom_it_erases();
create trigger refused_equals_of_whom_it_erases before update on refused_equals
    for each row when (current_user = 'cashback_eraser') execute function guard_whom_it_erases();

-- The lines of statements are forgotten by a function of the owner's, which has to be told whom: it is
-- `role` that tells the eraser in there. Of a line whose cashback is theirs the document may be another.
create function guard_incident_erased() returns trigger language plpgsql security definer as $$
begin
    if exists (
        select from erasures_under_way as e
        where e.became = new.document
            and (
                told_document(e.was) = old.document
                or old.document ~ '[*].*[0-9A-Z]'
                    and old.document = masked_document(told_document(e.was))
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

-- What finds a person in a text that is decomposed (nfkd), whatever its case: the document, however it
-- is divided or within whatever longer number (a foreign one as a word, for it may be as short as any
-- number; from six letters and digits on however it is punctuated: cashback_core.values.masks), or one
-- of the names as a whole, whatever stands between its letters. Names too short to mean anybody do not
-- count.
create function pattern_of(document text, names text[]) returns text
language sql immutable return (
    select string_agg(told, '|') from (
        select case
            when document like 'F:%' then '(?<![0-9A-Za-z])' || case
                when length(plain) >= 6 then regexp_replace(plain, '(.)(?=.)', '\1[./-]*', 'g')
                else replace(told_document(document), '.', '[.]')
            end || '(?![0-9A-Za-z])'
            when document ~ '[A-Z]' and not is_pseudonym(document)
                then regexp_replace(document, '(.)(?=.)', '\1[^0-9A-Za-z]*', 'g')
            else regexp_replace(document, '(.)(?=.)', '\1[^0-9]*', 'g')
        end as told
        from translate(told_document(document), './-', '') as plain
        union
        select regexp_replace(letters, '(.)(?=.)', '\1[^A-Za-z]*', 'g')
        from unnest(names) as n (name)
        cross join regexp_replace(normalize(n.name, nfkd), '[^A-Za-z]', '', 'g') as letters
        where length(letters) >= 8
    ) as patterns
);
create function tells_of(told text, document text, names text[]) returns boolean
language sql immutable as $$
    select coalesce(normalize(told, nfkd) ~* pattern_of(document, names), false)
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
    -- As the provider tells it.
    told text;
begin
    if coalesce(
        of_merchant = any (nullif(current_setting('cashback.merchants', true), '')::bigint[]), false
    ) is false then
        raise exception 'no merchant of this session' using errcode = 'insufficient_privilege';
    end if;
    select c.document, array[c.name] into known, called
    from customers as c where c.merchant_id = of_merchant and c.customer_id = of_customer;
    if known is null or is_pseudonym(known) then
        return;
    end if;
    insert into erasures_under_way (merchant_id, customer_id) values (of_merchant, of_customer)
    returning erasure_id into erasure;
    select coalesce(array_agg(s.cashback_id), '{}'), called || array_agg(distinct s.name)
    into theirs, called
    from sales as s where s.merchant_id = of_merchant and s.document = known;
    update erasures_under_way as u set names = called where u.erasure_id = erasure;
    named := pattern_of(known, called);
    told := told_document(known);
    -- A document may have letters, which are told in any case.
    numbered := case when told ~ '[A-Z]' then '(?i)' else '' end || pattern_of(known, '{}');
    -- Latin letters with accents, which are most of what is not ASCII here, hold no digit.
    maybe := numbered || '|' || unusual;
    in_order := '%' || regexp_replace(
        translate(lower(told), './-', '%%%'), '(.)(?=.)', '\1%', 'g'
    ) || '%';
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
    -- What was said of a case, of an incident or of a difference (migration 0021).
    update case_events as e set reason = 'erased'
    from cases as k
    left join statement_incidents as i on i.incident_id = k.incident_id
    left join differences as d on d.difference_id = k.difference_id
    where k.case_id = e.case_id and case
        when k.merchant_id = of_merchant
                and coalesce(i.cashback_id, d.cashback_id) = any (theirs)
            then tells(e.reason, named)
        when k.merchant_id = of_merchant or k.merchant_id is null and not elsewhere
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
            and (i.closed_at is not null or i.document is null or i.document = told
                or not exists (
                    select from customers as c
                    where c.document in (i.document, 'F:' || i.document)
                ))
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
            case when told ~ '[A-Z]' then lower(concat(a.key, a.before, a.after))
                else concat(a.key, a.before, a.after) end like in_order
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

-- A customer becomes nobody in what statements told, too: in the incidents of the merchant, and in all
-- others when no other merchant knows the customer; of their cashbacks nothing stays, in what has ended
-- and in what was opened since. What has ended is masked, so it is known by the digits that are left of
-- it; a document that a customer of this merchant has is another's, and stays. Statements tell documents
-- as the provider does. As the owner, since the
-- eraser sees no other merchant's customers; and so it needs no incident at all.
create function forget_in_incidents(of_merchant bigint, known text, pseudonym text)
returns void language plpgsql security definer as $$
declare
    told constant text := told_document(known);
    -- Of what is masked whole nothing is told.
    masked constant text := case
        when masked_document(told) ~ '[0-9A-Z]' then masked_document(told)
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
    where (i.document = told or i.document = masked and i.cashback_id is null) and (
        i.merchant_id = of_merchant
        or (i.document = told or i.merchant_id is null)
            and not exists (
                select from customers as c where c.document in (told, 'F:' || told)
            )
    );
    update statement_incidents as i set document = pseudonym, reference = null
    from sales as s
    where s.merchant_id = of_merchant and s.document = pseudonym
        and i.merchant_id = of_merchant and i.cashback_id = s.cashback_id
        and (i.document is distinct from pseudonym or i.reference is not null)
        and not exists (
            select from customers as c
            where c.merchant_id = of_merchant
                and c.document in (i.document, 'F:' || i.document)
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

-- Of these documents, as a statement tells them, by what each would be sealed to: those that were an
-- erased customer's and are nobody's now; and that customer's pseudonym.
create function who_was_erased(told jsonb) returns table (document text, pseudonym text)
language sql stable security definer as $$
    select distinct on (t.value) t.value, c.document
    from jsonb_each_text(told) as t
    join customers as c on c.sealed = t.key
    where not exists (
        select from customers as k where k.document in (t.value, 'F:' || t.value)
    )
    order by t.value, c.erased_at desc
$$;

select close_functions();
grant execute on function forget_in_texts, forget_in_incidents, keys_to_seal, seal_keys
    to cashback_eraser;
-- The guards ask as whoever changes something.
grant execute on function pattern_of, tells_of, names_being_erased
    to cashback_serving, cashback_worker, cashback_eraser;
grant execute on function who_was_erased to cashback_worker;
