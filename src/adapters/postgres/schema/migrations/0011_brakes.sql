-- Brakes, for when a rate, an ERP or a person is wrong: ceilings above which a cashback waits for a
-- person, and stops of a product type or a whole merchant.
--
-- Whoever accepts sales or claims cashbacks locks the table `brakes_lock` together with all others, and
-- reads what brakes stand in a statement after it; whoever puts a brake on locks it alone. So a brake
-- waits for what is being committed, and nothing that is begun after its commit has not seen it. It is
-- waited for half a second at most, for all that sells waits behind it meanwhile.

-- Locked, and never written. A table's lock and no advisory one, which any login of this database could
-- take: this one asks for a right. `row exclusive` is the mode that insert alone allows (since PostgreSQL
-- 16 the weaker ones, too), that the server keeps in the session's own slots, and that neither a dump nor
-- who only reads is in the way of.
create table brakes_lock (nothing boolean check (false));
grant insert on brakes_lock to cashback_serving, cashback_worker;
create function lock_brakes_alone() returns void language plpgsql security definer as $$
begin
    lock table brakes_lock in share row exclusive mode;
end $$;

-- What was accepted in a day of a merchant that has a ceiling for it, and not held: a group of sales
-- adds to one row, and of two groups the second waits for the first to commit. What is confirmed later
-- is of the day of its confirmation, and until then of none.
create table day_sums (
    merchant_id bigint not null references merchants,
    day date not null,
    centavos bigint not null check (centavos >= 0),
    primary key (merchant_id, day)
)
with (fillfactor = 50);
select protect_merchant_table('day_sums');
grant select, insert, update (centavos) on day_sums to cashback_serving;
-- Whoever operates for all merchants gives back what is cancelled before it was ever tried.
grant select, update (centavos) on day_sums to cashback_worker;

-- A ceiling that is set in the middle of a day counts all of that day. What is old enough to be
-- committed is summed up before anybody waits.
create function count_the_day() returns trigger language plpgsql security definer
set lock_timeout = '500ms' as $$
declare
    settled_at timestamptz := clock_timestamp() - interval '10 s';
    today date := (clock_timestamp() at time zone new.zone)::date;
    starts_at timestamptz := today::timestamp at time zone new.zone;
    before bigint;
    lately bigint;
    confirmed bigint;
begin
    select coalesce(sum(c.cashback_centavos), 0) into before
    from sales as s join cashbacks as c using (merchant_id, cashback_id)
    where s.merchant_id = new.merchant_id
        and s.accepted_at >= starts_at and s.accepted_at < settled_at
        and c.confirmed_at is null
        and c.status not in ('held', 'cancelled', 'rejected', 'not_due', 'unconfirmed', 'void', 'recorded');
    perform lock_brakes_alone();
    select coalesce(sum(c.cashback_centavos), 0) into lately
    from sales as s join cashbacks as c using (merchant_id, cashback_id)
    where s.merchant_id = new.merchant_id
        and s.accepted_at >= greatest(starts_at, settled_at)
        and c.confirmed_at is null
        and c.status not in ('held', 'cancelled', 'rejected', 'not_due', 'unconfirmed', 'void', 'recorded');
    select coalesce(sum(c.cashback_centavos), 0) into confirmed
    from cashbacks as c
    where c.merchant_id = new.merchant_id and c.confirmed_at >= starts_at
        and c.status not in ('held', 'cancelled', 'rejected');
    insert into day_sums (merchant_id, day, centavos)
    values (new.merchant_id, today, before + lately + confirmed)
    on conflict (merchant_id, day) do update set centavos = excluded.centavos;
    return null;
end $$;
create trigger merchants_count_their_day after update of max_day_centavos, zone on merchants
    for each row
    when (
        new.max_day_centavos is not null
        and (old.max_day_centavos is null or new.zone <> old.zone)
    )
    execute function count_the_day();

-- While one stands, what is (partly) of the type, or with no type all of the merchant, is recorded and
-- sent to nobody. Kept for ever: a stop's time does not count towards giving up.
create table stops (
    merchant_id bigint not null references merchants,
    stop_id uuid not null,
    type text collate "C" check (type !~ '[^!-~]' and char_length(type) between 1 and 32),
    -- Put on by the platform, which alone lifts it then.
    by_platform boolean not null,
    stopped_at timestamptz not null,
    stopped_by text not null check (char_length(stopped_by) between 1 and 160),
    reason text not null check (char_length(reason) between 1 and 500),
    lifted_at timestamptz check (lifted_at >= stopped_at),
    lifted_by text check (char_length(lifted_by) between 1 and 160),
    lift_reason text check (char_length(lift_reason) between 1 and 500),
    check (num_nonnulls(lifted_at, lifted_by, lift_reason) in (0, 3)),
    primary key (merchant_id, stop_id)
);
create unique index stops_standing on stops (merchant_id, coalesce(type, ''), by_platform)
    where lifted_at is null;
create index stops_by_time on stops (merchant_id, stopped_at desc);

create function guard_stop() returns trigger language plpgsql
set lock_timeout = '500ms' as $$
begin
    if tg_op = 'INSERT' then
        perform lock_brakes_alone();
        new.stopped_at := clock_timestamp();
        new.lifted_at := null;
        return new;
    end if;
    -- An erasure, as the owner: a reason becomes the word that says so.
    if tg_op = 'UPDATE'
        and current_user = (select pg_get_userbyid(c.relowner) from pg_class as c where c.oid = tg_relid)
        and (new.reason = old.reason or new.reason = 'erased')
        and (
            new.lift_reason is not distinct from old.lift_reason
            or old.lift_reason is not null and new.lift_reason = 'erased'
        )
        and (new.reason, new.lift_reason) is distinct from (old.reason, old.lift_reason)
        and to_jsonb(new) - array['reason', 'lift_reason']
            = to_jsonb(old) - array['reason', 'lift_reason']
    then
        return new;
    end if;
    if tg_op = 'DELETE' or old.lifted_at is not null or new.lifted_by is null
        or (new.merchant_id, new.stop_id, new.type, new.by_platform, new.stopped_at,
            new.stopped_by, new.reason)
            is distinct from (old.merchant_id, old.stop_id, old.type, old.by_platform,
            old.stopped_at, old.stopped_by, old.reason)
    then
        raise exception 'a stop is lifted once, and stays as it was put on'
            using errcode = 'integrity_constraint_violation', constraint = 'stops_stay';
    end if;
    new.lifted_at := clock_timestamp();
    return new;
end $$;
create trigger stops_stay before insert or update or delete on stops
    for each row execute function guard_stop();
select refuse_truncating('stops');

select close_functions();

select protect_merchant_table('stops');
create policy of_the_platform on stops to cashback_platform using (true);
create policy the_platforms_stay on stops as restrictive for update to cashback_serving
    using (not by_platform);
create policy never_for_the_platform on stops as restrictive for insert to cashback_serving
    with check (not by_platform);
select let_named_merchants('stops', 'of_named_merchants_for_erasure', 'cashback_eraser', 'select');
grant select, insert, update (lifted_at, lifted_by, lift_reason)
    on stops to cashback_serving, cashback_platform;
grant select on stops to cashback_worker, cashback_eraser;
grant execute on function lock_brakes_alone to cashback_serving, cashback_platform;
select audit_table('stops', 'stops', array['stop_id'],
    untold => array['stop_id', 'stopped_at', 'stopped_by', 'lifted_by']);
