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

-- Of the account (no merchant) days are of UTC.
create function day_zone(of_merchant bigint, of_day date) returns text
language sql stable as $$
    select coalesce((
        select z.zone from day_zones as z
        where z.merchant_id = of_merchant and z.from_day <= of_day
        order by z.from_day desc limit 1
    ), case when of_merchant is null then 'UTC' end)
$$;

-- Never before it begins: from one side of the world's last hour to the other (UTC-11 to UTC+14) a day
-- would end before it has begun, and is empty instead.
create function day_ends_at(of_merchant bigint, of_day date) returns timestamptz
language sql stable as $$
    select greatest(
        (of_day + 1)::timestamp at time zone day_zone(of_merchant, of_day),
        of_day::timestamp at time zone day_zone(of_merchant, of_day - 1)
    )
$$;

create function day_begins_at(of_merchant bigint, of_day date) returns timestamptz
language sql stable as $$
    select day_ends_at(of_merchant, of_day - 1)
$$;

-- The day that an instant lies in.
create function day_of(of_merchant bigint, instant timestamptz) returns date
language sql stable as $$
    select (instant at time zone 'UTC')::date + near
    from generate_series(-2, 2) as near
    where day_begins_at(of_merchant, (instant at time zone 'UTC')::date + near) <= instant
        and instant < day_ends_at(of_merchant, (instant at time zone 'UTC')::date + near)
$$;

-- The public keys that closes were ever signed with; a key signs until the next one begins.
create table close_keys (
    key_id text collate "C" primary key,
    public_key bytea not null unique check (octet_length(public_key) = 32),
    -- When the first day was closed that it signed.
    from_at timestamptz not null,
    constraint close_keys_are_named_by_themselves
        check (key_id = left(encode(sha256(public_key), 'hex'), 32))
);
select append_only('close_keys');

-- A close: a signed document (docs/close.md), kept as the very bytes that it was made of. Of the account
-- where no merchant is named. `below` is the horizon of the feed when it was made: every transaction that
-- wrote a position below it had ended.
create table closes (
    merchant_id bigint references merchants,
    number integer not null check (number > 0),
    day date not null,
    begins_at timestamptz not null,
    ends_at timestamptz not null,
    below bigint not null,
    closed_at timestamptz not null default now(),
    key_id text collate "C" not null references close_keys,
    -- SHA-256 of what is signed: the document less what stands around it, `{"close":` and
    -- `,"signature":"…"}`. And that of the close before it; null for the first.
    hash bytea not null,
    previous bytea check (octet_length(previous) = 32),
    document bytea not null check (
        octet_length(document) between 154 and 16777216
        and sha256(substr(document, 10, octet_length(document) - 153)) = hash
    ),
    lines bigint not null check (lines >= 0),
    late bigint not null check (late between 0 and lines),
    constraint closes_end_after_they_begin check (begins_at <= ends_at),
    constraint closes_begin_a_chain check ((number = 1) = (previous is null))
);
-- What nothing may be twice in a chain; partial, so that neither is taken for another key's work.
create unique index closes_in_order on closes (merchant_id, number) nulls not distinct
    where number > 0;
create unique index closes_by_day on closes (merchant_id, day) nulls not distinct
    where day is not null;
create unique index closes_follow_one on closes (merchant_id, previous) nulls not distinct
    where number > 0;
-- When a key signed last.
create index closes_of_key on closes (key_id, closed_at);
select append_only('closes');

-- So long a day is over, at least, before it is closed: whoever verifies holds closes to it.
create function days_stay_open() returns interval
language sql immutable return interval '10 minutes';

-- Each follows the last one of its chain, and begins where that one ended. What whoever verifies would
-- refuse for ever (cashback_core.closing.chain) is kept by nobody, whatever the closer's clock says.
create function guard_chain() returns trigger language plpgsql security definer as $$
declare
    last closes;
begin
    select * into last from closes as c
    where c.merchant_id is not distinct from new.merchant_id order by c.number desc limit 1;
    if (last.number is null and new.number = 1)
        or (new.number, new.day, new.begins_at, new.previous)
            is not distinct from (last.number + 1, last.day + 1, last.ends_at, last.hash)
            and new.below >= last.below
    then
        if new.closed_at < new.ends_at + days_stay_open() or exists (
            select from close_keys as k where k.key_id = new.key_id and new.closed_at < k.from_at
        ) or exists (
            -- A new key that begins before the former one has signed for the last time ends it too early.
            select from close_keys as k cross join close_keys as l
            where k.key_id = new.key_id and l.key_id <> new.key_id
                and not exists (select from closes as c where c.key_id = new.key_id)
                and k.from_at <= (select max(c.closed_at) from closes as c where c.key_id = l.key_id)
        ) then
            raise exception 'close % of % is closed too early, or before its key signs',
                new.number, new.day
                using errcode = 'integrity_constraint_violation',
                constraint = 'closes_are_in_their_time';
        end if;
        -- Whoever verifies takes a key for good until the next one signs.
        if exists (
            select from close_keys as k
            join close_keys as l on (l.from_at, l.key_id) > (k.from_at, k.key_id)
            where k.key_id = new.key_id
        ) then
            raise exception 'key % was followed by another one', new.key_id
                using errcode = 'integrity_constraint_violation',
                constraint = 'closes_have_the_present_key';
        end if;
        return new;
    end if;
    raise exception 'close % of % does not follow the last one', new.number, new.day
        using errcode = 'integrity_constraint_violation', constraint = 'closes_follow';
end $$;
create trigger closes_follow before insert on closes for each row execute function guard_chain();

-- What came of the last round of closing: which chains stand still and why, who is waited for. A worker's
-- metrics have the numbers; this is for whoever is asked to look.
create table closing_round (
    only_one boolean primary key default true check (only_one),
    told_at timestamptz not null default now(),
    behind integer not null check (behind >= 0),
    waits_for text[] not null,
    strange jsonb not null,
    failed jsonb not null
);

-- What stands for a customer in a day's lines: a hash of the document with a salt. An erasure takes the
-- salt, and nobody can find the document any more; the lines stay as they were signed.
create table day_persons (
    merchant_id bigint not null references merchants,
    day date not null,
    customer_id uuid not null,
    salt bytea check (octet_length(salt) = 32),
    commitment bytea not null check (octet_length(commitment) = 32),
    primary key (merchant_id, day, customer_id)
);
create index day_persons_of_customer on day_persons (merchant_id, customer_id)
    where salt is not null;
create function guard_day_persons() returns trigger language plpgsql security definer as $$
begin
    if tg_op = 'INSERT' and not exists (
        select from closes as c where c.merchant_id = new.merchant_id and c.day >= new.day
    ) then
        return new;
    end if;
    if tg_op = 'UPDATE' and new.salt is null
        and (new.merchant_id, new.day, new.customer_id, new.commitment)
            = (old.merchant_id, old.day, old.customer_id, old.commitment)
    then
        return new;
    end if;
    raise exception 'a commitment is of an open day, and stays; an erasure takes its salt'
        using errcode = 'integrity_constraint_violation', constraint = 'day_persons_stay';
end $$;
create trigger day_persons_stay before insert or update or delete on day_persons
    for each row execute function guard_day_persons();
select refuse_truncating('day_persons');

-- 32 bytes of a salt, each with the same byte: a part of HMAC (RFC 2104), eight bytes at a time.
create function padded_salt(salt bytea, pad text) returns bytea
language sql immutable return
    int8send(('x' || encode(substr(salt, 1, 8), 'hex'))::bit(64)::bigint
        # ('x' || repeat(pad, 8))::bit(64)::bigint)
    || int8send(('x' || encode(substr(salt, 9, 8), 'hex'))::bit(64)::bigint
        # ('x' || repeat(pad, 8))::bit(64)::bigint)
    || int8send(('x' || encode(substr(salt, 17, 8), 'hex'))::bit(64)::bigint
        # ('x' || repeat(pad, 8))::bit(64)::bigint)
    || int8send(('x' || encode(substr(salt, 25, 8), 'hex'))::bit(64)::bigint
        # ('x' || repeat(pad, 8))::bit(64)::bigint)
    || decode(repeat(pad, 32), 'hex');

-- HMAC-SHA256 of a document as it is kept: `cashback_core.closing.persons.person_of`, by test.
create function person_commitment(salt bytea, document text) returns bytea
language sql immutable return
    sha256(padded_salt(salt, '5c')
        || sha256(padded_salt(salt, '36') || convert_to(document, 'UTF8')));

-- An erasure waits for commitments that are being made, and those for it: a salt is made of nobody.
create function lock_day_persons(of_merchant bigint) returns void
language sql return
    pg_advisory_xact_lock(hashtextextended('cashback day_persons ' || of_merchant::text, 0));
create function forget_salts() returns trigger language plpgsql security definer as $$
begin
    perform lock_day_persons(new.merchant_id);
    update day_persons set salt = null
    where merchant_id = new.merchant_id and customer_id = new.customer_id and salt is not null;
    return null;
end $$;
create trigger customers_leave_no_salt after update of erased_at on customers
    for each row when (old.erased_at is null and new.erased_at is not null)
    execute function forget_salts();

-- A zone that this server does not know (another machine's tables are newer) is UTC for its days, decided
-- here once: nobody's days could be told otherwise.
create function known_zone(named text) returns text language plpgsql stable as $$
begin
    perform now() at time zone named;
    return named;
exception when invalid_parameter_value then
    return 'UTC';
end $$;

-- A changed zone counts from the next day on; and from no day that is closed, whatever the clock says.
-- As the owner: whoever changes a merchant's zone has no say in its days.
create function keep_day_zones() returns trigger language plpgsql security definer as $$
declare
    known constant text := known_zone(new.zone);
begin
    if tg_op = 'INSERT' then
        insert into day_zones (merchant_id, from_day, zone)
        values (new.merchant_id, '1999-01-01', known);
    else
        insert into day_zones (merchant_id, from_day, zone)
        select new.merchant_id, 1 + greatest(
            day_of(new.merchant_id, clock_timestamp()),
            (select max(c.day) from closes as c where c.merchant_id = new.merchant_id) + 1,
            (select max(z.from_day) from day_zones as z where z.merchant_id = new.merchant_id) - 1
        ), known
        on conflict (merchant_id, from_day)
            do update set zone = excluded.zone, changed_at = excluded.changed_at;
    end if;
    return null;
end $$;
-- Merchants that are there already.
insert into day_zones (merchant_id, from_day, zone)
select m.merchant_id, '1999-01-01', known_zone(m.zone) from merchants as m;
create trigger merchants_begin_their_days after insert on merchants
    for each row execute function keep_day_zones();
create trigger merchants_change_their_days after update of zone on merchants
    for each row when (new.zone <> old.zone) execute function keep_day_zones();

-- The events of a day: those before its end and below its horizon, but for those before its beginning
-- and below the horizon of the day before (`from_position`; null: there is none), which an earlier day
-- holds. So an event that should not be there (of a clock that jumped back) is in one day all the same:
-- the next that is closed. In two parts, each by its index; the later one hides the instant from the
-- planner, who would read a merchant's whole past by it.
create function day_events(
    of_merchant bigint, begins_at timestamptz, ends_at timestamptz, from_position bigint, below bigint
) returns setof events
language sql stable
begin atomic
    select e.* from events as e
    where e.merchant_id = of_merchant and e.at >= begins_at and e.at < ends_at
        and e.position < below
    union all
    select e.* from events as e
    where e.merchant_id = of_merchant and case when e.at < begins_at then true else false end
        and e.position < below and e.position >= coalesce(from_position, 0);
end;

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

select protect_merchant_table('closes');
create policy of_the_account on closes for select to cashback_platform using (merchant_id is null);
grant select on closes to cashback_serving, cashback_platform;
grant select, insert on closes to cashback_worker;

alter table close_keys enable row level security;
create policy public_to_us on close_keys to cashback_serving, cashback_worker, cashback_platform
    using (true);
grant select on close_keys to cashback_serving, cashback_platform;
grant select, insert on close_keys to cashback_worker;

alter table closing_round enable row level security;
create policy of_whoever_closes on closing_round to cashback_worker using (true);
grant select, insert, update on closing_round to cashback_worker;

select protect_merchant_table('day_persons');
grant select (merchant_id, day, customer_id, commitment) on day_persons to cashback_serving;
grant select, insert on day_persons to cashback_worker;
-- By which a sale's document, which the worker knows, is a customer.
grant select (merchant_id, document, customer_id, erased_at) on customers to cashback_worker;

grant execute on function day_zone, day_begins_at, day_ends_at, day_of, day_events, is_owed, accrues,
    pays, cancels, takes_back
    to cashback_serving, cashback_worker;
grant execute on function padded_salt, person_commitment, lock_day_persons, provider_flows
    to cashback_worker;
