-- Where an ERP's day file and our records differ: what somebody must look at; and the runs that found it.

create table differences (
    difference_id uuid primary key,
    merchant_id bigint not null references merchants,
    -- The day of the file, in the merchant's zone, and the file and its line (null: not on it).
    day date not null,
    file_id uuid not null,
    line integer,
    cashback_id uuid,
    class text collate "C" not null check (
        class in ('differs', 'never_arrived', 'not_told', 'told_twice', 'unreadable')
    ),
    -- Why, where it can be told: words of `cashback_core.reconciliation.three_sides.WhyDiffers`.
    whys text[] not null default '{}',
    -- The cashback as either side reckons it; null: it tells none. And what was paid for the sale.
    erp_centavos bigint,
    our_centavos bigint,
    erp_total_centavos bigint,
    our_total_centavos bigint,
    -- What the provider's side told of it.
    provider text collate "C",
    -- The same for it on every file of its day: the cashback, or a hash of the sale's own number.
    known_by text collate "C" not null default gen_random_uuid()::text
        check (char_length(known_by) between 1 and 120),
    opened_at timestamptz not null default now(),
    last_seen_at timestamptz not null default now(),
    closed_at timestamptz,
    closed_why text,
    foreign key (merchant_id, cashback_id) references cashbacks,
    check ((closed_at is null) = (closed_why is null))
);
-- One stands open of each. Partial, so that it is never taken for a key's work (see `sales`).
create unique index differences_open on differences (merchant_id, day, known_by)
    where closed_at is null;
-- Lists are read oldest first, by who looks after what stands open.
create index differences_by_opening on differences (merchant_id, opened_at, difference_id)
    where opened_at is not null;
create index differences_of_a_cashback on differences (cashback_id) where cashback_id is not null;

-- What each run came to: all sides by class, as of when.
create table three_side_runs (
    run_id uuid primary key,
    merchant_id bigint not null references merchants,
    day date not null,
    file_id uuid not null,
    -- The provider's side: nothing, its ledger, or a statement's file.
    source text collate "C" not null check (source in ('nothing', 'ledger', 'statement')),
    statement_id uuid,
    run_by text not null check (char_length(run_by) between 1 and 96),
    as_of timestamptz not null,
    ended_at timestamptz not null default now(),
    totals jsonb not null,
    distrust text,
    opened integer not null,
    renewed integer not null,
    closed integer not null,
    check ((source = 'statement') = (statement_id is not null))
);
create index three_side_runs_newest on three_side_runs (merchant_id, as_of desc, run_id desc)
    where as_of is not null;
create index three_side_runs_of_days on three_side_runs (merchant_id, day, as_of desc, run_id desc)
    where as_of is not null;
create index three_side_runs_by_end on three_side_runs (ended_at);

-- A day's, closed ones too.
create index differences_of_days on differences (merchant_id, day, opened_at, difference_id)
    where day is not null;
-- What stands open, and what was closed lately, stays.
create index differences_closed on differences (closed_at, difference_id) where closed_at is not null;
create function guard_differences_go() returns trigger language plpgsql as $$
begin
    if old.closed_at < now() - interval '30 days' then
        return old;
    end if;
    raise exception 'difference % stands', old.difference_id
        using errcode = 'integrity_constraint_violation';
end $$;
create trigger differences_go before delete on differences
    for each row execute function guard_differences_go();

select close_functions();
select protect_merchant_table('differences');
grant select, insert, update (
    file_id, line, cashback_id, class, whys, erp_centavos, our_centavos, erp_total_centavos,
    our_total_centavos, provider, last_seen_at, closed_at, closed_why
) on differences to cashback_serving, cashback_worker;
create trigger three_side_runs_append_only before update or delete on three_side_runs
    for each row execute function refuse_change_of_young('ended_at');
select refuse_truncating('three_side_runs');
grant delete on differences, three_side_runs to cashback_worker;
select protect_merchant_table('three_side_runs');
grant select, insert on three_side_runs to cashback_serving, cashback_worker;
-- Whoever reconciles a day over all merchants' book looks sales up by their names, too.
grant select on sale_names to cashback_worker;
-- A merchant reconciles the file that it brought in.
grant select on files, erp_lines to cashback_serving, cashback_worker;
grant select on statement_lines to cashback_worker;
-- Another cashback is explained by reckoning its sale anew under every rate there ever was.
grant select on rates to cashback_worker;
