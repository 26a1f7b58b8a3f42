-- A sale never changes once it is recorded; the payment of its cashback does. So they are two
-- rows: `sales` with its lines is written once, `cashbacks` is narrow and moves through its
-- states. What the delivery rules need is a constraint here as well as a decision in the core.

create table customers (
    merchant_id bigint not null references merchants,
    document text not null check (document ~ '^[0-9]{11}$'),
    name text not null check (char_length(name) between 1 and 120),
    -- The name without case, accents and extra spaces: what two spellings of it share.
    name_key text not null,
    created_at timestamptz not null default now(),
    primary key (merchant_id, document)
);

create table sales (
    merchant_id bigint not null references merchants,
    cashback_id uuid not null,
    sale_id text check (sale_id ~ '^[!-~]{1,64}$'),
    idempotency_key text check (idempotency_key ~ '^[!-+\--~]{1,255}$'),
    sold_at timestamptz not null check (sold_at >= '2000-01-01Z' and sold_at < '2100-01-01Z'),
    document text not null,
    name text not null check (char_length(name) between 1 and 120),
    total_centavos bigint not null check (total_centavos between 1 and 9999999999),
    discount_centavos bigint not null check (discount_centavos between 0 and 9999999999),
    rounding text not null check (rounding in ('half_even', 'half_up', 'down')),
    exact text not null,
    raw_body bytea not null check (octet_length(raw_body) <= 262144),
    accepted_at timestamptz not null
        check (accepted_at >= '2000-01-01Z' and accepted_at < '2100-01-01Z'),
    foreign key (merchant_id, document) references customers
);

-- Lists are read newest first.
create index sales_by_acceptance on sales (merchant_id, accepted_at desc);
create index sales_by_document on sales (merchant_id, document, accepted_at desc);
create index sales_by_sold_at on sales (merchant_id, sold_at);
-- The key comes last, by intent: while a table has no statistics every index that leads with the
-- merchant costs the planner the same, and of equals it takes the one made last. With another one
-- each foreign key check read a merchant's whole history (0.25 ms instead of 0.005).
alter table sales add primary key (merchant_id, cashback_id);

create table sale_lines (
    merchant_id bigint not null,
    cashback_id uuid not null,
    position smallint not null check (position between 0 and 989),
    type text not null,
    value_centavos bigint not null check (value_centavos between 1 and 9999999999),
    qty_thousandths bigint not null check (qty_thousandths between 1 and 99999000),
    discount_centavos bigint not null check (discount_centavos >= 0),
    -- Half up to the centavo, as fiscal documents round; never negative, so integers suffice.
    amount_centavos bigint generated always as ((value_centavos * qty_thousandths + 500) / 1000) stored,
    rate_bp integer not null check (rate_bp between 0 and 10000),
    rate_version integer not null,
    exact text not null,
    cashback_centavos bigint not null check (cashback_centavos >= 0),
    primary key (merchant_id, cashback_id, position),
    foreign key (merchant_id, cashback_id) references sales,
    check (discount_centavos <= (value_centavos * qty_thousandths + 500) / 1000)
);

-- The names of a sale, for ever: its idempotency key, the ERP's own sale id, and its content.
-- Whoever inserts a name first owns it, and that is the whole decision of "the same sale twice".
-- The sale itself is written after its names, in the same transaction.
create table sale_names (
    merchant_id bigint not null,
    kind text not null check (kind in ('idempotency_key', 'sale_id', 'content')),
    name text not null,
    cashback_id uuid not null,
    primary key (merchant_id, kind, name),
    foreign key (merchant_id, cashback_id) references sales deferrable initially deferred
);

create table cashbacks (
    merchant_id bigint not null,
    cashback_id uuid not null,
    status text not null check (status in (
        'not_due', 'pending', 'sending', 'applied', 'rejected', 'in_doubt', 'held', 'cancelled'
    )),
    -- The number of events so far; the latest event tells the present status.
    version integer not null check (version > 0),
    -- The number of the latest attempt, 0 before the first.
    attempt integer not null check (attempt >= 0),
    cashback_centavos bigint not null check (cashback_centavos between 0 and 9999999999),
    accepted_at timestamptz not null,
    -- When the present try to deliver began: giving up counts from it.
    open_since_at timestamptz not null,
    due_at timestamptz,
    lease_until_at timestamptz,
    applied_at timestamptz,
    primary key (merchant_id, cashback_id),
    foreign key (merchant_id, cashback_id) references sales,
    check ((status = 'not_due') = (cashback_centavos = 0)),
    check ((status = 'pending') = (due_at is not null)),
    check ((status = 'sending') = (lease_until_at is not null)),
    check ((status = 'applied') = (applied_at is not null)),
    check (attempt > 0 or status not in ('sending', 'applied', 'rejected', 'in_doubt', 'held'))
)
-- Rows are updated at least once: room on the page keeps a row's versions together.
with (fillfactor = 80);

create index cashbacks_due on cashbacks (due_at) where status = 'pending';
create index cashbacks_leased on cashbacks (lease_until_at) where status = 'sending';
create index cashbacks_open on cashbacks (merchant_id, status, accepted_at desc)
    where status not in ('applied', 'not_due');

create table attempts (
    merchant_id bigint not null,
    cashback_id uuid not null,
    attempt integer not null check (attempt > 0),
    deliverer text not null check (deliverer in ('api', 'worker')),
    started_at timestamptz not null,
    lease_until_at timestamptz not null,
    ended_at timestamptz,
    result text check (result in (
        'applied', 'never_sent', 'refused_for_now', 'refused', 'misconfigured', 'unknown'
    )),
    phase text check (phase in ('nothing_sent', 'sent', 'status_seen')),
    reason text,
    status_code smallint check (status_code between 0 and 999),
    body bytea check (octet_length(body) <= 65536),
    provider_id text,
    provider_message text,
    provider_created_at text,
    connected_s real,
    sent_s real,
    elapsed_s real,
    primary key (merchant_id, cashback_id, attempt),
    foreign key (merchant_id, cashback_id) references cashbacks,
    check ((ended_at is null) = (result is null)),
    check (result <> 'applied' or status_code = 201),
    check ((phase = 'status_seen') = (status_code is not null))
)
with (fillfactor = 80);

create table events (
    merchant_id bigint not null,
    cashback_id uuid not null,
    sequence integer not null check (sequence > 0),
    at timestamptz not null,
    actor text not null,
    from_status text,
    to_status text not null,
    attempt integer not null check (attempt >= 0),
    reason text not null,
    primary key (merchant_id, cashback_id, sequence),
    foreign key (merchant_id, cashback_id) references cashbacks,
    check ((sequence = 1) = (from_status is null)),
    -- Every move there is: the same list as cashback_core.delivery.states.TRANSITIONS, by test.
    constraint events_only_listed_moves check (coalesce(from_status, 'new') || '>' || to_status || '>' || actor in (
        'new>not_due>api', 'new>pending>api',
        'pending>sending>api', 'pending>sending>worker',
        'sending>applied>api', 'sending>rejected>api', 'sending>pending>api',
        'sending>held>api', 'sending>in_doubt>api',
        'sending>applied>worker', 'sending>rejected>worker', 'sending>pending>worker',
        'sending>held>worker', 'sending>in_doubt>worker', 'sending>in_doubt>reaper',
        'pending>applied>late_answer', 'held>applied>late_answer',
        'rejected>applied>late_answer', 'in_doubt>applied>late_answer',
        'in_doubt>pending>late_answer', 'in_doubt>rejected>late_answer',
        'in_doubt>applied>settler', 'in_doubt>pending>settler',
        'in_doubt>applied>operator', 'in_doubt>pending>operator', 'in_doubt>rejected>operator',
        'held>pending>operator', 'held>cancelled>operator',
        'rejected>pending>operator', 'rejected>cancelled>operator', 'pending>cancelled>operator'
    ))
);

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
