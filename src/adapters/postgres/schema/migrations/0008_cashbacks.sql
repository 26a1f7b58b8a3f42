-- The payment of a sale: its cashback's present state, every attempt to deliver it and every move it
-- made. What the delivery rules need is a constraint here as well as a decision in the core: a cashback
-- moves one event and at most one attempt at a time, and only as the list of moves says.

-- What a column may hold: domains, see the sales.
create domain cashback_status as text collate "C" check (value in (
    'not_due', 'unconfirmed', 'pending', 'sending', 'applied', 'rejected', 'in_doubt', 'held',
    'cancelled', 'void', 'recorded'
));
create domain attempt_number as integer check (value >= 0);
create domain deliverer as text check (value in ('api', 'worker'));
create domain attempt_result as text check (value in (
    'applied', 'never_sent', 'refused_for_now', 'refused', 'misconfigured', 'unknown', 'own_error'
));
create domain attempt_phase as text check (value in ('nothing_sent', 'sent', 'status_seen'));
create domain http_status as smallint check (value between 0 and 999);
create domain answer_body as bytea check (octet_length(value) <= 65536);
create domain operators_name as text check (char_length(value) between 1 and 64);

create table cashbacks (
    merchant_id bigint not null,
    cashback_id uuid not null,
    status cashback_status not null,
    -- The number of events so far; the latest event tells the present status.
    version version_number not null,
    -- The number of the latest attempt, 0 before the first.
    attempt attempt_number not null,
    cashback_centavos centavos not null,
    accepted_at timestamptz not null,
    -- When the present try to deliver began: giving up counts from it.
    open_since_at timestamptz not null,
    -- When it is to be sent; of an unconfirmed one, by when it is to be confirmed.
    due_at timestamptz,
    -- When its ERP confirmed it, if it was to be confirmed later: its day is that one's.
    confirmed_at timestamptz,
    lease_until_at timestamptz,
    applied_at timestamptz,
    -- An operator sent it again although it may have been paid: such rows are counted apart.
    risk_accepted_at timestamptz,
    foreign key (merchant_id, cashback_id) references sales,
    constraint cashbacks_tell_their_status check (
        (status = 'not_due') = (cashback_centavos = 0)
        and (status in ('pending', 'unconfirmed')) = (due_at is not null)
        and (status = 'sending') = (lease_until_at is not null)
        and (status = 'applied') = (applied_at is not null)
    ),
    -- Above a ceiling it is held before it was ever tried; and after a restore a cashback may be
    -- credited whose attempts are lost.
    constraint cashbacks_tried check (attempt > 0 or status not in ('sending', 'rejected')),
    -- Nothing is sent before it is confirmed, and of what is void, or history, nothing ever was.
    constraint cashbacks_confirmed check (
        status not in ('unconfirmed', 'void', 'recorded') or attempt = 0 and confirmed_at is null
    )
)
-- Rows are updated at least once: room on the page keeps a row's versions together. Never without new
-- entries in indexes, for each move changes what some index looks at; so dead entries stay among the
-- open ones until the next vacuum, and whoever counts those reads a page for 36 of them. Autovacuum
-- comes after a fiftieth of the table instead of a fifth (docs/volume.md).
with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);

create index cashbacks_resent_at_a_risk on cashbacks (risk_accepted_at)
    where risk_accepted_at is not null;
create index cashbacks_due on cashbacks (due_at) where status = 'pending';
create index cashbacks_unconfirmed on cashbacks (due_at) where status = 'unconfirmed';
create index cashbacks_confirmed on cashbacks (merchant_id, confirmed_at)
    where confirmed_at is not null;
create index cashbacks_leased on cashbacks (lease_until_at) where status = 'sending';
-- The same states as cashback_core.delivery.states.CLOSED, as in every query that is to use it, by test.
create index cashbacks_open on cashbacks (merchant_id, status, accepted_at desc)
    where status not in ('applied', 'not_due', 'void', 'recorded');
-- What was paid in a range: by whoever looks for sales, and by reconciliation, merchant by merchant, for
-- the window of a statement.
create index cashbacks_by_applied_at on cashbacks (merchant_id, applied_at)
    where applied_at is not null;
alter table cashbacks add primary key (merchant_id, cashback_id);  -- made last: see `sales`
-- What a stop holds back is put off to the end of days, so that no claim reads it again and again;
-- workers bring it back when the stop is lifted, and find it here, merchant by merchant.
create index cashbacks_put_off on cashbacks (merchant_id, cashback_id)
    where status = 'pending' and due_at >= '2099-01-01 00:00:00+00';

create table attempts (
    merchant_id bigint not null,
    cashback_id uuid not null,
    attempt version_number not null,
    deliverer deliverer not null,
    started_at timestamptz not null,
    lease_until_at timestamptz not null,
    ended_at timestamptz,
    result attempt_result,
    phase attempt_phase,
    reason text,
    status_code http_status,
    body answer_body,
    provider_id text,
    provider_message text,
    provider_created_at text,
    connected_s real,
    sent_s real,
    elapsed_s real,
    primary key (merchant_id, cashback_id, attempt),
    foreign key (merchant_id, cashback_id) references cashbacks,
    constraint attempts_end_at_once check (
        (ended_at is null) = (result is null)
        and (result <> 'applied' or status_code = 201)
        and (phase = 'status_seen') = (status_code is not null)
    )
)
-- Begun with a third of what it ends with: with so much room four in five ends stay on the page, and
-- write no index entry (at 80 one in three; measured with an answer of 54 bytes, docs/volume.md).
with (fillfactor = 40);

-- The feed of changes is the events in the order of `position`, which is the number of the transaction
-- that wrote it. Whoever reads takes what is below the oldest transaction that still runs: of these all
-- have ended, and what comes later has a higher number. So nothing is skipped, however slow somebody
-- commits. Numbers begin anew in another cluster (a dump restored there), and what a server that
-- failed had given out is given out again by its successor; a reader may have gone on from those
-- already. So `raised` is added to them, and raised whenever that may have come about.
create table feed (
    only_one boolean primary key default true check (only_one),
    raised bigint not null default 0 check (raised >= 0),
    system_identifier bigint not null,
    timeline integer not null
);
create function feed_place(out system_identifier bigint, out timeline integer)
language sql volatile as $$
    select
        (select c.system_identifier from pg_control_system() as c),
        ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::integer
$$;
insert into feed (system_identifier, timeline) select * from feed_place();

-- What is raised stands in the function itself, which `renew_feed` replaces. It is a part of the plan of
-- whoever writes an event (0.05 µs instead of a call of 0.8), and a plan that it is part of is made anew
-- when it is replaced: whoever writes then waits for the lock of the events, and looks again behind it.
create function feed_position() returns bigint
language sql return pg_current_xact_id()::text::bigint + 0;

-- Every move there is: the same list as cashback_core.delivery.states.TRANSITIONS, by test. In a
-- function, for a statement that writes events would read a CHECK of so many words anew: 52 µs.
create function is_listed_move(from_status text, to_status text, actor text) returns boolean
language plpgsql immutable as $$
begin
    return coalesce(from_status, 'new') || '>' || to_status || '>' || actor in (
        'new>not_due>api', 'new>pending>api', 'new>held>api', 'new>unconfirmed>api',
        'new>recorded>api',
        'unconfirmed>pending>api', 'unconfirmed>held>api', 'unconfirmed>void>worker',
        'unconfirmed>cancelled>operator', 'unconfirmed>applied>settler',
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
    );
end $$;

create table events (
    merchant_id bigint not null,
    cashback_id uuid not null,
    sequence version_number not null,
    at timestamptz not null,
    actor text not null,
    from_status text,
    to_status text not null,
    attempt attempt_number not null,
    reason text not null,
    -- Every act is signed by its operator's name.
    actor_name operators_name,
    position bigint not null default feed_position(),
    primary key (merchant_id, cashback_id, sequence),
    foreign key (merchant_id, cashback_id) references cashbacks,
    check ((sequence = 1) = (from_status is null)),
    constraint events_operators_sign check ((actor = 'operator') = (actor_name is not null)),
    constraint events_only_listed_moves check (is_listed_move(from_status, to_status, actor))
);
-- Partial, so that it is never taken for the key's work (see `sales`).
create index events_in_order on events (merchant_id, position, cashback_id, sequence)
    where position is not null;

-- A cashback's own moves are told in their order, although a transaction that began (and got its
-- number) earlier may make the later one. What it takes over is not below its own number, and so
-- nobody has read so far while it runs. As the owner: it looks at what the group may not read.
--
-- Only a transaction with a higher number that has ended can have written, or handed on, a higher
-- position. Where at this moment none has, the look at the event before (7 µs) is spared: the condition
-- is asked of a snapshot of its own, taken after whatever the statement waited for.
create function follow_event() returns trigger language plpgsql security definer
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
    if pg_snapshot_xmax(pg_current_snapshot()) > pg_current_xact_id() then
        new.position := greatest(new.position, (
            select e.position from events as e
            where e.merchant_id = new.merchant_id and e.cashback_id = new.cashback_id
                and e.sequence = new.sequence - 1
        ));
    end if;
    return new;
end $$;
create trigger events_follow before insert on events
    for each row when (new.sequence > 1) execute function follow_event();

-- Raises the positions to come above every one that was ever given out, where the feed is not where it
-- was (another cluster, another timeline), or `anyway`; whether it did. Nobody writes meanwhile, and
-- what is being written is waited for, so that no position is of neither sort. 2^40 transactions are
-- more than a server makes between a backup and its loss.
create function renew_feed(anyway boolean) returns boolean language plpgsql security definer as $$
declare
    step constant bigint := 1099511627776;
    here record;
    home name;
    given_out bigint;
begin
    select * into here from feed_place();
    if not anyway and exists (
        select from feed as f
        where (f.system_identifier, f.timeline) = (here.system_identifier, here.timeline)
    ) then
        return false;
    end if;
    lock table events in share row exclusive mode;
    perform from feed for update;
    if not anyway and exists (
        select from feed as f
        where (f.system_identifier, f.timeline) = (here.system_identifier, here.timeline)
    ) then
        return false;  -- another process was first
    end if;
    select greatest(f.raised + pg_current_xact_id()::text::bigint, max(last.position))
    into given_out
    from feed as f, merchants as m
    left join lateral (
        select e.position from events as e
        where e.merchant_id = m.merchant_id and e.position >= 0  -- what its index can use
        order by e.position desc limit 1
    ) as last on true
    group by f.raised;
    update feed set raised = (coalesce(given_out, 0) / step + 2) * step,
        system_identifier = here.system_identifier, timeline = here.timeline
    returning raised into given_out;
    select n.nspname into home from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
    where p.oid = 'feed_position()'::regprocedure;
    execute format(
        'create or replace function %I.feed_position() returns bigint language sql'
        ' return pg_current_xact_id()::text::bigint + %s',
        home, given_out
    );
    return true;
end $$;

-- What changed in a range: the latest event of a cashback. Partial, so that it is never taken for the
-- key's work (see `sales`).
create index events_by_instant on events (merchant_id, at) where at is not null;

-- What somebody must be told at once, such as a 201 of an attempt that was superseded.
create table incidents (
    incident_id bigint generated always as identity primary key,
    merchant_id bigint not null,
    cashback_id uuid not null,
    attempt integer not null,
    at timestamptz not null default now(),
    what text not null,
    foreign key (merchant_id, cashback_id) references cashbacks
);
create index incidents_by_time on incidents (at);

select append_only('events', 'reason');
select append_only('incidents', 'what');
create trigger cashbacks_stay before delete on cashbacks
    for each row execute function refuse_change();
select refuse_truncating('cashbacks');
create trigger attempts_stay before delete on attempts
    for each row execute function refuse_change();
select refuse_truncating('attempts');

-- Applied leads to in_doubt, when an operator's mark is taken back, and nowhere else. What is unconfirmed
-- is confirmed once, and void only after its time. Nothing becomes history, and history becomes nothing.
create function guard_cashback_move() returns trigger language plpgsql as $$
begin
    if (new.status <> old.status) <> (new.version = old.version + 1)
        or new.version < old.version
        or new.attempt not in (old.attempt, old.attempt + 1)
        or (new.attempt > old.attempt) <> (new.status = 'sending' and old.status = 'pending')
        or new.cashback_centavos <> old.cashback_centavos
        or new.accepted_at <> old.accepted_at
        or old.status in ('not_due', 'cancelled', 'void', 'recorded') and new.status <> old.status
        or old.status = 'applied' and new.status not in ('applied', 'in_doubt')
        or new.status <> old.status and (
            new.status in ('unconfirmed', 'recorded')
            or new.status = 'void' and (old.status <> 'unconfirmed' or old.due_at > now())
        )
        or old.status = 'unconfirmed' and (
            new.status not in ('unconfirmed', 'pending', 'held', 'void', 'cancelled', 'applied')
            or new.status = old.status and new.due_at <> old.due_at
        )
        or (new.confirmed_at is distinct from case
            when old.status = 'unconfirmed' and new.status in ('pending', 'held') then now()
            else old.confirmed_at
        end)
        or old.status = 'applied' and new.status not in ('applied', 'in_doubt')
    then
        raise exception 'cashback %: no move from % (version %, attempt %) to % (version %, attempt %)',
            old.cashback_id, old.status, old.version, old.attempt,
            new.status, new.version, new.attempt
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;
create trigger cashbacks_move before update on cashbacks
    for each row execute function guard_cashback_move();

-- A move that no attempt makes has its event by the commit: who did it, and why. (What attempts begin
-- and end has the attempt's own row, is on the way of every sale, and is not looked at here.)
create function guard_told_move() returns trigger language plpgsql security definer
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
    if not exists (
        select from events as e
        where e.merchant_id = new.merchant_id and e.cashback_id = new.cashback_id
            and e.sequence = new.version
            and e.from_status = old.status and e.to_status = new.status
    ) then
        raise exception 'no event tells the move of % from % to %',
            new.cashback_id, old.status, new.status
            using errcode = 'integrity_constraint_violation', constraint = 'cashbacks_moves_are_told';
    end if;
    return null;
end $$;
create constraint trigger cashbacks_moves_are_told after update of status on cashbacks
    deferrable initially deferred for each row
    when (old.status <> 'sending' and new.status <> 'sending' and new.status <> old.status)
    execute function guard_told_move();

-- An attempt keeps its first result. Of it an erasure may drop the raw answer, and what else the
-- provider told where it tells who.
create function guard_attempt() returns trigger language plpgsql as $$
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
create trigger attempts_keep_their_result before update on attempts
    for each row execute function guard_attempt();

-- A sale is whole when it is committed: a cashback, lines and payments that add up, and every name that
-- it tells is its own (its key, its sale id, or, without either, its content). Once for each sale, at the commit,
-- when everything of it must be there, in whatever order it came. As the owner: nothing is hidden from
-- it, and its plans need no policies. Planned once, by its keys, whoever comes: a plan made while the
-- tables were empty would read all of them for ever.
create function guard_whole_sale() returns trigger language plpgsql security definer
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off as $$
declare
    adds_up boolean;
    named boolean;
    amiss text;
begin
    if num_nulls(new.document, new.name) + num_nonnulls(
        new.surcharge_centavos, new.difference_centavos, new.nothing_due, new.payments, new.store,
        new.till, new.series, new.cashier, new.metadata, new.alike_to, new.also_alike_to,
        new.invoice_cnpj, new.invoice_month, new.invoice_series, new.invoice_number
    ) > 0 then
        amiss := told_amiss(new);
        if amiss is not null then
            raise exception 'sale % tells % that no sale may', new.cashback_id, amiss
                using errcode = 'check_violation', constraint = 'sales_told_right';
        end if;
    end if;
    select
        (
            select sum(
                    l.amount_centavos - l.discount_centavos + coalesce(l.surcharge_centavos, 0)
                ) = new.total_centavos + new.discount_centavos
                    - coalesce(new.surcharge_centavos, 0) - coalesce(new.difference_centavos, 0)
                and sum(l.cashback_centavos) = c.cashback_centavos
            from sale_lines as l
            where l.merchant_id = new.merchant_id and l.cashback_id = new.cashback_id
        )
            and c.cashback_centavos <= new.total_centavos
            and (c.cashback_centavos = 0) = (new.nothing_due is not null),
        (
            select count(*) filter (
                where case n.kind
                    -- Of a merchant whose stores count by themselves it goes with the store.
                    when 'sale_id' then n.name = new.sale_id
                        or n.name = new.store || ' ' || new.sale_id
                    when 'idempotency_key' then n.name = new.idempotency_key
                    else new.sale_id is null and new.idempotency_key is null
                end
            ) >= greatest(
                num_nonnulls(new.sale_id, new.idempotency_key),
                -- What is alike to another one has its content's name there.
                case when new.alike_to is null then 1 else 0 end
            )
            from sale_names as n
            -- Found by the cashback alone: `+ 0` keeps the planner from reading a whole merchant.
            where n.cashback_id = new.cashback_id and n.merchant_id + 0 = new.merchant_id
        )
    into adds_up, named
    from cashbacks as c
    where c.merchant_id = new.merchant_id and c.cashback_id = new.cashback_id;
    if adds_up and new.payments is not null then
        -- A statement of its own, which a sale that tells none does not pay for.
        select bool_and(p ->> 0 in (
                'cash', 'check', 'credit_card', 'debit_card', 'store_credit', 'food_voucher',
                'meal_voucher', 'gift_card', 'fuel_voucher', 'bank_slip', 'deposit', 'pix',
                'transfer', 'cashback', 'other'
            ) and (p ->> 1)::bigint >= 0) and sum((p ->> 1)::bigint) = new.total_centavos
        into adds_up
        from jsonb_array_elements(new.payments) as p;
    end if;
    if adds_up and named then
        return null;
    end if;
    raise exception '%', case
        when not found then format('sale %s has no cashback', new.cashback_id)
        when named is not true then format('sale %s has no name, or tells one that is not its own', new.cashback_id)
        when adds_up is null then format('sale %s has no lines', new.cashback_id)
        else format('the lines of %s do not add up to their sale', new.cashback_id)
    end using errcode = 'integrity_constraint_violation', constraint = 'sales_are_whole';
end $$;
create constraint trigger sales_are_whole after insert on sales
    deferrable initially deferred for each row execute function guard_whole_sale();

-- What hangs on a sale is read by whoever may read the sale (see its policy of the same name). It is asked
-- in a function: written out in the policy, the plan of each statement of a group that names one of
-- these tables would hold a look at the sales, made ready every time and run only where a transaction
-- names a group (of a lone result a fifth of what it cost PostgreSQL).
create function is_of_the_group(merchant bigint, cashback uuid) returns boolean
language plpgsql stable set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
    return (
        select true from sales as s where s.merchant_id = merchant and s.cashback_id = cashback
    ) is true;
end $$;

select close_functions();

select protect_merchant_table('cashbacks');
select let_named_merchants('cashbacks', 'of_named_merchants_for_erasure', 'cashback_eraser');
create policy of_the_platform on cashbacks for select to cashback_platform using (true);
grant select, insert on cashbacks to cashback_serving;
grant select on cashbacks to cashback_worker, cashback_eraser;
grant update (
    status, version, attempt, open_since_at, due_at, lease_until_at, applied_at, risk_accepted_at
) on cashbacks to cashback_serving, cashback_worker;
grant update (confirmed_at) on cashbacks to cashback_serving;
-- Whoever explains an incident as the platform is told whether a cashback is there, and nothing of it.
grant select (merchant_id, cashback_id, status) on cashbacks to cashback_platform;

select protect_merchant_table('attempts');
select let_named_merchants('attempts', 'of_named_merchants_for_erasure', 'cashback_eraser');
grant select, insert on attempts to cashback_serving, cashback_worker;
grant update (
    ended_at, result, phase, reason, status_code, body, provider_id, provider_message,
    provider_created_at, connected_s, sent_s, elapsed_s
) on attempts to cashback_serving, cashback_worker;
grant select, update (body, provider_message, provider_id, provider_created_at, reason)
    on attempts to cashback_eraser;

select protect_merchant_table('events');
select let_named_merchants('events', 'of_named_merchants_for_erasure', 'cashback_eraser');
grant select, insert (
    merchant_id, cashback_id, sequence, at, actor, from_status, to_status, attempt, reason,
    actor_name
) on events to cashback_serving, cashback_worker;  -- and no position: that is not theirs to choose
grant select on events to cashback_eraser;
-- Everybody who makes an event is given its position, and may see that the feed is where it was.
alter table feed enable row level security;
create policy anybody_looks on feed for select to cashback_serving, cashback_worker using (true);
grant select on feed to cashback_serving, cashback_worker;
grant execute on function feed_position, is_listed_move, renew_feed
    to cashback_serving, cashback_worker;
grant execute on function is_of_the_group to cashback_serving;

select protect_merchant_table('incidents');
grant insert on incidents to cashback_serving;
grant select, insert on incidents to cashback_worker;

-- What hangs on a sale is read by whoever may read the sale (see its policy of the same name).
do $$
declare
    part text;
begin
    foreach part in array array['sale_lines', 'cashbacks', 'attempts', 'events'] loop
        execute format(
            'create policy of_the_group on %1$I as restrictive for select to cashback_serving using ('
            ' case'
            '  when (select nullif(current_setting(''cashback.reads_only'', true), '''')) is null'
            '   then true'
            '  else is_of_the_group(merchant_id, cashback_id)'
            ' end)',
            part
        );
    end loop;
end $$;
