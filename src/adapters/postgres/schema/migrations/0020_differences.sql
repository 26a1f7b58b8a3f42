-- Where an ERP's day file and our records differ: what somebody must look at.

create table differences (
    difference_id uuid primary key,
    merchant_id bigint not null references merchants,
    -- The day of the file, in the merchant's zone, and the file and its line (null: not on it).
    day date not null,
    file_id uuid not null,
    line integer,
    cashback_id uuid,
    class text collate "C" not null,
    -- Why, where it can be told: words of `cashback_core.reconciliation.three_sides.Why`.
    whys text[] not null default '{}',
    erp_centavos bigint,
    our_centavos bigint,
    opened_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    closed_at timestamptz,
    closed_why text,
    foreign key (merchant_id, cashback_id) references cashbacks,
    check ((closed_at is null) = (closed_why is null))
);

select close_functions();
select protect_merchant_table('differences');
grant select on differences to cashback_serving;
grant select, insert, update (
    line, class, whys, erp_centavos, our_centavos, last_seen_at, closed_at, closed_why
) on differences to cashback_worker;
