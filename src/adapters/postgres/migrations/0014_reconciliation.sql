-- What reconciling the provider's statement finds and what persons say of it; and the moves that it
-- opens. A statement belongs to the provider's account: what is nobody's has no merchant, and the
-- platform and the workers' role alone see it.

-- After a restore a cashback may be credited whose attempts are lost.
alter table cashbacks drop constraint cashbacks_check4;
alter table cashbacks add constraint cashbacks_tried
    check (attempt > 0 or status not in ('sending', 'rejected', 'held'));

alter table events drop constraint events_only_listed_moves;
alter table events add constraint events_only_listed_moves
    check (coalesce(from_status, 'new') || '>' || to_status || '>' || actor in (
        'new>not_due>api', 'new>pending>api',
        'pending>sending>api', 'pending>sending>worker',
        'sending>applied>api', 'sending>rejected>api', 'sending>pending>api',
        'sending>held>api', 'sending>in_doubt>api',
        'sending>applied>worker', 'sending>rejected>worker', 'sending>pending>worker',
        'sending>held>worker', 'sending>in_doubt>worker', 'sending>in_doubt>reaper',
        'pending>applied>late_answer', 'held>applied>late_answer',
        'rejected>applied>late_answer', 'in_doubt>applied>late_answer',
        'in_doubt>pending>late_answer', 'in_doubt>rejected>late_answer',
        'in_doubt>applied>settler', 'in_doubt>pending>settler', 'in_doubt>held>settler',
        'pending>applied>settler', 'pending>in_doubt>settler',
        'held>applied>settler', 'rejected>applied>settler',
        'in_doubt>applied>operator', 'in_doubt>pending>operator', 'in_doubt>rejected>operator',
        'held>pending>operator', 'held>cancelled>operator', 'held>applied>operator',
        'rejected>pending>operator', 'rejected>cancelled>operator', 'rejected>applied>operator',
        'rejected>in_doubt>operator', 'applied>in_doubt>operator',
        'pending>cancelled>operator'
    ));

-- Applied leads to in_doubt, when an operator's mark is taken back, and nowhere else.
create or replace function guard_cashback_move() returns trigger language plpgsql as $$
begin
    if (new.status <> old.status) <> (new.version = old.version + 1)
        or new.version < old.version
        or new.attempt not in (old.attempt, old.attempt + 1)
        or (new.attempt > old.attempt) <> (new.status = 'sending' and old.status = 'pending')
        or new.cashback_centavos <> old.cashback_centavos
        or new.accepted_at <> old.accepted_at
        or old.status in ('not_due', 'cancelled') and new.status <> old.status
        or old.status = 'applied' and new.status not in ('applied', 'in_doubt')
    then
        raise exception 'cashback %: no move from % (version %, attempt %) to % (version %, attempt %)',
            old.cashback_id, old.status, old.version, old.attempt,
            new.status, new.version, new.attempt
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

-- One run: which window was asked for, what the statement covers, what came of it. `totals` are
-- rows and centavos of both sides by class. The latest trusted run has no distrust.
create table reconciliations (
    reconciliation_id uuid primary key,
    kind text not null check (kind in ('open', 'recent', 'asked')),
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
    class text not null check (class in (
        'altered', 'credited_again', 'credited_unpaid', 'unknown_here', 'applied_absent',
        'doubt_undecided', 'reversed', 'unreadable'
    )),
    -- Whose cashback it is about, both null for what is nobody's.
    merchant_id bigint,
    cashback_id uuid,
    -- Of the line, or of the cashback that is absent; shown masked.
    document text,
    centavos bigint not null,
    -- The line: its number on the latest statement, what it is known by on each, which one of those
    -- that read the same. All null for a cashback without a line.
    line integer,
    line_key text,
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
create unique index statement_incidents_of_lines on statement_incidents (line_key, nth)
    where closed_at is null and line_key is not null;
create unique index statement_incidents_of_cashbacks on statement_incidents (cashback_id, class)
    where closed_at is null and line_key is null;
create index statement_incidents_open on statement_incidents (opened_at, incident_id)
    where closed_at is null;
create index statement_incidents_about on statement_incidents (merchant_id, cashback_id)
    where cashback_id is not null;
create index statement_incidents_of_customers on statement_incidents (document)
    where document is not null;

-- Opened, closed by a statement, explained by a person: the incident's own trail.
create table statement_incident_events (
    event_id bigint generated always as identity primary key,
    incident_id uuid not null references statement_incidents,
    at timestamptz not null default now(),
    what text not null check (what in ('opened', 'closed', 'explained')),
    by_name text,
    reason text not null
);
create index statement_incident_events_of on statement_incident_events (incident_id, event_id);
create trigger statement_incident_events_append_only
    before update or delete on statement_incident_events
    for each row execute function refuse_change();

-- What persons said, for every later statement: one row explains one line, or one absent cashback.
create table statement_explanations (
    explanation_id bigint generated always as identity primary key,
    incident_id uuid not null unique references statement_incidents,
    meaning text not null check (meaning in ('foreign', 'ours', 'known_absent')),
    line_key text,
    cashback_id uuid,
    at timestamptz not null default now(),
    by_name text not null,
    reason text not null,
    check ((line_key is null) = (meaning = 'known_absent')),
    check ((cashback_id is null) = (meaning = 'foreign'))
);
create trigger statement_explanations_append_only
    before update or delete on statement_explanations
    for each row execute function refuse_change();

alter table reconciliations enable row level security;
alter table statement_incidents enable row level security;
alter table statement_incident_events enable row level security;
alter table statement_explanations enable row level security;
do $$
declare
    name text;
begin
    foreach name in array array[
        'reconciliations', 'statement_incidents', 'statement_incident_events',
        'statement_explanations'
    ] loop
        execute format('create policy of_workers on %I to cashback_worker using (true)', name);
        execute format('create policy of_the_platform on %I to cashback_platform using (true)', name);
    end loop;
end $$;
create policy of_named_merchants on statement_incidents for select to cashback_serving using (false);
select judge_rows('statement_incidents', 'of_named_merchants');

grant select, insert, update on reconciliations to cashback_worker;
grant delete on reconciliations to cashback_worker;
grant select on reconciliations to cashback_platform;
grant select, insert on statement_incidents to cashback_worker;
grant update (
    class, merchant_id, cashback_id, document, centavos, line, credited_at, reference, why,
    statement_at, last_seen_at, told_since, told_through, closed_at, closed_why
) on statement_incidents to cashback_worker;
grant select, update (closed_at, closed_why) on statement_incidents to cashback_platform;
grant select on statement_incidents to cashback_serving;
grant select, insert on statement_incident_events, statement_explanations
    to cashback_worker, cashback_platform;

-- A merchant's operator is asked for the risk also where a line of nobody's could be the cashback:
-- the server reads such lines, and no answer holds one.
create function open_statement_lines(of_id uuid, of_document text, of_centavos bigint)
returns table (
    class text, cashback_id uuid, has_line boolean, document text, centavos bigint,
    credited_at timestamptz, reference text
)
language sql stable security definer as $$
    select i.class, i.cashback_id, i.line_key is not null, i.document, i.centavos, i.credited_at,
        i.reference
    from statement_incidents as i
    where i.closed_at is null and (
        i.cashback_id = of_id or i.document = of_document or i.centavos = of_centavos
        or i.class = 'unreadable' or i.reference is not null
    )
$$;
revoke execute on function open_statement_lines from public;
grant execute on function open_statement_lines to cashback_serving, cashback_worker;
do $$
begin
    execute format(
        'alter function open_statement_lines set search_path = pg_catalog, %I, pg_temp',
        current_schema()
    );
end $$;

-- The eraser puts the pseudonym in the place of the document.
create policy for_erasure on statement_incidents to cashback_eraser using (true);
grant select, update (document, reference) on statement_incidents to cashback_eraser;
