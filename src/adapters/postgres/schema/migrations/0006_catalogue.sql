-- What is sold and what it pays: product types with effective-dated rates, products by sku with an
-- effective-dated type. What a sale was paid by never changes: a rate or a type that has begun, or
-- begins within ten minutes, stays; what a sale line names cannot be deleted; and no line is recorded
-- that does not follow the terms in force at its sale's instant (see the sales), whatever an API process
-- still remembers.

create table product_types (
    merchant_id bigint not null references merchants,
    type text collate "C" not null check (type ~ '^[!-~]{1,32}$'),
    created_at timestamptz not null default now(),
    name text check (char_length(name) between 1 and 120),
    version integer not null default 1 check (version > 0),
    -- When the first sale named it. Once set, it is never taken back.
    used_at timestamptz,
    updated_at timestamptz not null default now(),
    primary key (merchant_id, type)
);

-- A rate ends where the type's next one starts: with only a start there is no period to overlap
-- and no gap to leave. The rates of a type that nobody used go with it.
create table rates (
    merchant_id bigint not null,
    type text collate "C" not null,
    version integer not null check (version > 0),
    rate_bp integer not null check (rate_bp between 0 and 10000),
    starts_at timestamptz not null check (starts_at >= '2000-01-01Z' and starts_at < '2100-01-01Z'),
    created_at timestamptz not null default now(),
    -- What must not earn, such as tobacco, is recorded as sold all the same.
    excluded boolean not null default false,
    primary key (merchant_id, type, version),
    constraint rates_excluded_are_zero check (not excluded or rate_bp = 0),
    unique (merchant_id, type, starts_at),
    foreign key (merchant_id, type) references product_types on delete cascade
);

create table products (
    merchant_id bigint not null references merchants,
    product_id uuid not null,
    sku text collate "C" not null check (sku ~ '^[!-~]{1,64}$'),
    name text not null check (char_length(name) between 1 and 120),
    -- The name without case, accents and extra spaces: what a search looks for.
    name_key text collate "C" not null,
    version integer not null default 1 check (version > 0),
    used_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (merchant_id, sku)
);
create index products_by_name on products (merchant_id, name_key, sku);
alter table products add primary key (merchant_id, product_id);  -- made last: see `sales`

-- A type ends where the product's next one starts, as rates do.
create table product_type_periods (
    merchant_id bigint not null,
    product_id uuid not null,
    version integer not null check (version > 0),
    type text collate "C" not null,
    starts_at timestamptz not null check (starts_at >= '2000-01-01Z' and starts_at < '2100-01-01Z'),
    created_at timestamptz not null default now(),
    primary key (merchant_id, product_id, version),
    unique (merchant_id, product_id, starts_at),
    foreign key (merchant_id, product_id) references products on delete cascade,
    foreign key (merchant_id, type) references product_types
);
-- Whether a type is in use, when it is to be deleted.
create index product_type_periods_by_type on product_type_periods (merchant_id, type);

-- The first period may start anywhere; a later one is the next in number and in time, and starts at
-- least ten minutes ahead. Two changes at the same moment take the same number: one of them fails.
create function refuse_period(
    last_version integer, last_start timestamptz, version integer, starts_at timestamptz
) returns void language plpgsql as $$
begin
    if version <> coalesce(last_version, 0) + 1 then
        raise exception 'version % does not follow version %', version, coalesce(last_version, 0)
            using errcode = 'integrity_constraint_violation';
    end if;
    if starts_at <= last_start or last_start is not null and starts_at < now() + interval '10 min' then
        raise exception 'a change starts after every other, and at least ten minutes ahead'
            using errcode = 'integrity_constraint_violation';
    end if;
end $$;

create function refuse_taking_back(last_version integer, version integer, starts_at timestamptz)
returns void language plpgsql as $$
begin
    if version <> last_version or starts_at < now() + interval '10 min' then
        raise exception 'only the latest change is taken back, until ten minutes before its start'
            using errcode = 'integrity_constraint_violation';
    end if;
end $$;

create function guard_rate() returns trigger language plpgsql as $$
declare
    last_version integer;
    last_start timestamptz;
begin
    if tg_op = 'INSERT' then
        select max(r.version), max(r.starts_at) into last_version, last_start
        from rates as r where r.merchant_id = new.merchant_id and r.type = new.type;
        perform refuse_period(last_version, last_start, new.version, new.starts_at);
        return new;
    end if;
    -- With its whole type it may go: that nobody used it is decided there.
    if exists (
        select from product_types as t where t.merchant_id = old.merchant_id and t.type = old.type
    ) then
        select max(r.version) into last_version
        from rates as r where r.merchant_id = old.merchant_id and r.type = old.type;
        perform refuse_taking_back(last_version, old.version, old.starts_at);
    end if;
    return old;
end $$;

create function guard_type_period() returns trigger language plpgsql as $$
declare
    last_version integer;
    last_start timestamptz;
begin
    if tg_op = 'INSERT' then
        select max(p.version), max(p.starts_at) into last_version, last_start
        from product_type_periods as p
        where p.merchant_id = new.merchant_id and p.product_id = new.product_id;
        perform refuse_period(last_version, last_start, new.version, new.starts_at);
        return new;
    end if;
    if exists (
        select from products as p
        where p.merchant_id = old.merchant_id and p.product_id = old.product_id
    ) then
        select max(p.version) into last_version
        from product_type_periods as p
        where p.merchant_id = old.merchant_id and p.product_id = old.product_id;
        perform refuse_taking_back(last_version, old.version, old.starts_at);
    end if;
    return old;
end $$;

create trigger rates_follow before insert or delete on rates
    for each row execute function guard_rate();
create trigger rates_never_change before update on rates
    for each row execute function refuse_change();
select refuse_truncating('rates');
create trigger type_periods_follow before insert or delete on product_type_periods
    for each row execute function guard_type_period();
create trigger type_periods_never_change before update on product_type_periods
    for each row execute function refuse_change();
select refuse_truncating('product_type_periods');

-- A type keeps its name, a product its sku, for ever; what has been used stays.
create function guard_used() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        if old.used_at is not null then
            raise exception 'a sale names it: it stays' using errcode = 'foreign_key_violation';
        end if;
        return old;
    end if;
    if old.used_at is not null and new.used_at is distinct from old.used_at then
        raise exception 'first use is marked once' using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create trigger product_types_stay_when_used before update of used_at or delete on product_types
    for each row execute function guard_used();
create trigger products_stay_when_used before update of used_at or delete on products
    for each row execute function guard_used();

select close_functions();
-- What the triggers of rates and periods call runs as whoever changes these.
grant execute on function refuse_period, refuse_taking_back to cashback_serving;

select protect_merchant_table('product_types');
create policy of_the_platform on product_types for select to cashback_platform using (true);
grant select, insert, delete, update (name, version, used_at, updated_at)
    on product_types to cashback_serving;
-- Whoever stops a type for a merchant (see the brakes) is told whether there is one.
grant select (merchant_id, type) on product_types to cashback_platform;
-- The first use is told by the sale that made it.
select audit_table('product_types', 'product_types', array['type'], untold => array['used_at']);

select protect_merchant_table('rates');
grant select, insert, delete on rates to cashback_serving;
select audit_table('rates', 'rates', array['type', 'version'], untold => array['type']);

select protect_merchant_table('products');
grant select, insert, delete, update (name, name_key, version, used_at, updated_at)
    on products to cashback_serving;
select audit_table('products', 'products', array['product_id'],
    untold => array['product_id', 'name_key', 'used_at']);

select protect_merchant_table('product_type_periods');
grant select, insert, delete on product_type_periods to cashback_serving;
select audit_table('product_type_periods', 'product_type_periods', array['product_id', 'version'],
    untold => array['product_id']);
