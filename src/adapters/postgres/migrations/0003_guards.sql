-- Rules that look at more than one row: the past is append-only, a cashback moves one event and
-- at most one attempt at a time, and a sale's lines add up to the sale, whoever writes.

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'integrity_constraint_violation';
end $$;

create trigger events_append_only before update or delete on events
    for each row execute function refuse_change();
create trigger events_no_truncate before truncate on events
    for each statement execute function refuse_change();
create trigger sales_append_only before update or delete on sales
    for each row execute function refuse_change();
create trigger sale_lines_append_only before update or delete on sale_lines
    for each row execute function refuse_change();
create trigger incidents_append_only before update or delete on incidents
    for each row execute function refuse_change();

create function guard_cashback_move() returns trigger language plpgsql as $$
begin
    if (new.status <> old.status) <> (new.version = old.version + 1)
        or new.version < old.version
        or new.attempt not in (old.attempt, old.attempt + 1)
        or (new.attempt > old.attempt) <> (new.status = 'sending' and old.status = 'pending')
        or new.cashback_centavos <> old.cashback_centavos
        or new.accepted_at <> old.accepted_at
        or old.status in ('applied', 'not_due', 'cancelled') and new.status <> old.status
    then
        raise exception 'cashback %: no move from % (version %, attempt %) to % (version %, attempt %)',
            old.cashback_id, old.status, old.version, old.attempt,
            new.status, new.version, new.attempt
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create trigger cashbacks_move before update on cashbacks
    for each row execute function guard_cashback_move();

create function guard_attempt() returns trigger language plpgsql as $$
begin
    if old.result is not null
        or (new.started_at, new.lease_until_at, new.deliverer)
            is distinct from (old.started_at, old.lease_until_at, old.deliverer)
    then
        raise exception 'attempt % of % keeps its first result', old.attempt, old.cashback_id
            using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

create trigger attempts_keep_their_result before update on attempts
    for each row execute function guard_attempt();

-- Once per statement, over all its lines: a batch pays for it once.
create function lines_add_up() returns trigger language plpgsql as $$
declare
    wrong uuid;
begin
    select s.cashback_id into wrong
    from (
        select merchant_id, cashback_id,
            sum(amount_centavos - discount_centavos) as net, sum(cashback_centavos) as cashback
        from added group by merchant_id, cashback_id
    ) as l
    join sales as s using (merchant_id, cashback_id)
    join cashbacks as c using (merchant_id, cashback_id)
    where l.net - s.discount_centavos <> s.total_centavos
        or l.cashback <> c.cashback_centavos
        or c.cashback_centavos > s.total_centavos
    limit 1;
    if found then
        raise exception 'the lines of % do not add up to their sale', wrong
            using errcode = 'integrity_constraint_violation';
    end if;
    return null;
end $$;

create trigger sale_lines_add_up after insert on sale_lines
    referencing new table as added for each statement execute function lines_add_up();
