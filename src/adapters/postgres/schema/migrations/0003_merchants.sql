-- Who uses the gateway and under which terms: everything else hangs on a merchant, and every
-- key leads with it, so that tables can be partitioned or sharded without a rewrite.
--
-- Texts that an index holds are `collate "C"`, here and everywhere: the order of a locale changes with
-- the operating system's library, and an index built by another order finds no longer what it holds:
-- the same name would be taken twice.

create table merchants (
    merchant_id bigint generated always as identity primary key,
    slug text collate "C" not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name text not null check (char_length(name) between 1 and 120),
    zone text not null default 'America/Sao_Paulo',
    rounding text not null default 'half_even'
        check (rounding in ('half_even', 'half_up', 'down')),
    -- Short, so that a wrong clock or an old file is noticed; an ERP that catches up is told in time.
    max_sale_age_days integer not null default 30 check (max_sale_age_days between 1 and 36524),
    created_at timestamptz not null default now(),
    -- What an ETag is made of, here and wherever something is administered.
    version integer not null default 1 check (version > 0),
    updated_at timestamptz not null default now(),
    disabled_at timestamptz,
    -- What is taken for the same sale when its content is equal: without a sale id, without any key,
    -- or nothing.
    equal_content text not null default 'sale_id'
        check (equal_content in ('sale_id', 'key', 'never')),
    -- Whether a sale is taken whose CPF is known under another name; it says so for ever.
    name_difference text not null default 'refuse' check (name_difference in ('refuse', 'note')),
    -- Ceilings above which a cashback waits for a person: of one sale, and of a day (see the brakes).
    max_cashback_centavos bigint check (max_cashback_centavos between 0 and 9999999999),
    max_day_centavos bigint check (max_day_centavos between 0 and 9999999999999),
    -- How a till's arithmetic is read: what it rounds, and by how many centavos it may differ.
    line_rounding text not null default 'half_up'
        check (line_rounding in ('half_even', 'half_up', 'down')),
    line_tolerance_centavos integer not null default 0
        check (line_tolerance_centavos between 0 and 99),
    sale_tolerance_centavos integer not null default 0
        check (sale_tolerance_centavos between 0 and 99),
    surcharge_earns boolean not null default false,
    -- What becomes of a sale to a company, to a foreign document, to nobody: nobody is paid by nobody.
    company_buyers text not null default 'refuse'
        check (company_buyers in ('refuse', 'record', 'pay')),
    foreign_buyers text not null default 'refuse'
        check (foreign_buyers in ('refuse', 'record', 'pay')),
    nobody_buyers text not null default 'refuse' check (nobody_buyers in ('refuse', 'record')),
    -- How long a sale waits to be confirmed, and by how much a till's clock may be ahead.
    confirm_within_h integer not null default 72 check (confirm_within_h between 1 and 2160),
    max_ahead_s integer not null default 300 check (max_ahead_s between 0 and 86400),
    -- Where a sale's own number names one sale. Names are made by it: laid down for ever.
    numbers text not null default 'merchant' check (numbers in ('merchant', 'store'))
);

-- Everything that was ever sold hangs on a merchant.
create trigger merchants_keep_their_slugs before update or delete on merchants
    for each row execute function keep_columns('slug', 'merchant_id', 'created_at', 'numbers');

select protect_merchant_table('merchants');
create policy of_the_platform on merchants to cashback_platform using (true);
create policy at_log_in on merchants for select to cashback_identity using (true);
create policy whose_data_are_cleaned on merchants for select to cashback_eraser using (true);

grant select on merchants to cashback_worker, cashback_identity;
grant select (merchant_id) on merchants to cashback_eraser;
grant select, update (
    name, max_sale_age_days, equal_content, name_difference, max_cashback_centavos,
    max_day_centavos, line_rounding, line_tolerance_centavos, sale_tolerance_centavos,
    surcharge_earns, company_buyers, foreign_buyers, nobody_buyers, confirm_within_h, max_ahead_s,
    version, updated_at
) on merchants to cashback_serving;
grant select, insert (
    slug, name, zone, rounding, max_sale_age_days, equal_content, name_difference,
    max_cashback_centavos, max_day_centavos, line_rounding, line_tolerance_centavos,
    sale_tolerance_centavos, surcharge_earns, company_buyers, foreign_buyers, nobody_buyers,
    confirm_within_h, max_ahead_s, numbers
), update (
    name, zone, rounding, max_sale_age_days, equal_content, name_difference,
    max_cashback_centavos, max_day_centavos, line_rounding, line_tolerance_centavos,
    sale_tolerance_centavos, surcharge_earns, company_buyers, foreign_buyers, nobody_buyers,
    confirm_within_h, max_ahead_s, version, updated_at, disabled_at
) on merchants to cashback_platform;
