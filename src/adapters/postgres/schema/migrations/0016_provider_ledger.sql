-- The provider's ledger as its statements tell it: every credit once, in one class of one owner, and
-- every change of that as a move with its instant (`cashback_core.reconciliation.ledger`, by test).
--
-- An owner is a merchant, or null: the provider's account, whose line no cashback explains. No line is
-- known by a document here, and no hash could be tried with one: `line_key` is made with the erasure
-- key, so that an erasure finds nothing to take away.

-- A statement that was taken in. All that it changed is of its instant and its position.
create table provider_tellings (
    telling_id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    position bigint not null default feed_position(),
    -- The run that read it, which is kept for a while.
    reconciliation_id uuid not null,
    asked_at timestamptz not null,
    since timestamptz not null,
    through timestamptz not null,
    check (since <= through)
);
create index provider_tellings_by_asking on provider_tellings (asked_at);
-- How far they reach, and when the last was taken in.
create index provider_tellings_by_reach on provider_tellings (through);
create index provider_tellings_by_instant on provider_tellings (at);
select append_only('provider_tellings');

create table provider_lines (
    line_key uuid not null,
    -- Which one of those that read the same.
    nth integer not null,
    -- Net: what is taken back is negative, what cannot be read is 0.
    centavos bigint not null,
    credited_at timestamptz,
    -- Of one without an instant: what the statements covered that told it. Of a date (midnight): its
    -- day's first instant and the next day's, where a statement told whose day it is.
    told_since timestamptz,
    told_through timestamptz,
    -- Null: the newest statement does not tell it any more.
    class text collate "C",
    merchant_id bigint,
    cashback_id uuid,
    -- The same for lines of one kind, document and amount, whatever they tell of their instant and
    -- reference; a keyed hash, too.
    alike uuid,
    primary key (line_key, nth),
    check ((merchant_id is null) = (cashback_id is null)),
    check (class is not null or merchant_id is null),
    check (credited_at is not null or told_since is not null),
    check ((told_since is null) = (told_through is null))
);
create index provider_lines_by_instant on provider_lines (credited_at);
create index provider_lines_of_cashbacks on provider_lines (merchant_id, cashback_id)
    where cashback_id is not null;

-- From a class of an owner to another; from null it enters, to null it leaves the ledger.
create table provider_moves (
    telling_id bigint not null,
    line_key uuid not null,
    nth integer not null,
    from_class text collate "C",
    from_owner bigint,
    to_class text collate "C",
    to_owner bigint,
    centavos bigint not null,
    check ((from_class, from_owner) is distinct from (to_class, to_owner))
);
-- Of a statement; a line's own are found by nobody but a person who looks into one. A key of each
-- would be a third of what a new line costs.
create index provider_moves_of_tellings on provider_moves (telling_id);
-- After years they go: what they added up to stays.
create function guard_provider_moves() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and exists (
        select from provider_tellings as t
        where t.telling_id = old.telling_id and t.at < now() - interval '30 days'
    ) then
        return old;
    end if;
    raise exception 'provider_moves is append-only' using errcode = 'integrity_constraint_violation';
end $$;
create trigger provider_moves_append_only before update or delete on provider_moves
    for each row execute function guard_provider_moves();
select refuse_truncating('provider_moves');

-- What the moves of a statement add up to: a day is told without reading each.
create table provider_telling_flows (
    telling_id bigint not null references provider_tellings,
    merchant_id bigint references merchants,
    class text collate "C" not null check (class in (
        'matched', 'altered', 'credited_again', 'credited_unpaid', 'unknown_here', 'explained',
        'applied_absent', 'not_expected', 'unpaid', 'doubt_applied', 'doubt_absent',
        'doubt_undecided', 'reversed', 'unreadable'
    )),
    entered bigint not null check (entered >= 0),
    entered_centavos bigint not null,
    departed bigint not null check (departed >= 0),
    departed_centavos bigint not null,
    unique nulls not distinct (telling_id, merchant_id, class)
);
select append_only('provider_telling_flows');

-- The sum of them all: what is in each class of each owner now.
create table provider_balances (
    merchant_id bigint references merchants,
    class text collate "C" not null,
    lines bigint not null check (lines >= 0),
    centavos bigint not null,
    check (lines > 0 or centavos = 0)
);
create unique index provider_balances_each on provider_balances (class, merchant_id)
    nulls not distinct;

-- The lines of the statement that is being taken in: of whoever reconciles, one at a time, and seen by
-- nobody else. Unlogged: a server that crashes forgets them, and the run has ended with it.
create unlogged table provider_told (
    line_key uuid not null,
    class text collate "C" not null,
    centavos bigint not null,
    credited_at timestamptz,
    owner bigint,
    cashback_id uuid,
    alike uuid
);

-- What such a statement changes, key by key, and which of it is told of a credit that stands in other
-- words (which the core decides): between the two statements that take it in, in their transaction.
create unlogged table provider_found (
    line_key uuid not null,
    nth integer not null,
    from_class text collate "C",
    from_owner bigint,
    from_cashback uuid,
    class text collate "C",
    owner bigint,
    cashback_id uuid,
    centavos bigint not null,
    credited_at timestamptz,
    told_since timestamptz,
    told_through timestamptz,
    alike uuid
);
create unlogged table provider_respelled (
    new_key uuid not null,
    new_nth integer not null,
    line_key uuid not null,
    nth integer not null,
    is_fixed boolean not null
);

-- What entered each class of an owner (a merchant; null: the account) and what left it, of the moves
-- with a position below `below` and an instant before `ends_at`, but for those with a position below
-- `from_position` and an instant before `begins_at`, which an earlier day holds (null: none does).
create function provider_flows(
    of_merchant bigint, begins_at timestamptz, ends_at timestamptz, from_position bigint, below bigint
) returns table (
    class text, entered bigint, entered_centavos bigint, departed bigint, departed_centavos bigint
)
language sql stable as $$
    select f.class, sum(f.entered)::bigint, sum(f.entered_centavos)::bigint,
        sum(f.departed)::bigint, sum(f.departed_centavos)::bigint
    from provider_tellings as t
    join provider_telling_flows as f on f.telling_id = t.telling_id
    where t.at < provider_flows.ends_at and t.position < provider_flows.below
        and (t.at >= provider_flows.begins_at
            or coalesce(t.position >= provider_flows.from_position, true))
        and f.merchant_id is not distinct from of_merchant
    group by f.class
$$;

select close_functions();

alter table provider_tellings enable row level security;
create policy anybody_looks on provider_tellings for select
    to cashback_serving, cashback_platform using (true);
create policy of_workers on provider_tellings to cashback_worker using (true);
grant select on provider_tellings to cashback_serving, cashback_platform;
grant select, insert (reconciliation_id, asked_at, since, through) on provider_tellings
    to cashback_worker;

select protect_merchant_table('provider_lines');
-- A merchant's days are held against its own lines; whose credit a line of nobody is, is not theirs to see.
grant select, insert, update (told_since, told_through, class, merchant_id, cashback_id, alike)
    on provider_lines to cashback_worker;
-- What was told of its cashbacks, when a merchant's day is compared.
grant select (centavos, class, merchant_id, cashback_id) on provider_lines to cashback_serving;

alter table provider_moves enable row level security;
create policy of_workers on provider_moves to cashback_worker using (true);
grant select, insert, delete on provider_moves to cashback_worker;

select protect_merchant_table('provider_telling_flows');
create policy of_the_platform on provider_telling_flows for select to cashback_platform using (true);
grant select, insert on provider_telling_flows to cashback_worker;
grant select on provider_telling_flows to cashback_platform;

select protect_merchant_table('provider_balances');
create policy of_the_platform on provider_balances for select to cashback_platform using (true);
grant select, insert, update (lines, centavos) on provider_balances to cashback_worker;
grant select on provider_balances to cashback_serving, cashback_platform;

-- Without policies: COPY knows none.
grant select, insert, delete, truncate on provider_told, provider_found, provider_respelled
    to cashback_worker;

grant execute on function provider_flows to cashback_worker, cashback_platform;
