-- When not to send: the sender can be paused for everybody (after a restore, or by an operator), a
-- process may pause by itself (its breaker is open), and neither counts towards giving up.

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

alter table attempts drop constraint attempts_result_check;
alter table attempts add constraint attempts_result_check check (result in (
    'applied', 'never_sent', 'refused_for_now', 'refused', 'misconfigured', 'unknown', 'own_error'
));

-- An operator sent it again although it may have been paid: such rows are counted apart.
alter table cashbacks add column risk_accepted_at timestamptz;

-- A worker sleeps until the next cashback is due; whoever makes one due earlier wakes it.
create function wake_workers() returns trigger language plpgsql as $$
begin
    perform pg_notify('cashback_due', '');
    return null;
end $$;

create trigger cashbacks_become_due after insert or update of due_at on cashbacks
    for each row when (new.status = 'pending') execute function wake_workers();
