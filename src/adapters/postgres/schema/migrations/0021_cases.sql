-- What needs somebody, an incident of a statement or a difference, is somebody's: assigned, noted,
-- resolved with a reason. What was said of it stays.

-- A case is there from the first thing that anybody does about it; what nobody has touched has none.
-- Whether it stands is the incident's, or the difference's, own matter: `closed_at` there.
create table cases (
    case_id uuid primary key,
    incident_id uuid references statement_incidents,
    difference_id uuid references differences,
    -- Whose it is, as of its incident or difference; null: nobody's, and the platform's work.
    merchant_id bigint references merchants,
    assigned_to text check (char_length(assigned_to) between 1 and 64),
    -- Since when a person calls it done; null again when a later run, or file, finds it again.
    resolved_at timestamptz,
    check (num_nonnulls(incident_id, difference_id) = 1),
    check (case_id = coalesce(incident_id, difference_id)),
    check (difference_id is null or merchant_id is not null)
);

-- What was done about a case, and what runs did to it (by nobody). `merchant_id` is whose it was then.
create table case_events (
    event_id bigint generated always as identity primary key,
    case_id uuid not null references cases,
    merchant_id bigint,
    at timestamptz not null default now(),
    what text collate "C" not null check (what in (
        'assigned', 'given_back', 'noted', 'resolved', 'reopened', 'closed', 'moved'
    )),
    by_name text check (char_length(by_name) between 1 and 64),
    assigned_to text check (char_length(assigned_to) between 1 and 64),
    reason text check (char_length(reason) between 1 and 500),
    check ((by_name is null) = (what in ('reopened', 'closed', 'moved'))),
    check ((assigned_to is not null) = (what = 'assigned')),
    check (reason is not null or what in ('assigned', 'given_back'))
);
create index case_events_of on case_events (case_id, event_id);
select append_only('case_events', 'reason');

-- What stands open, for the lists of cases.
create index differences_standing on differences (opened_at, difference_id) where closed_at is null;

-- A case is of the merchant whose incident or difference it is. Who asks sees their own alone, so
-- another's is none.
create function guard_case() returns trigger language plpgsql as $$
declare
    is_theirs boolean;
begin
    if new.incident_id is not null then
        select i.merchant_id is not distinct from new.merchant_id into is_theirs
        from statement_incidents as i where i.incident_id = new.incident_id;
    else  -- apart: whoever has no part in differences does not ask
        select d.merchant_id is not distinct from new.merchant_id into is_theirs
        from differences as d where d.difference_id = new.difference_id;
    end if;
    if is_theirs is not true then
        raise exception 'case % is of another merchant', new.case_id
            using errcode = 'integrity_constraint_violation', constraint = 'cases_of_their_owner';
    end if;
    return null;
end $$;
create trigger cases_of_their_owner after insert or update on cases
    for each row execute function guard_case();

-- Found again after a person called it resolved, it is open again; so is what was closed. What turns
-- out to be another's (or somebody's after all) is nobody's work again. By whichever run renews it.
create function follow_case() returns trigger language plpgsql as $$
declare
    of_case constant uuid := (to_jsonb(new) ->> tg_argv[0])::uuid;
begin
    if old.closed_at is not null and new.closed_at is null then
        insert into cases (case_id, incident_id, difference_id, merchant_id)
        values (
            of_case, case tg_argv[0] when 'incident_id' then of_case end,
            case tg_argv[0] when 'difference_id' then of_case end, new.merchant_id
        )
        on conflict (case_id) do nothing;
        insert into case_events (case_id, merchant_id, at, what, reason)
        values (of_case, new.merchant_id, old.closed_at, 'closed', old.closed_why);
        update cases set resolved_at = null where case_id = of_case;
        insert into case_events (case_id, merchant_id, what, reason)
        values (of_case, new.merchant_id, 'reopened', 'found again');
        return null;
    end if;
    if new.merchant_id is distinct from old.merchant_id then
        update cases set merchant_id = new.merchant_id, assigned_to = null where case_id = of_case;
        if found then
            insert into case_events (case_id, merchant_id, what, reason)
            values (of_case, new.merchant_id, 'moved', 'it is about another''s cashback, or nobody''s');
        end if;
    end if;
    -- By whoever looked after it was resolved: a run that began before may tell what it saw then.
    update cases set resolved_at = null
    where case_id = of_case and resolved_at < new.last_seen_at;
    if found then
        insert into case_events (case_id, merchant_id, what, reason)
        values (of_case, new.merchant_id, 'reopened', 'found again');
    end if;
    return null;
end $$;
create trigger statement_incidents_have_cases
    after update of last_seen_at, merchant_id, closed_at on statement_incidents
    for each row when (new.closed_at is null) execute function follow_case('incident_id');
create trigger differences_have_cases
    after update of last_seen_at, closed_at on differences
    for each row when (new.closed_at is null) execute function follow_case('difference_id');

select close_functions();

select protect_merchant_table('cases');
create policy of_the_platform on cases to cashback_platform using (incident_id is not null);
grant select, insert (case_id, incident_id, difference_id, merchant_id, assigned_to, resolved_at),
    update (assigned_to, resolved_at) on cases to cashback_serving, cashback_platform;
grant select, insert, update (assigned_to, resolved_at, merchant_id) on cases to cashback_worker;

select protect_merchant_table('case_events');
create policy of_the_platform on case_events to cashback_platform using (
    exists (select from cases as c where c.case_id = case_events.case_id)
);
grant select, insert on case_events to cashback_serving, cashback_worker, cashback_platform;

-- What became of an incident is told to whom the incident is.
create policy of_named_merchants on statement_incident_events for select to cashback_serving using (
    exists (
        select from statement_incidents as i
        where i.incident_id = statement_incident_events.incident_id
    )
);
grant select on statement_incident_events to cashback_serving;
