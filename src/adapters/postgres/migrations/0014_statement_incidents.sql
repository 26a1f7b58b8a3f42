-- What a reconciliation finds and no program may decide stands here until a later statement, or a
-- person, explains it; what persons say is kept for every later statement; and each run is noted.

alter table events drop constraint events_only_listed_moves;
alter table events add constraint events_only_listed_moves check (coalesce(from_status, 'new') || '>' || to_status || '>' || actor in (
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
    'rejected>in_doubt>operator', 'applied>in_doubt>operator', 'pending>cancelled>operator'
)) not valid;

-- After a restore the attempts of what is credited may be lost.
alter table cashbacks drop constraint cashbacks_check4;
alter table cashbacks add constraint cashbacks_are_tried
    check (attempt > 0 or status not in ('sending', 'rejected', 'held')) not valid;

-- An operator's mark is taken back by another operator: see the listed moves.
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

create table statement_incidents (
    incident_id uuid primary key,
    class text collate "C" not null,
    -- Whose cashback it is about; null for what is nobody's.
    merchant_id bigint references merchants,
    cashback_id uuid,
    -- Plain, to be held against cashbacks; masked whenever it is shown.
    document text collate "C",
    centavos bigint not null check (centavos >= 0),
    line integer check (line > 0),
    line_key text collate "C" check (line_key ~ '^[0-9a-f]{32}$'),
    nth integer not null default 0 check (nth >= 0),
    credited_at timestamptz,
    reference text check (char_length(reference) <= 255),
    why text not null,
    barred_by integer,
    opened_at timestamptz not null default now(),
    statement_at timestamptz not null,
    last_seen_at timestamptz not null default now(),
    closed_at timestamptz,
    closed_why text,
    foreign key (merchant_id, cashback_id) references cashbacks,
    check ((closed_at is null) = (closed_why is null)),
    check ((line is null) = (line_key is null))
);
create unique index statement_incidents_of_a_line on statement_incidents (line_key, nth)
    where closed_at is null and line_key is not null;
create unique index statement_incidents_of_a_cashback on statement_incidents (class, cashback_id)
    where closed_at is null and line_key is null;
create index statement_incidents_by_opening on statement_incidents (opened_at, incident_id);

create table statement_incident_events (
    event_id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    incident_id uuid not null references statement_incidents,
    what text not null check (what in ('opened', 'closed', 'explained')),
    by text check (char_length(by) between 1 and 64),
    reason text not null check (char_length(reason) between 1 and 2000),
    check ((what = 'explained') = (by is not null))
);
create trigger statement_incident_events_append_only
    before update or delete on statement_incident_events
    for each row execute function refuse_change();

create table statement_explanations (
    explanation_id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    line_key text collate "C" check (line_key ~ '^[0-9a-f]{32}$'),
    meaning text not null check (meaning in ('foreign', 'ours', 'known_absent')),
    cashback_id uuid,
    by text not null check (char_length(by) between 1 and 64),
    reason text not null check (char_length(reason) between 1 and 500),
    check ((meaning = 'known_absent') = (line_key is null)),
    check ((meaning = 'foreign') = (cashback_id is null))
);
create index statement_explanations_of_a_line on statement_explanations (line_key, explanation_id);
create trigger statement_explanations_append_only
    before update or delete on statement_explanations
    for each row execute function refuse_change();

create table reconciliations (
    reconciliation_id bigint generated always as identity primary key,
    kind text not null check (kind in ('hourly', 'daily', 'asked')),
    asked_since timestamptz not null,
    asked_at timestamptz not null,
    since timestamptz,
    through timestamptz,
    started_at timestamptz not null default now(),
    ended_at timestamptz,
    distrust text,
    distrusted_since timestamptz,
    remarks text,
    totals jsonb,
    error text
);
create index reconciliations_by_kind on reconciliations (kind, started_at desc);

select protect_merchant_table('statement_incidents');
grant select on statement_incidents to cashback_serving;
grant select, insert, update (why, line, statement_at, last_seen_at, closed_at, closed_why)
    on statement_incidents to cashback_worker;
grant select, insert on statement_incident_events, statement_explanations to cashback_worker;
grant select, insert, update (ended_at, since, through, distrust, distrusted_since, remarks, totals,
    error) on reconciliations to cashback_worker;
