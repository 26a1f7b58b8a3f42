-- Files of others: an ERP's sales of a day, a provider's statement. Their lines are put aside a part at
-- a time and count once the file is whole; what was ever told stays. A statement is of the provider's
-- account: it is the platform's and the workers', and no merchant's.

create table files (
    file_id uuid primary key,
    kind text collate "C" not null check (kind in ('erp_day', 'statement')),
    -- Whose sales; null: a statement, which is of the provider's account.
    merchant_id bigint references merchants,
    sha256 bytea not null check (octet_length(sha256) = 32),
    -- What the very same is known by: its bytes, how they are read, what is declared of them.
    identity bytea not null check (octet_length(identity) = 32),
    name text not null check (char_length(name) between 1 and 255),
    -- Who brought it in, and what they said of it that it does not say itself.
    declared_by text not null check (char_length(declared_by) between 1 and 96),
    declared jsonb not null default '{}',
    profile jsonb not null default '{}',
    -- An ERP's day, in its merchant's zone; a statement's window: from when on, complete through when.
    -- Nobody knows the future: `through` is never later than the bringing, less what clocks may differ.
    day date,
    since timestamptz,
    through timestamptz,
    -- Control totals, as told by the file or declared.
    told_lines bigint,
    told_centavos bigint,
    -- What was read: reversals subtracted, and not; lines with something wrong, and without an amount.
    lines bigint not null default 0,
    centavos bigint not null default 0,
    gross_centavos bigint not null default 0,
    unreadable bigint not null default 0,
    unread bigint not null default 0,
    -- What unreadable lines of a statement have as amounts: credits or reversals, nobody knows.
    unsure_centavos bigint not null default 0,
    -- The last line of it that was put aside.
    read_through integer not null default 0,
    begun_at timestamptz not null default now(),
    moved_at timestamptz not null default now(),
    -- Whole from then on; its lines are nobody's before.
    completed_at timestamptz,
    refused_at timestamptz,
    refused_why text check (char_length(refused_why) between 1 and 500),
    -- When its lines were cleared away, and since when none of them is left; what it said in all stays.
    cleared_at timestamptz,
    emptied_at timestamptz,
    check ((kind = 'erp_day') = (merchant_id is not null)),
    check ((kind = 'erp_day') = (day is not null)),
    check ((kind = 'statement') = (since is not null)),
    check ((kind = 'statement') = (through is not null)),
    check (since <= through),
    check (completed_at is null or refused_at is null),
    check ((refused_at is null) = (refused_why is null)),
    check (emptied_at is null or cleared_at is not null)
);
-- Of two who bring the very same at once one makes it, and both go on with it. What was cleared is
-- brought anew; so is a day's file that another took the place of.
create unique index files_under_way on files (identity)
    where completed_at is null and refused_at is null and cleared_at is null;
create unique index statements_known_by on files (identity)
    where kind = 'statement' and refused_at is null and cleared_at is null;
create index files_known_by on files (identity) where completed_at is not null;
create index files_of_merchants on files (merchant_id, begun_at desc, file_id desc)
    where merchant_id is not null;
-- Of a day's whole files the newest counts.
create index files_of_days on files (merchant_id, day, completed_at desc, file_id desc)
    where merchant_id is not null and completed_at is not null;
create index files_of_the_account on files (begun_at desc, file_id desc) where merchant_id is null;
-- What is to be cleared, emptied, and forgotten: each is found without a look at what stays.
create index files_refused on files (refused_at) where refused_at is not null and cleared_at is null;
create index files_left on files (moved_at)
    where completed_at is null and refused_at is null and cleared_at is null;
create index files_past on files (completed_at)
    where completed_at is not null and cleared_at is null;
create index files_to_empty on files (cleared_at) where cleared_at is not null and emptied_at is null;
create index files_never_whole on files (emptied_at) where completed_at is null and emptied_at is not null;

-- A sale as its ERP tells it. `name` is what names it, as in `sale_names`. That its file is there is
-- looked at once for each part (`erp_lines_come`): a foreign key would ask for every line.
create table erp_lines (
    file_id uuid not null,
    line integer not null check (line > 0),
    merchant_id bigint not null,
    name_kind text collate "C",
    name text collate "C",
    store text collate "C",
    -- As it was told: a CPF or CNPJ without punctuation, another, masked, or none.
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
-- Whose lines an erasure clears.
create index erp_lines_of_document on erp_lines (document) where document is not null;
create index erp_lines_masked on erp_lines (name) where document like '%*%';
create index erp_lines_unreadable on erp_lines (file_id, line) where problem is not null;

-- A line of a provider's statement: `cashback_core.reconciliation.statements.StatementLine`. No merchant
-- is told in it, so no policy could part them: who may see it at all is said by rights alone.
create table statement_lines (
    file_id uuid not null,
    line integer not null check (line > 0),
    kind text collate "C" not null,
    document text collate "C",
    doubtful text collate "C",
    -- Positive, of a reversal too; null where it cannot be read.
    centavos bigint,
    credited_at timestamptz,
    reference text,
    problem text,
    -- What the line, and its credit, were known by before an erasure changed it, sealed: whoever tells
    -- the file again tells the same line.
    known_by text collate "C" check (known_by like '~%'),
    credit_known_by text collate "C" check (credit_known_by like '~%'),
    primary key (file_id, line),
    check (
        kind = 'unreadable' and problem is not null
        or kind in ('credit', 'reversal') and problem is null and document is not null
            and centavos > 0 and credited_at is not null
    )
);
create index statement_lines_of_document on statement_lines (document) where document is not null;
create index statement_lines_doubtful on statement_lines (doubtful) where doubtful is not null;
create index statement_lines_unreadable on statement_lines (file_id, line) where problem is not null;

-- A file stays, and so does what it is and what is declared of it; whole or refused it stays as it is,
-- but for its lines being cleared away. One that never was whole goes in the end.
create function guard_files() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and old.completed_at is null and old.emptied_at < now() - interval '30 days' then
        return old;
    end if;
    if tg_op = 'UPDATE' and old.cleared_at is not null and old.emptied_at is null
        and new.emptied_at is not null
        and to_jsonb(new) - 'emptied_at' = to_jsonb(old) - 'emptied_at'
    then
        return new;
    end if;
    if tg_op <> 'UPDATE'
        or old.cleared_at is not null
        or new.emptied_at is not null
        or (
            new.file_id, new.kind, new.merchant_id, new.sha256, new.identity, new.name,
            new.declared_by, new.declared, new.profile, new.day, new.since, new.through,
            new.told_lines, new.told_centavos, new.begun_at
        ) is distinct from (
            old.file_id, old.kind, old.merchant_id, old.sha256, old.identity, old.name,
            old.declared_by, old.declared, old.profile, old.day, old.since, old.through,
            old.told_lines, old.told_centavos, old.begun_at
        )
        or num_nonnulls(old.completed_at, old.refused_at) > 0 and (
            new.lines, new.centavos, new.gross_centavos, new.unreadable, new.unread,
            new.unsure_centavos, new.read_through, new.completed_at, new.refused_at, new.refused_why
        ) is distinct from (
            old.lines, old.centavos, old.gross_centavos, old.unreadable, old.unread,
            old.unsure_centavos, old.read_through, old.completed_at, old.refused_at, old.refused_why
        )
        or new.read_through < old.read_through
    then
        raise exception 'a file stays as it is' using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;
create trigger files_stay before update or delete on files
    for each row execute function guard_files();
select refuse_truncating('files');

-- Lines come while their file is not whole yet, are cleared away with all of it, and lose what names
-- a person to an erasure; nothing else becomes of them.
create function guard_erp_lines_come() returns trigger language plpgsql security definer as $$
begin
    if exists (
        select from (select distinct c.file_id, c.merchant_id from come as c) as c
        left join files as f using (file_id)
        where f.kind is distinct from 'erp_day' or f.merchant_id is distinct from c.merchant_id
            or num_nonnulls(f.completed_at, f.refused_at, f.cleared_at) > 0
    ) then
        raise exception 'no file that takes such lines any more'
            using errcode = 'integrity_constraint_violation', constraint = 'lines_come_before_the_end';
    end if;
    return null;
end $$;
create function guard_statement_lines_come() returns trigger language plpgsql security definer as $$
begin
    if exists (
        select from (select distinct c.file_id from come as c) as c
        left join files as f using (file_id)
        where f.kind is distinct from 'statement'
            or num_nonnulls(f.completed_at, f.refused_at, f.cleared_at) > 0
    ) then
        raise exception 'no file that takes such lines any more'
            using errcode = 'integrity_constraint_violation', constraint = 'lines_come_before_the_end';
    end if;
    return null;
end $$;
create trigger erp_lines_come after insert on erp_lines referencing new table as come
    for each statement execute function guard_erp_lines_come();
create trigger statement_lines_come after insert on statement_lines referencing new table as come
    for each statement execute function guard_statement_lines_come();
create function guard_lines_go() returns trigger language plpgsql security definer as $$
begin
    if exists (
        select from files as f
        where f.file_id in (select distinct g.file_id from gone as g) and f.cleared_at is null
    ) then
        raise exception 'a file that is not being cleared keeps its lines'
            using errcode = 'integrity_constraint_violation', constraint = 'lines_go_with_all';
    end if;
    return null;
end $$;
create trigger erp_lines_go after delete on erp_lines referencing old table as gone
    for each statement execute function guard_lines_go();
create trigger statement_lines_go after delete on statement_lines referencing old table as gone
    for each statement execute function guard_lines_go();

-- Which statement's lines count when, between two instants: the newest whole one that covers each of
-- them; the same as `spans` in `cashback_core.reconciliation.files`. Lines never add up across files.
create function statements_between(of_since timestamptz, of_through timestamptz)
returns table (file_id uuid, since timestamptz, through timestamptz)
language sql stable as $$
    with told as (
        select f.file_id, f.since, f.through, f.begun_at from files as f
        where f.kind = 'statement' and f.completed_at is not null and f.cleared_at is null
            and f.since < of_through and f.through > of_since
    ), edges as (
        select distinct greatest(least(e.at, of_through), of_since) as at
        from told as t cross join lateral (values (t.since), (t.through)) as e (at)
    ), pieces as (
        select e.at as since, lead(e.at) over (order by e.at) as through from edges as e
    ), newest as (
        select p.since, p.through, (
            select t.file_id from told as t where t.since <= p.since and t.through >= p.through
            order by t.begun_at desc, t.file_id desc limit 1
        ) as file_id
        from pieces as p where p.through is not null
    ), runs as (
        select n.*, row_number() over (order by n.since)
            - row_number() over (partition by n.file_id order by n.since) as run
        from newest as n
    )
    select r.file_id, min(r.since), max(r.through) from runs as r
    where r.file_id is not null group by r.file_id, r.run order by 2
$$;

-- A customer becomes nobody in the lines of files, too: in those of the merchant, and in statements'
-- lines when no other merchant knows the customer. Masked lines tell of nobody by themselves, but a
-- name stands beside them where the sale is theirs. As the owner: the eraser sees no line at all.
create function guard_forgetting_in_files(of_merchant bigint, known text, pseudonym text)
returns void language plpgsql security definer as $$
begin
    if coalesce(
        of_merchant = any (nullif(current_setting('cashback.merchants', true), '')::bigint[]), false
    ) is false then
        raise exception 'no merchant of this session' using errcode = 'insufficient_privilege';
    end if;
    if not exists (
        select from customers as c
        where c.merchant_id = of_merchant and c.document = pseudonym and c.erased_at is not null
    ) or known is distinct from pseudonym and not exists (
        select from erasures_under_way as e
        where e.merchant_id = of_merchant and e.was = known and e.became = pseudonym
    ) then
        raise exception 'whoever becomes % is not being erased', pseudonym
            using errcode = 'integrity_constraint_violation', constraint = 'only_whom_it_erases';
    end if;
end $$;
-- Whose lines they are the eraser knows: what else is told in them is for their keys.
create function lines_to_forget(of_merchant bigint, known text, pseudonym text)
returns table (
    file_id uuid, line integer, kind text, document text, doubtful text, centavos bigint,
    credited_at timestamptz, reference text, problem text
) language plpgsql security definer as $$
begin
    perform guard_forgetting_in_files(of_merchant, known, pseudonym);
    return query
        select l.file_id, l.line, l.kind, l.document, l.doubtful, l.centavos, l.credited_at,
            l.reference, l.problem
        from statement_lines as l
        where (l.document = told_document(known) or l.doubtful = told_document(known))
            and l.known_by is null and known is distinct from pseudonym
            and not exists (
                select from customers as c
                where c.document in (told_document(known), 'F:' || told_document(known))
            );
end $$;
-- `keys` are rows of file_id, line, known_by, credit_known_by.
create function forget_in_files(of_merchant bigint, known text, pseudonym text, keys jsonb)
returns void language plpgsql security definer as $$
declare
    told constant text := told_document(known);
begin
    perform guard_forgetting_in_files(of_merchant, known, pseudonym);
    update statement_lines as l set
        known_by = k.known_by, credit_known_by = k.credit_known_by
    from jsonb_to_recordset(keys) as k (
        file_id uuid, line integer, known_by text, credit_known_by text
    )
    where l.file_id = k.file_id and l.line = k.line and l.known_by is null
        and told in (l.document, l.doubtful);
    update erp_lines as l set document = pseudonym, customer_name = null, name = case
            when l.name ~ '[0-9]{11}' and position(told in l.name) > 0 then null else l.name
        end
    where l.document = told and l.merchant_id = of_merchant;
    update erp_lines as l set document = pseudonym, customer_name = null
    from sales as s
    where s.merchant_id = of_merchant and s.document = pseudonym
        and l.name in (s.sale_id, s.idempotency_key) and l.document like '%*%'
        and l.merchant_id = of_merchant;
    if not exists (select from customers as c where c.document in (told, 'F:' || told)) then
        update statement_lines as l set
            document = pseudonym, doubtful = null,
            -- Our own ids name nobody; whatever else the provider wrote may.
            reference = case when l.reference ~ '^[0-9a-fA-F-]{32,36}$' then l.reference end
        where l.document = told;
        update statement_lines as l set doubtful = null, reference = null where l.doubtful = told;
    end if;
end $$;

alter table files enable row level security;
select let_named_merchants('files', 'of_named_merchants', 'cashback_serving');
create policy of_all_merchants on files to cashback_worker using (true);
create policy of_the_account on files to cashback_platform using (merchant_id is null);
select protect_merchant_table('erp_lines');

grant select, insert on files to cashback_serving, cashback_worker, cashback_platform;
grant update (lines, centavos, gross_centavos, unreadable, unread, unsure_centavos,
        read_through, moved_at,
        completed_at, refused_at, refused_why)
    on files to cashback_serving, cashback_worker, cashback_platform;
grant update (cleared_at, emptied_at), delete on files to cashback_worker;
grant select, insert on erp_lines to cashback_serving, cashback_worker;
grant delete on erp_lines to cashback_worker;
grant select, insert on statement_lines to cashback_worker, cashback_platform;
grant delete on statement_lines to cashback_worker;

select close_functions();
grant execute on function statements_between to cashback_worker, cashback_platform;
grant execute on function lines_to_forget, forget_in_files to cashback_eraser;
