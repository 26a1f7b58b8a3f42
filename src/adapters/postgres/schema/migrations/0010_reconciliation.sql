-- What reconciling the provider's statement finds and what persons say of it. A statement belongs to
-- the provider's account: what is nobody's has no merchant, and the platform and the workers' role
-- alone see it.

-- One run: which window was asked for, what the statement covers, what came of it. `totals` are
-- rows and centavos of both sides by class. The latest trusted run has no distrust.
create table reconciliations (
    reconciliation_id uuid primary key,
    kind text collate "C" not null check (kind in ('open', 'recent', 'asked', 'file')),
    asked_since timestamptz not null,
    started_at timestamptz not null default now(),
    ended_at timestamptz,
    asked_at timestamptz,
    since timestamptz,
    through timestamptz,
    distrust text,
    -- Since when every run of this kind was distrusted, null while the latest was not.
    distrusted_since timestamptz,
    remarks text,
    totals jsonb,
    error text,
    settled integer
);
create index reconciliations_latest on reconciliations (kind, started_at desc);

create table statement_incidents (
    incident_id uuid primary key,
    class text collate "C" not null check (class in (
        'altered', 'credited_again', 'credited_unpaid', 'unknown_here', 'applied_absent',
        'unpaid', 'doubt_undecided', 'reversed', 'unreadable'
    )),
    -- Whose cashback it is about, both null for what is nobody's.
    merchant_id bigint,
    cashback_id uuid,
    -- Of the line, or of the cashback that is absent; shown masked.
    document text collate "C",
    centavos bigint not null,
    -- The line: its number on the latest statement, what it is known by on each, which one of those
    -- that read the same. All null for a cashback without a line.
    line integer,
    line_key text collate "C",
    nth integer,
    credited_at timestamptz,
    reference text check (length(reference) <= 255),
    why text not null check (length(why) <= 500),
    opened_at timestamptz not null default now(),
    statement_at timestamptz not null,
    last_seen_at timestamptz not null default now(),
    -- Its own window: a statement that covers it and does not find it again closes it.
    told_since timestamptz,
    told_through timestamptz,
    closed_at timestamptz,
    closed_why text,
    foreign key (merchant_id, cashback_id) references cashbacks,
    check ((merchant_id is null) = (cashback_id is null)),
    check ((line_key is null) = (nth is null)),
    check (line_key is not null or cashback_id is not null),
    check ((closed_at is null) = (closed_why is null))
);
create index statement_incidents_open on statement_incidents (opened_at, incident_id)
    where closed_at is null;
create index statement_incidents_about on statement_incidents (merchant_id, cashback_id)
    where cashback_id is not null;
create unique index statement_incidents_of_cashbacks on statement_incidents (cashback_id, class)
    where closed_at is null and line_key is null;
create index statement_incidents_of_customers on statement_incidents (document)
    where document is not null;
create unique index statement_incidents_of_lines on statement_incidents (line_key, nth)
    where closed_at is null and line_key is not null;

-- Opened, closed by a statement, explained by a person: the incident's own trail.
create table statement_incident_events (
    event_id bigint generated always as identity primary key,
    incident_id uuid not null references statement_incidents,
    at timestamptz not null default now(),
    what text not null check (what in ('opened', 'closed', 'explained')),
    by_name text,
    reason text not null,
    -- Who explained a line against its own reference took the risk that it is paid twice.
    risk_accepted boolean not null default false,
    check (not risk_accepted or what = 'explained')
);
create index statement_incident_events_of on statement_incident_events (incident_id, event_id);
select append_only('statement_incident_events', 'reason');

-- What persons said, for every later statement: one row explains one line, or one absent cashback.
create table statement_explanations (
    explanation_id bigint generated always as identity primary key,
    incident_id uuid not null unique references statement_incidents,
    meaning text not null check (meaning in ('foreign', 'ours', 'known_absent')),
    line_key text collate "C",
    cashback_id uuid,
    at timestamptz not null default now(),
    by_name text not null,
    reason text not null,
    check ((line_key is null) = (meaning = 'known_absent')),
    check ((cashback_id is null) = (meaning = 'foreign'))
);
create index statement_explanations_ours on statement_explanations (cashback_id)
    where meaning = 'ours';
select append_only('statement_explanations', 'reason', 'line_key');

-- `Cnpj.is_valid` of 14 characters, by test: a character counts as its ASCII code less 48.
create function is_cnpj(document text) returns boolean
language sql immutable as $$
    select document ~ '^[0-9A-Z]{12}[0-9]{2}$' and document !~ '^(.)\1*$' and not exists (
        select from generate_series(12, 13) as before (places)
        where ascii(substr(document, places + 1, 1)) - 48 <> (
            select case when sum(
                (ascii(substr(document, place, 1)) - 48) * (2 + (places - place) % 8)
            ) % 11 < 2 then 0 else 11 - sum(
                (ascii(substr(document, place, 1)) - 48) * (2 + (places - place) % 8)
            ) % 11 end
            from generate_series(1, places) as place
        )
    )
$$;

-- A document as the provider tells it, masked: `documents.mask`, by test.
create function masked_document(document text) returns text
language sql immutable return case
    when document ~ '^[0-9]{11}$'
        then format('***.%s.%s-**', substr(document, 4, 3), substr(document, 7, 3))
    when document ~ '^([*]{3}[.][0-9]{3}[.][0-9]{3}-[*]{2}|[*]+|[*]{2}[.][0-9A-Z]{3}[.][0-9A-Z]{3}/[*]{4}-[*]{2})$'
        then document
    when is_cnpj(document)
        then format('**.%s.%s/****-**', substr(document, 3, 3), substr(document, 6, 3))
    else repeat('*', least(length(document), 20))
end;

-- An incident that has ended needs no document any more, whoever ends it: neither the column nor what
-- in the reference could be one (`documents.mask` and `hide_documents`, by test).
create function mask_when_closed() returns trigger language plpgsql as $$
declare
    could_be constant text := '(?<![0-9])(0*)[0-9]{3}[^0-9A-Za-z]?([0-9]{3})[^0-9A-Za-z]?([0-9]{3})'
        '[^0-9A-Za-z]?[0-9]{2}(?![0-9])';
    told text := normalize(new.reference, nfkc);
begin
    if not is_pseudonym(new.document) then
        new.document := masked_document(new.document);
    end if;
    if told ~ could_be then
        new.reference := left(regexp_replace(told, could_be, '\1***.\2.\3-**', 'g'), 255);
    end if;
    return new;
end $$;
create trigger statement_incidents_mask_when_closed
    before insert or update on statement_incidents
    for each row when (new.closed_at is not null) execute function mask_when_closed();

alter table reconciliations enable row level security;
create policy of_workers on reconciliations to cashback_worker using (true);
create policy of_the_platform on reconciliations to cashback_platform using (true);
grant select, insert, update, delete on reconciliations to cashback_worker;
grant select on reconciliations to cashback_platform;

select protect_merchant_table('statement_incidents');
create policy of_the_platform on statement_incidents to cashback_platform using (true);
grant select, insert, update (
    class, merchant_id, cashback_id, document, centavos, line, credited_at, reference, why,
    statement_at, last_seen_at, told_since, told_through, closed_at, closed_why
) on statement_incidents to cashback_worker;
grant select, update (closed_at, closed_why) on statement_incidents to cashback_platform;
grant select on statement_incidents to cashback_serving;

alter table statement_incident_events enable row level security;
create policy of_workers on statement_incident_events to cashback_worker using (true);
create policy of_the_platform on statement_incident_events to cashback_platform using (true);
grant select, insert on statement_incident_events to cashback_worker, cashback_platform;

alter table statement_explanations enable row level security;
create policy of_workers on statement_explanations to cashback_worker using (true);
create policy of_the_platform on statement_explanations to cashback_platform using (true);
grant select, insert on statement_explanations to cashback_worker, cashback_platform;

-- Who serves one merchant is told of that merchant's alone, as by every policy; who sees all rows (the
-- workers' role, and whoever owns the tables) may ask for all, which is null.
create function refuse_other_merchants(of_merchant bigint) returns void
language plpgsql stable as $$
begin
    if not coalesce(
            of_merchant = any (nullif(current_setting('cashback.merchants', true), '')::bigint[]),
            false
        )
        and not pg_has_role(
            -- Not `current_user`, which is the owner in who asks this.
            coalesce(nullif(current_setting('role'), 'none'), session_user)::name,
            'cashback_worker', 'member'
        )
    then
        raise exception 'no merchant of this session' using errcode = 'insufficient_privilege';
    end if;
end $$;

-- Which cashbacks an open incident of a statement keeps from being called unpaid: it names them, or
-- its line could be their credit (`cashback_core.reconciliation.incidents.may_be_credit_of`, by test).
-- A line that is nobody's could be any merchant's, whose operators do not see it: so this runs as the
-- owner, and asks first who wants to know.
create function suspected_cashbacks(
    of_merchant bigint, precedes interval, only_these uuid[] default null
) returns table (merchant_id bigint, cashback_id uuid, is_said boolean)
language plpgsql stable security definer as $$
begin
    perform refuse_other_merchants(of_merchant);
    if not exists (select from statement_incidents as i where i.closed_at is null)
        and not exists (select from statement_explanations as e where e.meaning = 'ours')
    then
        return;  -- as on most days
    end if;
    return query
    with lines as materialized (
        select i.class, i.cashback_id, i.document, i.centavos, i.credited_at, i.line_key,
            i.reference
        from statement_incidents as i where i.closed_at is null
    ), parts as materialized (
        -- `references.parts_in`: every run of eight hex digits or more, in its words and across
        -- them; of long ones the beginning and the end alone, too, as a digit may be wrong.
        select l.class, l.line_key, l.credited_at, part
        from lines as l
        cross join lateral lower(normalize(l.reference, nfkc)) as told
        cross join lateral (values
            (regexp_replace(told, '[^0-9a-z]+', ' ', 'g')),
            (regexp_replace(told, '[^0-9a-z]+', '', 'g'))
        ) as words (text)
        cross join lateral regexp_matches(words.text, '[0-9a-f]{8,}', 'g') as found (run)
        cross join lateral (values
            (run[1]),
            (case when length(run[1]) > 16 then left(run[1], 16) end),
            (case when length(run[1]) > 16 then right(run[1], 16) end)
        ) as as_told (part)
        where part is not null
    ), ones as materialized (
        select c.merchant_id, c.cashback_id, c.cashback_centavos,
            told_document(s.document) as document,
            coalesce(a.started_at, c.accepted_at) - precedes as earliest_at
        from cashbacks as c
        join sales as s on s.merchant_id = c.merchant_id and s.cashback_id = c.cashback_id
        left join attempts as a
            on a.merchant_id = c.merchant_id and a.cashback_id = c.cashback_id and a.attempt = 1
        where c.status not in ('applied', 'not_due', 'void', 'recorded')
            and (of_merchant is null or c.merchant_id = of_merchant)
            and (only_these is null or c.cashback_id = any (only_these))
    ), found as (
        -- A person said that a line is its credit, and no statement has moved it yet.
        select o.merchant_id, o.cashback_id, true as is_said
        from ones as o join statement_explanations as e on e.cashback_id = o.cashback_id
        where e.meaning = 'ours'
        union all
        -- Apart, and not by `or`: each finds its pairs by a key.
        select o.merchant_id, o.cashback_id, false
        from ones as o join lines as l on l.cashback_id = o.cashback_id
        union all
        select o.merchant_id, o.cashback_id, false
        from ones as o join lines as l on l.document = o.document
        where l.line_key is not null and coalesce(l.credited_at >= o.earliest_at, true)
        union all
        select o.merchant_id, o.cashback_id, false
        from ones as o join lines as l on l.centavos = o.cashback_centavos
        where l.line_key is not null and (l.cashback_id is null or l.class = 'altered')
            and coalesce(l.credited_at >= o.earliest_at, true)
        union all
        select o.merchant_id, o.cashback_id, false
        from ones as o join lines as l
            on l.class = 'unreadable' and (l.document is null or l.centavos = 0)
        where l.line_key is not null and coalesce(l.credited_at >= o.earliest_at, true)
        union all
        select o.merchant_id, o.cashback_id, false
        from ones as o
        cross join lateral replace(o.cashback_id::text, '-', '') as hex
        join parts as p on position(p.part in hex) > 0 or position(hex in p.part) > 0
        where p.line_key is not null and coalesce(p.credited_at >= o.earliest_at, true)
    )
    select f.merchant_id, f.cashback_id, bool_or(f.is_said) from found as f group by 1, 2;
end $$;

-- Whether what is confirmed now may have been confirmed, sent and credited before, and a database that
-- went back has forgotten it (`cashback_core.intake.confirmation.confirming`). As the owner: what persons
-- said is the workers' and the platform's, and who paused the sender nobody's business who serves.
create function may_be_credited(
    of_merchant bigint, of_cashback uuid, precedes interval
) returns boolean
language plpgsql stable security definer as $$
begin
    perform refuse_other_merchants(of_merchant);
    if exists (
            select from statement_incidents as i
            where i.merchant_id = of_merchant and i.cashback_id = of_cashback
                and i.closed_at is null
        )
        -- No statement has moved it yet, or none ever will: the line may lie before all of them.
        or exists (
            select from statement_explanations as e
            where e.cashback_id = of_cashback and e.meaning = 'ours'
        )
    then
        return true;
    end if;
    -- The guard pauses the sender whenever a database went back, after all that it still knows.
    return (
            exists (select from sender where paused_at is not null)
            or exists (
                select from cashbacks as c join sender_releases as r
                    on r.released_at >= c.accepted_at
                where c.merchant_id = of_merchant and c.cashback_id = of_cashback
            )
        )
        and exists (select from suspected_cashbacks(of_merchant, precedes, array[of_cashback]));
end $$;

select close_functions();
grant execute on function may_be_credited to cashback_serving;
grant execute on function suspected_cashbacks to cashback_serving, cashback_worker;
-- Whoever ends an incident masks it.
grant execute on function is_cnpj, masked_document, is_pseudonym
    to cashback_worker, cashback_platform;
