-- Who calls: people with a password and sessions, ERPs with API clients and secrets. Everything a
-- token hangs on is a row here, so that taking it away ends the token everywhere within seconds.
-- What must be known before a merchant is (log-in, standing, throttling, rates) is read and written
-- as `cashback_identity`, which makes nobody; what administrators do to users and clients runs as
-- `cashback_serving`, within the merchant that its transaction names, or as `cashback_platform`. They
-- set passwords and secrets, and never read one.

-- People.

create table users (
    user_id bigint generated always as identity primary key,
    username text collate "C" not null unique check (username ~ '^[a-z0-9][a-z0-9._@-]{0,63}$'),
    merchant_id bigint references merchants,
    role text collate "C" not null
        check (role in ('erp', 'analyst', 'operator', 'admin', 'platform')),
    password_hash text not null check (password_hash like '$argon2id$%'),
    created_at timestamptz not null default now(),
    disabled_at timestamptz,
    version integer not null default 1 check (version > 0),
    updated_at timestamptz not null default now(),
    signed_out_at timestamptz,
    -- A tombstone: the row stays, so that a name in an old record never means somebody else.
    deleted_at timestamptz,
    -- The platform's administrators have no merchant, and nobody else has none.
    constraint users_have_a_merchant check ((role = 'platform') = (merchant_id is null))
);
-- Lists of a merchant's users, and the count of its administrators.
create index users_of_a_merchant on users (merchant_id, username);

create trigger users_keep_their_names before update or delete on users
    for each row execute function keep_columns('username', 'user_id', 'merchant_id', 'created_at');
create trigger users_stay_deleted before update on users
    for each row when (old.deleted_at is not null)
    execute function keep_columns('username', 'deleted_at', 'role', 'password_hash');

-- Nobody locks everybody out. Whoever takes away an administrator waits for whoever else does so
-- for the same merchant, and counts after them: of the last two one stays.
create function guard_last_administrator() returns trigger language plpgsql security definer as $$
begin
    if old.role not in ('admin', 'platform')
        or old.disabled_at is not null or old.deleted_at is not null
        or (new.role = old.role and new.disabled_at is null and new.deleted_at is null)
    then
        return null;
    end if;
    perform pg_advisory_xact_lock(
        hashtextextended('guard_last_administrator', coalesce(old.merchant_id, 0))
    );
    if not exists (
        select from users as u
        where u.merchant_id is not distinct from old.merchant_id and u.role = old.role
            and u.disabled_at is null and u.deleted_at is null
    ) then
        raise exception 'user % is the last administrator', old.username
            using errcode = 'integrity_constraint_violation', constraint = 'last_administrator';
    end if;
    return null;
end $$;
create trigger users_keep_an_administrator after update on users
    for each row execute function guard_last_administrator();

-- Whoever is disabled or enabled, in whatever way, has no token from before: at both moments, so
-- that a log-in that was under way at the first is caught by the second.
create function end_tokens_of_user() returns trigger language plpgsql as $$
begin
    new.signed_out_at := clock_timestamp();
    return new;
end $$;
create trigger users_come_back_without_tokens before update of disabled_at on users
    for each row when ((old.disabled_at is null) <> (new.disabled_at is null))
    execute function end_tokens_of_user();

select protect_merchant_table('users');
create policy of_the_platform on users to cashback_platform using (true);
create policy at_log_in on users to cashback_identity using (true);
grant select, update (signed_out_at) on users to cashback_identity;
grant select (
    user_id, username, merchant_id, role, version, created_at, updated_at, signed_out_at,
    disabled_at, deleted_at
), insert (username, merchant_id, role, password_hash), update (
    role, password_hash, version, updated_at, signed_out_at, disabled_at, deleted_at
) on users to cashback_serving, cashback_platform;
select audit_table('users', 'users', array['username'],
    hidden => array['password_hash'], untold => array['user_id']);

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
    -- When the present refresh token took the place of the one before, and when it says that it was
    -- issued (the process's clock): a refresh whose answer was lost is answered again with the same
    -- tokens, signed again, and none is kept.
    renewed_at timestamptz,
    issued_s bigint,
    check ((revoked_at is null) = (reason is null)),
    constraint sessions_renewed check ((renewed_at is null) = (issued_s is null))
);
create index sessions_of_a_user on sessions (user_id) where revoked_at is null;
create index sessions_by_end on sessions (expires_at);

select protect_merchant_table('sessions');
create policy of_the_platform on sessions to cashback_platform using (true);
create policy at_log_in on sessions to cashback_identity using (true);
grant select, insert, delete, update (
    refresh_hash, last_used_at, expires_at, revoked_at, reason, renewed_at, issued_s
) on sessions to cashback_identity;
grant select (
    session_id, user_id, merchant_id, created_at, last_used_at, expires_at, revoked_at, reason
), update (revoked_at, reason) on sessions to cashback_serving, cashback_platform;

-- API clients.

create table api_clients (
    merchant_id bigint not null references merchants,
    client_id text collate "C" not null unique check (client_id ~ '^cli_[A-Za-z0-9_-]{22}$'),
    name text collate "C" not null check (char_length(name) between 1 and 120),
    role text not null default 'erp' check (role in ('erp', 'analyst')),
    version integer not null default 1 check (version > 0),
    created_at timestamptz not null default now(),
    created_by text not null check (created_by ~ '^[ -~]{1,96}$'),
    updated_at timestamptz not null default now(),
    disabled_at timestamptz,
    deleted_at timestamptz,
    -- Who may read only what its own sent reads by the group: a sale keeps the group that it came
    -- under, and a client is in one group at a time. A group goes by the id of the client whose own it
    -- was; null is the client's own.
    group_id text collate "C" check (group_id <> client_id),
    primary key (merchant_id, client_id),
    foreign key (merchant_id, group_id) references api_clients
);
-- A deleted one leaves its name to a successor, its id to nobody.
create unique index api_clients_by_name on api_clients (merchant_id, name) where deleted_at is null;

create trigger api_clients_keep_their_ids before update on api_clients
    for each row
    execute function keep_columns('client_id', 'merchant_id', 'created_at', 'created_by');
create trigger api_clients_stay_deleted before update on api_clients
    for each row when (old.deleted_at is not null and new is distinct from old)
    execute function keep_columns();

-- Secrets of 256 random bits, kept as SHA-256: there is nothing to guess, so nothing slow is needed.
-- The current one has no end. The one before lives on for a while, so that an ERP can change over.
-- A client's tokens hang on the secret's id: another one ends them, and the secret stays.
create table client_secrets (
    merchant_id bigint not null,
    client_id text collate "C" not null,
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
    if tg_op = 'UPDATE' and ((old.secret_hash, old.created_at)
            is distinct from (new.secret_hash, new.created_at)
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

-- As users do (above), by new ids of their secrets. As the owner, and so is the next one: who
-- administers may change no id of a secret, nor the platform sign anybody out by hand.
create function end_tokens_of_client() returns trigger language plpgsql security definer as $$
begin
    update client_secrets set secret_id = gen_random_uuid()
    where merchant_id = new.merchant_id and client_id = new.client_id;
    return null;
end $$;
create trigger api_clients_come_back_without_tokens after update of disabled_at on api_clients
    for each row when ((old.disabled_at is null) <> (new.disabled_at is null))
    execute function end_tokens_of_client();

create function end_tokens_of_merchant() returns trigger language plpgsql security definer as $$
begin
    update users set signed_out_at = clock_timestamp()
    where merchant_id = new.merchant_id and deleted_at is null;
    update client_secrets set secret_id = gen_random_uuid()
    where merchant_id = new.merchant_id;
    return null;
end $$;
create trigger merchants_come_back_without_tokens after update of disabled_at on merchants
    for each row when ((old.disabled_at is null) <> (new.disabled_at is null))
    execute function end_tokens_of_merchant();

select protect_merchant_table('api_clients');
create policy of_the_platform on api_clients to cashback_platform using (true);
create policy at_log_in on api_clients for select to cashback_identity using (true);
grant select on api_clients to cashback_identity;
grant select, insert, update (name, role, group_id, version, updated_at, disabled_at, deleted_at)
    on api_clients to cashback_serving, cashback_platform;
select audit_table('api_clients', 'clients', array['client_id'],
    untold => array['created_by']);

select protect_merchant_table('client_secrets');
create policy of_the_platform on client_secrets to cashback_platform using (true);
create policy at_log_in on client_secrets for select to cashback_identity using (true);
grant select on client_secrets to cashback_identity;
grant select (
    merchant_id, client_id, number, secret_id, created_at, created_by, expires_at
), insert, update (expires_at) on client_secrets to cashback_serving, cashback_platform;
select audit_table('client_secrets', 'client_secrets', array['client_id', 'number'],
    hidden => array['secret_hash'], untold => array['client_id', 'number', 'secret_id', 'created_by']);

-- Nobody's but the log-in's: no policy for others, so no row for them.

-- Single access tokens of clients that were revoked before they ended; the hash is of their jti.
create table revoked_tokens (
    token_hash bytea primary key check (octet_length(token_hash) = 32),
    expires_at timestamptz not null
);
create index revoked_tokens_by_end on revoked_tokens (expires_at);
alter table revoked_tokens enable row level security;
create policy at_log_in on revoked_tokens to cashback_identity using (true);
grant select, insert, delete on revoked_tokens to cashback_identity;

-- Failed log-ins, as the instant until which what failed uses up what is allowed (a leaky bucket in
-- one number): of an account, of an address, of both together (`pair`), and the latest failure of an
-- account from an address, which counts while others fail a lot (`pause`): a right password is kept out
-- by nobody else's wrong ones. Clients' secrets are counted apart from people's passwords. Keys are
-- hashes. A row whose instant is past says nothing any more. Lost in a crash, which costs an attacker's
-- counter and no more.
create unlogged table login_failures (
    kind text collate "C" not null check (kind in (
        'account', 'address', 'pair', 'pause', 'secret', 'secret_address'
    )),
    key bytea not null check (octet_length(key) = 32),
    until_at timestamptz not null,
    primary key (kind, key)
);
create index login_failures_by_end on login_failures (until_at);
alter table login_failures enable row level security;
create policy at_log_in on login_failures to cashback_identity using (true);
grant select, insert, update (until_at), delete on login_failures to cashback_identity;

-- How much of its rate a caller has used, the same leaky bucket; processes draw from it in blocks.
create unlogged table rate_buckets (
    subject text collate "C" primary key check (subject ~ '^[ -~]{1,96}$'),
    until_at timestamptz not null
);
alter table rate_buckets enable row level security;
create policy at_log_in on rate_buckets to cashback_identity using (true);
grant select, insert, update (until_at) on rate_buckets to cashback_identity;

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

select close_functions();
grant execute on function draw_requests to cashback_identity;
