-- Webhooks: where merchants' own systems are told of changes, and how far each of them has been told.
-- Nothing of this is on a sale's way: the feed of changes is the events themselves, and workers read
-- on in it from each endpoint's position, by a pool and in a task of their own.

-- No secret is kept: one is made anew of the erasure key, the endpoint's id and its own
-- (cashback_core/webhooks/endpoints.py). The former one signs, too, until its end.
create table webhooks (
    merchant_id bigint not null references merchants,
    webhook_id uuid not null,
    url text collate "C" not null check (url ~ '^https?://[!-~]+$' and char_length(url) <= 2000),
    description text check (char_length(description) between 1 and 120),
    -- Null is all, also those that there may be one day.
    types text[] check (cardinality(types) between 1 and 100),
    version integer not null default 1 check (version > 0),
    created_at timestamptz not null default now(),
    created_by text not null check (created_by ~ '^[ -~]{1,96}$'),
    updated_at timestamptz not null default now(),
    disabled_at timestamptz,
    disabled_because text check (disabled_because in ('person', 'gone', 'failing')),
    secret_id uuid not null,
    secret_number integer not null default 1 check (secret_number > 0),
    secret_made_at timestamptz not null default now(),
    former_secret_id uuid check (former_secret_id <> secret_id),
    former_made_at timestamptz,
    former_ends_at timestamptz,
    check ((disabled_at is null) = (disabled_because is null)),
    check (num_nonnulls(former_secret_id, former_made_at, former_ends_at) in (0, 3)),
    primary key (merchant_id, webhook_id)
);
create unique index webhooks_by_url on webhooks (merchant_id, url);
create trigger webhooks_keep_their_ids before update on webhooks
    for each row execute function keep_columns('webhook_id', 'merchant_id', 'created_at', 'created_by');

-- What workers move, apart from what administrators change: neither waits for the other, and it is no
-- change of the resource. `token` is of the lease by which one process serves the endpoint.
create table webhook_progress (
    merchant_id bigint not null,
    webhook_id uuid not null,
    after_position bigint not null,
    after_cashback_id uuid not null,
    after_sequence integer not null,
    failures integer not null default 0 check (failures >= 0),
    failing_since timestamptz check ((failing_since is null) = (failures = 0)),
    rests_until timestamptz,
    delivered_at timestamptz,
    last_failure text check (char_length(last_failure) between 1 and 200),
    token uuid,
    leased_until timestamptz,
    served_at timestamptz not null default now(),
    primary key (merchant_id, webhook_id),
    foreign key (merchant_id, webhook_id) references webhooks on delete cascade
)
with (fillfactor = 50);

-- What did not go through at once, tests, and what somebody has sent again. `change_id` is null for a
-- test. Ended ones are kept for a while, to be told of.
create table webhook_messages (
    merchant_id bigint not null,
    webhook_id uuid not null,
    message_id text collate "C" not null check (message_id ~ '^[0-9a-z.-]{1,64}$'),
    position bigint,
    cashback_id uuid,
    sequence integer,
    result text not null default 'waiting' check (result in ('waiting', 'delivered', 'given_up')),
    attempts integer not null check (attempts >= 0),
    created_at timestamptz not null default now(),
    tried_at timestamptz,
    due_at timestamptz,
    ended_at timestamptz,
    status integer check (status between 100 and 999),
    reason text check (char_length(reason) between 1 and 200),
    check (num_nonnulls(position, cashback_id, sequence) in (0, 3)),
    check ((result = 'waiting') = (due_at is not null) and (due_at is null) = (ended_at is not null)),
    primary key (merchant_id, webhook_id, message_id),
    foreign key (merchant_id, webhook_id) references webhooks on delete cascade
);
create index webhook_messages_due on webhook_messages (merchant_id, webhook_id, due_at)
    where due_at is not null;
create index webhook_messages_by_time on webhook_messages
    (merchant_id, webhook_id, created_at, message_id);
create index webhook_messages_ended on webhook_messages (ended_at) where ended_at is not null;

select close_functions();

select protect_merchant_table('webhooks');
grant select, insert, delete,
    update (url, description, types, version, updated_at, disabled_at, disabled_because, secret_id,
        secret_number, secret_made_at, former_secret_id, former_made_at, former_ends_at)
    on webhooks to cashback_serving;
grant select, update (version, updated_at, disabled_at, disabled_because) on webhooks to cashback_worker;
select audit_table('webhooks', 'webhooks', array['webhook_id'],
    hidden => array['secret_id'],
    untold => array['webhook_id', 'created_by', 'secret_made_at', 'former_secret_id',
        'former_made_at']);

select protect_merchant_table('webhook_progress');
grant select, insert, update (failures, failing_since, rests_until) on webhook_progress
    to cashback_serving;
grant select, update (after_position, after_cashback_id, after_sequence, failures, failing_since,
        rests_until, delivered_at, last_failure, token, leased_until, served_at)
    on webhook_progress to cashback_worker;

select protect_merchant_table('webhook_messages');
grant select, insert, update (result, attempts, created_at, due_at, ended_at) on webhook_messages
    to cashback_serving;
grant select, insert, delete,
    update (result, attempts, tried_at, due_at, ended_at, status, reason)
    on webhook_messages to cashback_worker;
