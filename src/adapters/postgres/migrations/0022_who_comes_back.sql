-- A refresh whose answer was lost is answered again; what was disabled comes back without the tokens
-- it had; and a right secret or password is kept out by nobody else's wrong ones.

-- When a session's present refresh token took the place of the one before, and when it says that it
-- was issued (the process's clock): the same tokens can be signed again, and none is kept.
alter table sessions
    add column renewed_at timestamptz,
    add column issued_s bigint,
    add constraint sessions_renewed check ((renewed_at is null) = (issued_s is null));
grant update (renewed_at, issued_s) on sessions to cashback_identity;

-- `pause`: the latest failure of an account from an address, which counts while others fail a lot.
-- Clients' secrets are counted apart from people's passwords.
alter table login_failures
    drop constraint login_failures_kind_check,
    add constraint login_failures_kind_check check (kind in (
        'account', 'address', 'pair', 'pause', 'secret', 'secret_address'
    ));
-- No address is better than another any more: that told who had come in from where.
drop table login_places;

-- What a client's tokens hang on is the secret's id: another one ends them, and the secret stays.
create or replace function at_most_two_live_secrets() returns trigger language plpgsql as $$
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

-- Both as the owner: who administers may change no id of a secret, nor the platform sign anybody out
-- by hand.
create function end_tokens_of_client() returns trigger language plpgsql security definer as $$
begin
    update client_secrets set secret_id = gen_random_uuid()
    where merchant_id = new.merchant_id and client_id = new.client_id;
    return null;
end $$;
revoke execute on function end_tokens_of_client from public;
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
revoke execute on function end_tokens_of_merchant from public;
create trigger merchants_come_back_without_tokens after update of disabled_at on merchants
    for each row when ((old.disabled_at is null) <> (new.disabled_at is null))
    execute function end_tokens_of_merchant();

select pin_search_paths();
