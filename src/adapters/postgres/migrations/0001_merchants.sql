-- Who uses the gateway and under which terms: everything else hangs on a merchant, and every
-- key leads with it, so that tables can be partitioned or sharded without a rewrite.

create table merchants (
    merchant_id bigint generated always as identity primary key,
    slug text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    name text not null check (char_length(name) between 1 and 120),
    zone text not null default 'America/Sao_Paulo',
    rounding text not null default 'half_even'
        check (rounding in ('half_even', 'half_up', 'down')),
    max_sale_age_days integer not null default 3653 check (max_sale_age_days between 1 and 36524),
    created_at timestamptz not null default now()
);

create table product_types (
    merchant_id bigint not null references merchants,
    type text not null check (type ~ '^[!-~]{1,32}$'),
    created_at timestamptz not null default now(),
    primary key (merchant_id, type)
);

-- A rate ends where the type's next one starts: with only a start there is no period to overlap
-- and no gap to leave.
create table rates (
    merchant_id bigint not null,
    type text not null,
    version integer not null check (version > 0),
    rate_bp integer not null check (rate_bp between 0 and 10000),
    starts_at timestamptz not null check (starts_at >= '2000-01-01Z' and starts_at < '2100-01-01Z'),
    created_at timestamptz not null default now(),
    primary key (merchant_id, type, version),
    unique (merchant_id, type, starts_at),
    foreign key (merchant_id, type) references product_types
);

create table users (
    user_id bigint generated always as identity primary key,
    username text not null unique check (username ~ '^[a-z0-9][a-z0-9._@-]{0,63}$'),
    merchant_id bigint not null references merchants,
    role text not null check (role in ('erp', 'analyst', 'operator', 'admin')),
    password_hash text not null check (password_hash like '$argon2id$%'),
    created_at timestamptz not null default now(),
    disabled_at timestamptz
);
