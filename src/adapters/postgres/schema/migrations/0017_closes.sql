-- Days are closed: of each merchant, and of the provider's account, a signed chain. A day is of a
-- merchant's zone, and holds the events whose instant lies in it.

-- Which zone a merchant's days are of, from which day on. A day begins where the one before it ends, so
-- that a change of the zone makes a day shorter or longer, and no instant is of two days or of none.
create table day_zones (
    merchant_id bigint not null references merchants,
    from_day date not null,
    zone text not null,
    changed_at timestamptz not null default now(),
    primary key (merchant_id, from_day)
);

create function day_zone(of_merchant bigint, of_day date) returns text
language sql stable as $$
    select z.zone from day_zones as z
    where z.merchant_id = of_merchant and z.from_day <= of_day
    order by z.from_day desc limit 1
$$;

create function day_begins_at(of_merchant bigint, of_day date) returns timestamptz
language sql stable as $$
    select of_day::timestamp at time zone day_zone(of_merchant, of_day - 1)
$$;

create function day_ends_at(of_merchant bigint, of_day date) returns timestamptz
language sql stable as $$
    select (of_day + 1)::timestamp at time zone day_zone(of_merchant, of_day)
$$;

-- As the owner: whoever changes a merchant's zone has no say in its days.
create function keep_day_zones() returns trigger language plpgsql security definer as $$
begin
    if tg_op = 'INSERT' then
        insert into day_zones (merchant_id, from_day, zone)
        values (new.merchant_id, '1999-01-01', new.zone);
    else
        insert into day_zones (merchant_id, from_day, zone)
        select new.merchant_id, (clock_timestamp() at time zone z)::date + 1, new.zone
        from day_zone(new.merchant_id, (clock_timestamp() at time zone old.zone)::date) as z
        on conflict (merchant_id, from_day)
            do update set zone = excluded.zone, changed_at = excluded.changed_at;
    end if;
    return null;
end $$;
create trigger merchants_begin_their_days after insert on merchants
    for each row execute function keep_day_zones();
create trigger merchants_change_their_days after update of zone on merchants
    for each row when (new.zone <> old.zone) execute function keep_day_zones();

-- What an event does to what a merchant owes its customers: `cashback_core.closing.movements`, by test.
create function is_owed(status text) returns boolean
language sql immutable return status in ('pending', 'sending', 'in_doubt', 'held', 'rejected');
create function accrues(from_status text, to_status text) returns boolean
language sql immutable
return (from_status is null or from_status = 'unconfirmed')
    and (is_owed(to_status) or to_status = 'applied');
create function pays(from_status text, to_status text) returns boolean
language sql immutable
return to_status = 'applied';
create function cancels(from_status text, to_status text) returns boolean
language sql immutable
return to_status = 'cancelled' and is_owed(from_status);
create function takes_back(from_status text, to_status text) returns boolean
language sql immutable
return from_status = 'applied' and is_owed(to_status);

select close_functions();

select protect_merchant_table('day_zones');
create policy of_the_platform on day_zones for select to cashback_platform using (true);
grant select on day_zones to cashback_serving, cashback_worker, cashback_platform;
grant execute on function day_zone, day_begins_at, day_ends_at, is_owed, accrues, pays, cancels, takes_back
    to cashback_serving, cashback_worker;
