-- When to send: a worker is woken by what becomes due; the sender can be paused for everybody (after a
-- restore, or by an operator), a process may pause by itself (its breaker is open), and neither counts
-- towards giving up.

-- A worker sleeps until the next cashback is due; whoever makes one due earlier wakes it.
create function wake_workers() returns trigger language plpgsql as $$
begin
    perform pg_notify('cashback_due', '');
    return null;
end $$;
create trigger cashbacks_become_due after insert or update of due_at on cashbacks
    for each row when (new.status = 'pending') execute function wake_workers();

create table sender (
    only_one boolean primary key default true check (only_one),
    paused_at timestamptz,
    reason text,
    actor text,
    check ((paused_at is null) = (reason is null)),
    check ((paused_at is null) = (actor is null))
);
insert into sender default values;

-- Times in which nothing was sent on purpose; whoever pauses prolongs its row.
create table sender_pauses (
    pause_id uuid primary key,
    began_at timestamptz not null,
    through_at timestamptz not null check (through_at >= began_at)
);
create index sender_pauses_by_end on sender_pauses (through_at);

-- What became of each pause of the sender: who paused it and why, who released it and why.
create table sender_releases (
    release_id bigint generated always as identity primary key,
    paused_at timestamptz not null,
    pause_reason text not null,
    pause_actor text not null,
    released_at timestamptz not null check (released_at >= paused_at),
    reason text not null,
    actor text not null check (char_length(actor) between 1 and 64)
);
select append_only('sender_releases', 'pause_reason', 'reason');

select close_functions();

-- Everybody's: an API process may pause the sender, since a database that went back is noticed
-- there too, but only the command line releases it.
alter table sender enable row level security;
create policy anybody_looks on sender for select to cashback_serving using (true);
create policy pausing_only on sender for update to cashback_serving
    using (true) with check (paused_at is not null);
create policy operators_release on sender to cashback_worker using (true);
grant select, update (paused_at, reason, actor) on sender to cashback_serving, cashback_worker;
grant select on sender_pauses to cashback_serving;
grant select, insert, update (through_at) on sender_pauses to cashback_worker;
grant insert on sender_releases to cashback_worker;
