-- The catalogue: products by sku with an effective-dated type, product types with effective-dated
-- rates, customers with an id of their own. What a sale was paid by never changes: a rate or a type
-- that has begun, or begins within ten minutes, stays; what a sale line names cannot be deleted; and
-- no line is recorded that does not follow the terms in force at its sale's instant, whatever an API
-- process still remembers.

-- `version` is what an ETag is made of. `used_at`, once set, is never taken back.
alter table product_types
    add column name text check (char_length(name) between 1 and 120),
    add column version integer not null default 1 check (version > 0),
    add column used_at timestamptz,
    add column updated_at timestamptz not null default now();

-- Which types the recorded sales name would take a reading of every line: of a merchant that has
-- sold anything all present types count as used. That only ever refuses a deletion.
update product_types as t set used_at = now()
where exists (select from sales as s where s.merchant_id = t.merchant_id);

-- The rates of a type that nobody used go with it.
alter table rates
    drop constraint rates_merchant_id_type_fkey,
    add foreign key (merchant_id, type) references product_types on delete cascade;

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
alter table products add primary key (merchant_id, product_id);  -- made last: see 0002

-- A type ends where the product's next one starts, as rates do.
create table product_type_periods (
    merchant_id bigint not null,
    product_id uuid not null,
    version integer not null check (version > 0),
    type text not null,
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
create trigger rates_no_truncate before truncate on rates
    for each statement execute function refuse_change();
create trigger type_periods_follow before insert or delete on product_type_periods
    for each row execute function guard_type_period();
create trigger type_periods_never_change before update on product_type_periods
    for each row execute function refuse_change();
create trigger type_periods_no_truncate before truncate on product_type_periods
    for each statement execute function refuse_change();

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

-- Paths name a customer by this id: they are logged, and a CPF must not be.
alter table customers
    add column customer_id uuid not null default gen_random_uuid(),
    add column version integer not null default 1 check (version > 0),
    add column updated_at timestamptz not null default now();
-- Partial, so that it is never taken for a foreign key check by document (see 0002).
create unique index customers_by_id on customers (merchant_id, customer_id)
    where customer_id is not null;

alter table sale_lines add column sku text check (sku ~ '^[!-~]{1,64}$');

-- Once per statement, over all its lines. What is used for the first time is marked, in the order
-- of its keys, and then everything is looked at anew, in a statement of its own: whoever deletes it
-- meanwhile either waits for the mark and finds it, or is seen here.
create function lines_follow_terms() returns trigger language plpgsql as $$
declare
    wrong text;
    first_use boolean;
begin
    loop
        select
            min(l.type) filter (
                where r.rate_bp is distinct from l.rate_bp
                    or r.starts_at > l.first_at
                    or exists (
                        select from rates as n
                        where n.merchant_id = l.merchant_id and n.type = l.type
                            and n.starts_at > r.starts_at and n.starts_at <= l.last_at
                    )
            ),
            bool_or(t.used_at is null)
        into wrong, first_use
        from (
            select a.merchant_id, a.type, a.rate_version, a.rate_bp,
                min(s.sold_at) as first_at, max(s.sold_at) as last_at
            from added as a join sales as s using (merchant_id, cashback_id)
            group by a.merchant_id, a.type, a.rate_version, a.rate_bp
        ) as l
        left join rates as r
            on r.merchant_id = l.merchant_id and r.type = l.type and r.version = l.rate_version
        left join product_types as t on t.merchant_id = l.merchant_id and t.type = l.type;
        if wrong is not null then
            raise exception 'type % had another rate at the instant of the sale', wrong
                using errcode = '23C01', constraint = 'lines_follow_terms';
        end if;
        exit when first_use is not true;
        perform from product_types as t
        where t.used_at is null
            and (t.merchant_id, t.type) in (select a.merchant_id, a.type from added as a)
        order by t.merchant_id, t.type
        for no key update;
        update product_types as t set used_at = now()
        where t.used_at is null
            and (t.merchant_id, t.type) in (select a.merchant_id, a.type from added as a);
    end loop;
    if not exists (select from added as a where a.sku is not null) then
        return null;
    end if;
    loop
        select
            min(l.sku) filter (
                where l.type is distinct from (
                    select t.type from product_type_periods as t
                    where t.merchant_id = p.merchant_id and t.product_id = p.product_id
                        and t.starts_at <= l.sold_at
                    order by t.starts_at desc
                    limit 1
                )
            ),
            bool_or(p.used_at is null)
        into wrong, first_use
        from (
            select distinct a.merchant_id, a.sku, a.type, s.sold_at
            from added as a join sales as s using (merchant_id, cashback_id)
            where a.sku is not null
        ) as l
        left join products as p on p.merchant_id = l.merchant_id and p.sku = l.sku;
        if wrong is not null then
            raise exception 'product % was of another type at the instant of the sale', wrong
                using errcode = '23C01', constraint = 'lines_follow_terms';
        end if;
        exit when first_use is not true;
        perform from products as p
        where p.used_at is null
            and (p.merchant_id, p.sku) in (
                select a.merchant_id, a.sku from added as a where a.sku is not null
            )
        order by p.merchant_id, p.sku
        for no key update;
        update products as p set used_at = now()
        where p.used_at is null
            and (p.merchant_id, p.sku) in (
                select a.merchant_id, a.sku from added as a where a.sku is not null
            );
    end loop;
    return null;
end $$;

create trigger sale_lines_follow_terms after insert on sale_lines
    referencing new table as added for each statement execute function lines_follow_terms();

select protect_merchant_table(name::regclass)
from unnest(array['products', 'product_type_periods']) as t (name);

grant select, insert, delete, update (name, version, used_at, updated_at)
    on product_types to cashback_serving;
grant insert, delete on rates to cashback_serving;
grant select, insert, delete, update (name, name_key, version, used_at, updated_at)
    on products to cashback_serving;
grant select, insert, delete on product_type_periods to cashback_serving;
grant delete, update (name, name_key, version, updated_at) on customers to cashback_serving;

-- The first use is told by the sale that made it.
select audit_table('product_types', 'product_types', array['type'], untold => array['used_at']);
select audit_table('rates', 'rates', array['type', 'version'], untold => array['type']);
select audit_table('products', 'products', array['product_id'],
    untold => array['product_id', 'name_key', 'used_at']);
select audit_table('product_type_periods', 'product_type_periods', array['product_id', 'version'],
    untold => array['product_id']);
select audit_table('customers', 'customers', array['customer_id'],
    hidden => array['document', 'name', 'name_key'], untold => array['customer_id'],
    inserts => false);
