-- Who calls: people with a password and sessions, ERPs with API clients and secrets. Everything a
-- token hangs on is a row here, so that taking it away ends the token everywhere within seconds.
-- What must be known before a merchant is (log-in, standing, throttling, rates) is read and written
-- as `cashback_identity`; what administrators do to users and clients runs as `cashback_serving`,
-- within the merchant that its transaction names.

alter table users
    drop constraint users_role_check,
    alter column merchant_id drop not null,
    add constraint users_role_check
        check (role in ('erp', 'analyst', 'operator', 'admin', 'platform')),
    -- The platform's administrators have no merchant, and nobody else has none.
    add constraint users_have_a_merchant check ((role = 'platform') = (merchant_id is null)),
    add column version integer not null default 1 check (version > 0),
    add column updated_at timestamptz not null default now(),
    add column signed_out_at timestamptz,
    -- A tombstone: the row stays, so that a name in an old record never means somebody else.
    add column deleted_at timestamptz;

create function guard_user() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        raise exception 'user %: a name is never given away again', old.username
            using errcode = 'integrity_constraint_violation';
    end if;
    if (new.user_id, new.username, new.merchant_id, new.created_at)
            is distinct from (old.user_id, old.username, old.merchant_id, old.created_at)
        or old.deleted_at is not null
            and (new.deleted_at, new.role, new.password_hash)
                is distinct from (old.deleted_at, old.role, old.password_hash)
        or new.version < old.version
    then
        raise exception 'user %: its name and merchant stay, and whoever is deleted', old.username
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;
create trigger users_keep_their_names before update or delete on users
    for each row execute function guard_user();

-- One for each log-in. It has one good refresh token at a time, known by the hash of its jti:
-- another one of the same session was used before, by its owner or by a thief.
create table sessions (
    session_id uuid primary key,
    user_id bigint not null references users,
    merchant_id bigint references merchants,
    created_at timestamptz not null default clock_timestamp(),
    refresh_hash bytea not null check (octet_length(refresh_hash) = 32),
    last_used_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null check (expires_at > created_at),
    revoked_at timestamptz,
    reason text check (reason in (
        'revoked', 'refresh_reused', 'signed_out', 'password_changed', 'disabled', 'deleted'
    )),
    check ((revoked_at is null) = (reason is null))
);
create index sessions_of_a_user on sessions (user_id) where revoked_at is null;
create index sessions_by_end on sessions (expires_at);

create table api_clients (
    merchant_id bigint not null references merchants,
    client_id text not null unique check (client_id ~ '^cli_[A-Za-z0-9_-]{22}$'),
    name text not null check (char_length(name) between 1 and 120),
    role text not null default 'erp' check (role in ('erp', 'analyst')),
    version integer not null default 1 check (version > 0),
    created_at timestamptz not null default now(),
    created_by text not null check (created_by ~ '^[ -~]{1,96}$'),
    updated_at timestamptz not null default now(),
    disabled_at timestamptz,
    deleted_at timestamptz,
    primary key (merchant_id, client_id)
);
-- A deleted one leaves its name to a successor, its id to nobody.
create unique index api_clients_by_name on api_clients (merchant_id, name) where deleted_at is null;

create function guard_client() returns trigger language plpgsql as $$
begin
    if (new.merchant_id, new.client_id, new.created_at, new.created_by)
            is distinct from (old.merchant_id, old.client_id, old.created_at, old.created_by)
        or old.deleted_at is not null and new is distinct from old
        or new.version < old.version
    then
        raise exception 'client %: its id and origin stay, and whatever is deleted', old.client_id
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;
create trigger api_clients_keep_their_ids before update on api_clients
    for each row execute function guard_client();

-- Secrets of 256 random bits, kept as SHA-256: there is nothing to guess, so nothing slow is needed.
-- The current one has no end. The one before lives on for a while, so that an ERP can change over.
create table client_secrets (
    merchant_id bigint not null,
    client_id text not null,
    number integer not null check (number > 0),
    secret_id uuid not null unique,
    secret_hash bytea not null unique check (octet_length(secret_hash) = 32),
    created_at timestamptz not null default now(),
    created_by text not null check (created_by ~ '^[ -~]{1,96}$'),
    expires_at timestamptz check (expires_at <= created_at + interval '100 years'),
    primary key (merchant_id, client_id, number),
    foreign key (merchant_id, client_id) references api_clients
);
create unique index client_secrets_one_current on client_secrets (merchant_id, client_id)
    where expires_at is null;

-- Serialised by the client's row, which every change of its secrets locks first.
create function at_most_two_live_secrets() returns trigger language plpgsql as $$
begin
    perform from api_clients
    where merchant_id = new.merchant_id and client_id = new.client_id for update;
    if tg_op = 'UPDATE' and ((old.secret_id, old.secret_hash, old.created_at)
            is distinct from (new.secret_id, new.secret_hash, new.created_at)
        or old.expires_at <= clock_timestamp() and new.expires_at is distinct from old.expires_at)
    then
        raise exception 'secret % of client %: it stays as it is, and what has ended ended',
            old.number, old.client_id using errcode = 'integrity_constraint_violation';
    end if;
    if (select count(*) from client_secrets
        where merchant_id = new.merchant_id and client_id = new.client_id
            and (expires_at is null or expires_at > clock_timestamp())) > 2
    then
        raise exception 'client % would have more than two live secrets', new.client_id
            using errcode = 'integrity_constraint_violation';
    end if;
    return null;
end $$;
create trigger client_secrets_few after insert or update on client_secrets
    for each row execute function at_most_two_live_secrets();

-- Single access tokens of clients that were revoked before they ended; the hash is of their jti.
create table revoked_tokens (
    token_hash bytea primary key check (octet_length(token_hash) = 32),
    expires_at timestamptz not null
);
create index revoked_tokens_by_end on revoked_tokens (expires_at);

-- Failed log-ins, as the instant until which what failed uses up what is allowed (a leaky bucket in
-- one number): of an account, of an address, of both together. Keys are hashes. A row whose instant
-- is past says nothing any more. Lost in a crash, which costs an attacker's counter and no more.
create unlogged table login_failures (
    kind text not null check (kind in ('account', 'address', 'pair')),
    key bytea not null check (octet_length(key) = 32),
    until_at timestamptz not null,
    primary key (kind, key)
);
create index login_failures_by_end on login_failures (until_at);

-- Where a user came in from of late: what others do to the account from elsewhere does not bar it.
create table login_places (
    user_id bigint not null references users,
    address_hash bytea not null check (octet_length(address_hash) = 32),
    last_at timestamptz not null default now(),
    primary key (user_id, address_hash)
);

-- How much of its rate a caller has used, the same leaky bucket; processes draw from it in blocks.
create unlogged table rate_buckets (
    subject text primary key check (subject ~ '^[ -~]{1,96}$'),
    until_at timestamptz not null
);

-- Draws at most `wanted` requests for a caller who may make one each `every_s` and `capacity` at
-- once. What is granted is charged here before it is used anywhere; `wait_s` tells, when nothing is
-- granted, when there will be one.
create function draw_requests(
    who text, every_s double precision, capacity integer, wanted integer,
    out granted integer, out wait_s double precision
) language plpgsql as $$
declare
    used_until timestamptz;
    at_present timestamptz;
    used_s double precision;
begin
    insert into rate_buckets (subject, until_at) values (who, '-infinity') on conflict do nothing;
    select until_at into used_until from rate_buckets where subject = who for update;
    at_present := clock_timestamp();  -- after the lock: the wait for it is no debt
    used_until := greatest(used_until, at_present);
    used_s := extract(epoch from used_until - at_present);
    granted := greatest(0, least(wanted, floor(capacity - used_s / every_s)::integer));
    wait_s := greatest(0, used_s - (capacity - 1) * every_s);
    update rate_buckets set until_at = used_until + make_interval(secs => granted * every_s)
    where subject = who;
end $$;
revoke execute on function draw_requests from public;

select protect_merchant_table(name::regclass) from unnest(array[
    'sessions', 'api_clients', 'client_secrets'
]) as t (name);

-- No merchant is known yet when these are asked.
create policy at_log_in on sessions to cashback_identity using (true);
create policy at_log_in on api_clients for select to cashback_identity using (true);
create policy at_log_in on client_secrets for select to cashback_identity using (true);
grant update (signed_out_at, updated_at, version) on users to cashback_identity;
grant select, insert, delete on sessions to cashback_identity;
grant update (refresh_hash, last_used_at, expires_at, revoked_at, reason)
    on sessions to cashback_identity;
grant select on api_clients, client_secrets to cashback_identity;
grant execute on function draw_requests to cashback_identity;

-- Nobody's but the log-in's: no policy for others, so no row for them.
alter table revoked_tokens enable row level security;
alter table login_failures enable row level security;
alter table login_places enable row level security;
alter table rate_buckets enable row level security;
create policy at_log_in on revoked_tokens to cashback_identity using (true);
create policy at_log_in on login_failures to cashback_identity using (true);
create policy at_log_in on login_places to cashback_identity using (true);
create policy at_log_in on rate_buckets to cashback_identity using (true);
grant select, insert, delete on revoked_tokens to cashback_identity;
grant select, insert, update (until_at), delete on login_failures to cashback_identity;
grant select, insert, update (last_at), delete on login_places to cashback_identity;
grant select, insert, update (until_at) on rate_buckets to cashback_identity;

-- Administrators, within their merchant. They set passwords and secrets, and never read one.
grant select (
    user_id, username, merchant_id, role, version, created_at, updated_at, signed_out_at,
    disabled_at, deleted_at
) on users to cashback_serving;
grant insert (username, merchant_id, role, password_hash) on users to cashback_serving;
grant update (
    role, password_hash, version, updated_at, signed_out_at, disabled_at, deleted_at
) on users to cashback_serving;
grant select (
    session_id, user_id, merchant_id, created_at, last_used_at, expires_at, revoked_at, reason
) on sessions to cashback_serving;
grant update (revoked_at, reason) on sessions to cashback_serving;
grant select, insert on api_clients to cashback_serving;
grant update (name, role, version, updated_at, disabled_at, deleted_at)
    on api_clients to cashback_serving;
grant select (
    merchant_id, client_id, number, secret_id, created_at, created_by, expires_at
) on client_secrets to cashback_serving;
grant insert on client_secrets to cashback_serving;
grant update (expires_at) on client_secrets to cashback_serving;
