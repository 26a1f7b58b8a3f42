-- Files of others: an ERP's sales of a day, a provider's statement. Their lines are put aside a part at
-- a time and count once the file is whole; what was ever told stays.

create table files (
    file_id uuid primary key,
    kind text collate "C" not null check (kind in ('erp_day', 'statement')),
    -- Whose sales; null: a statement, which is of the provider's account.
    merchant_id bigint references merchants,
    sha256 bytea not null check (octet_length(sha256) = 32),
    name text not null check (char_length(name) between 1 and 255),
    -- Who brought it in, and what they said of it that it does not say itself.
    declared_by text not null check (char_length(declared_by) between 1 and 96),
    declared jsonb not null default '{}',
    profile jsonb not null default '{}',
    -- An ERP's day, in its merchant's zone; a statement's window: from when on, complete through when.
    day date,
    since timestamptz,
    through timestamptz,
    -- Control totals, as told by the file or declared.
    told_lines bigint,
    told_centavos bigint,
    -- What was read, reversals subtracted.
    lines bigint not null default 0,
    centavos bigint not null default 0,
    unreadable bigint not null default 0,
    begun_at timestamptz not null default now(),
    -- Whole from then on; its lines are nobody's before.
    completed_at timestamptz,
    refused_at timestamptz,
    refused_why text,
    -- When its lines were cleared away; what it said in all stays.
    cleared_at timestamptz,
    check ((kind = 'erp_day') = (merchant_id is not null)),
    check ((kind = 'erp_day') = (day is not null)),
    check ((kind = 'statement') = (since is not null))
);

-- A sale as its ERP tells it. `name` is what names it, as in `sale_names`.
create table erp_lines (
    file_id uuid not null references files,
    line integer not null check (line > 0),
    merchant_id bigint not null,
    name_kind text collate "C" check (name_kind in ('sale_id', 'idempotency_key')),
    name text collate "C",
    store text collate "C",
    -- As it was told: whole, masked, or not at all.
    document text collate "C",
    customer_name text,
    sold_at timestamptz,
    total_centavos bigint,
    discount_centavos bigint,
    -- What the ERP reckons is due; null: it tells none.
    cashback_centavos bigint,
    -- Why it cannot be read; what could be read stands beside it.
    problem text,
    primary key (file_id, line)
);

-- A line of a provider's statement: `cashback_core.reconciliation.statements.StatementLine`.
create table statement_lines (
    file_id uuid not null references files,
    line integer not null check (line > 0),
    kind text collate "C" not null check (kind in ('credit', 'reversal', 'unreadable')),
    document text collate "C",
    doubtful text,
    -- Positive, of a reversal too; null where it cannot be read.
    centavos bigint,
    credited_at timestamptz,
    reference text,
    problem text,
    primary key (file_id, line)
);

select close_functions();

alter table files enable row level security;
select let_named_merchants('files', 'of_named_merchants', 'cashback_serving');
create policy of_all_merchants on files to cashback_worker using (true);
select protect_merchant_table('erp_lines');
alter table statement_lines enable row level security;
create policy of_workers on statement_lines to cashback_worker using (true);
