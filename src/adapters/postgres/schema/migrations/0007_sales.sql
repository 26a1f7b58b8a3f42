-- A sale never changes once it is recorded; the payment of its cashback does. So they are two
-- rows: `sales` with its lines is written once, `cashbacks` (the next migration) is narrow and moves
-- through its states. Written once but for one reason: the customer becomes nobody (see the erasure).

-- A document as the provider is told it, and tells it: a foreign one is stored behind "F:", so that no
-- two documents are stored alike (cashback_core.values.documents.store_document).
create function told_document(document text) returns text
language sql immutable as $$
    select case when document like 'F:%' then substr(document, 3) else document end
$$;

-- What stands where an erased customer's document stood; a CNPJ may begin with an E, too.
create function is_pseudonym(document text) returns boolean
language sql immutable as $$ select document ~ '^E[0-9a-f]{32}$' $$;

-- What a column of a sale may hold, as domains: a CHECK is read from its text, planned and compiled
-- anew by every statement that writes the table, a domain once in a session. (Measured in November
-- 2026, of a lone sale: 216 µs for the checks of the seven tables that it writes.) A table's own checks
-- are left to what compares columns.
--
-- A length and an odd character are looked for apart: `^[…]{1,255}$` takes 0.1 ms, these 1 µs.

-- A CPF, as most are; else a CNPJ, a foreign document or a pseudonym, which alone is that long.
create domain document as text collate "C" check (
    octet_length(value) = 11 and value !~ '[^0-9]'
    or value ~ '^([0-9A-Z]{12}[0-9]{2}|F:[0-9A-Z./-]{5,20}|E[0-9a-f]{32})$'
);
create domain person_name as text check (char_length(value) between 1 and 120);
create domain own_number as text collate "C"
    check (value !~ '[^!-~]' and char_length(value) between 1 and 64);
create domain own_key as text collate "C"
    check (value !~ '[^!-+\--~]' and char_length(value) between 1 and 255);
create domain subject as text collate "C"
    check (value !~ '[^ -~]' and char_length(value) between 1 and 96);
create domain centavos as bigint check (value between 0 and 9999999999);
-- Of a line, before what is taken off its sale.
create domain line_centavos as bigint check (value >= 0);
create domain instant as timestamptz
    check (value >= '2000-01-01Z' and value < '2100-01-01Z');
-- The wall clock of an instant that was told without an offset.
create domain wall_clock as timestamp check (value >= '1999-12-30' and value < '2100-01-03');
create domain rounding as text check (value in ('half_even', 'half_up', 'down'));
create domain request_body as bytea check (octet_length(value) <= 262144);
-- Unit value in reais x 10^10, quantity x 10^4: as many decimals as a fiscal document has.
create domain value_e10 as bigint check (value between 0 and 999999999900000000);
create domain qty_e4 as integer check (value between 1 and 999990000);
create domain basis_points as integer check (value between 0 and 10000);
create domain line_position as smallint check (value between 0 and 989);
create domain version_number as integer check (value > 0);

create table customers (
    merchant_id bigint not null references merchants,
    document document not null,
    -- By which the document was first known: whether two names are one person's is decided in one place,
    -- cashback_core.values.names, for an initial and a cut end make it no question of equal keys.
    name person_name not null,
    created_at timestamptz not null default now(),
    -- Paths name a customer by this id: they are logged, and a CPF must not be.
    customer_id uuid not null default gen_random_uuid(),
    version version_number not null default 1,
    updated_at timestamptz not null default now(),
    erased_at timestamptz,
    -- What an erased customer's document is known by, for a statement that tells of them later.
    sealed text collate "C",
    constraint customers_erased_are_nobody check (
        (erased_at is not null) = (char_length(document) = 33)
        and (erased_at is null or name = 'erased')
    ),
    constraint customers_sealed_when_erased
        check (sealed is null or erased_at is not null and is_sealed(sealed))
);
-- Partial, so that it is never taken for a foreign key check by document (see `sales`).
create unique index customers_by_id on customers (merchant_id, customer_id)
    where customer_id is not null;
alter table customers add primary key (merchant_id, document);
create index customers_by_seal on customers (sealed) where sealed is not null;

select protect_merchant_table('customers');
select let_named_merchants('customers', 'of_named_merchants_for_erasure', 'cashback_eraser');
grant select, insert, delete, update (name, version, updated_at) on customers to cashback_serving;
grant select, update (document, name, erased_at, version, sealed) on customers to cashback_eraser;
select audit_table('customers', 'customers', array['customer_id'],
    hidden => array['document', 'name'], untold => array['customer_id', 'sealed'],
    inserts => false);

create table sales (
    merchant_id bigint not null references merchants,
    cashback_id uuid not null,
    sale_id own_number,
    idempotency_key own_key,
    sold_at instant not null,
    -- Who bought; nobody has neither document nor name.
    document text collate "C",
    name person_name,
    -- Gifts and wholly discounted sales are worth nothing: they are recorded, and nothing is due.
    total_centavos centavos not null,
    discount_centavos centavos not null,
    rounding rounding not null,
    exact text not null,
    raw_body request_body not null,
    accepted_at instant not null,
    -- Who sent it: the subject of the token. Null for what no token sent.
    submitted_by subject,
    -- What was told without an offset is equal to another sale by its UTC or by this.
    sold_at_wall wall_clock,
    -- The recorded sale that has its content, when it was taken for another one.
    same_content_as uuid,
    -- Its CPF was known under another name.
    name_differs boolean not null default false,
    -- The group of API clients that it came under, a subject as `submitted_by` is: `client:` and the
    -- group's id. Everybody's own is the default, and is told by null, so that a sale that came under
    -- its sender's own costs not a byte more.
    came_under subject,
    -- What most sales do not tell is null, which costs no byte: no surcharge, no difference. What it may
    -- be is laid down in `told_amiss`, and no CHECK here: each is read and compiled anew for every
    -- statement that writes a sale, and those of what is seldom told cost a plain one most of all.
    surcharge_centavos bigint,
    -- What of the total the merchant's tolerance let pass.
    difference_centavos smallint,
    -- The rule that its cashback was calculated by; null: they do not earn.
    surcharge_earns boolean,
    -- Why nothing is due, where nothing is.
    nothing_due text collate "C",
    -- What it was paid with, as pairs of kind and centavos; that they add up is looked at with the sale.
    payments jsonb,
    -- Where it was made, as far as it was told.
    store text collate "C",
    till text collate "C",
    series text collate "C",
    -- The ERP's notes; an erasure takes them.
    cashier text,
    metadata jsonb,
    -- It earns once it is confirmed; null: at once.
    confirm_later boolean,
    -- The owners of those of its content names that are another sale's (cashback_core.sales.same_sale):
    -- its UTC's and its wall clock's, which may be two. Whoever tells one of these names later is
    -- compared with all that are linked to its owner.
    alike_to uuid,
    also_alike_to uuid,
    -- What its sale id says if it is the access key of a fiscal document.
    invoice_cnpj text collate "C",
    invoice_month text collate "C",
    invoice_series smallint,
    invoice_number integer,
    -- A customer and their sales change their document together, at the commit.
    foreign key (merchant_id, document) references customers deferrable initially immediate,
    constraint sales_are_another check (
        same_content_as <> cashback_id
        and came_under <> submitted_by and came_under ~ '^client:cli_'
    )
);
-- Lists are read newest first. Partial, all of them: see the key.
create index sales_by_acceptance on sales (merchant_id, accepted_at desc)
    where accepted_at is not null;
create index sales_by_sold_at on sales (merchant_id, sold_at) where sold_at is not null;
-- They are listed and counted, and few. Partial: see the key.
create index sales_of_equal_content on sales (merchant_id, accepted_at desc)
    where same_content_as is not null;
create index sales_of_other_names on sales (merchant_id, accepted_at desc) where name_differs;
-- Sales of tills whose clocks are ahead, which are few as long as somebody looks after them; a few
-- seconds are the difference of any two clocks.
create index sales_from_ahead on sales (accepted_at desc)
    where sold_at - accepted_at > interval '10 s';
-- What is told of a store, or of an issuer's documents, is looked for by it alone: partial, so that a
-- sale that tells neither pays for none.
create index sales_by_store on sales (merchant_id, store, accepted_at desc) where store is not null;
create index sales_by_invoice on sales (merchant_id, invoice_cnpj, invoice_number)
    where invoice_cnpj is not null;
create index sales_by_issuer on sales
    (merchant_id, invoice_cnpj, invoice_month, accepted_at desc) where invoice_cnpj is not null;
-- It does not lead with the merchant, so that it is never taken for the keys' work.
create index sales_alike on sales (alike_to) where alike_to is not null;
create index sales_also_alike on sales (also_alike_to) where also_alike_to is not null;
create index sales_by_document on sales (merchant_id, document, accepted_at desc)
    where document is not null;
-- The key comes last, by intent: while a table has no statistics every index that leads with the
-- merchant costs the planner the same, and of equals it takes the one made last. With another one
-- each foreign key check read a merchant's whole history (0.25 ms instead of 0.005). And where there are
-- some hundred rows the smallest index costs least: a session that planned its checks then read the
-- history for ever after (64 µs a check of 900 sales, six checks a sale). A partial index can never be
-- taken for such a check, so every other one that leads with the merchant is partial, if only on
-- what is always there and whoever uses it asks for.
alter table sales add primary key (merchant_id, cashback_id);
alter table sales add foreign key (merchant_id, same_content_as) references sales;
alter table sales add foreign key (merchant_id, alike_to) references sales;
alter table sales add foreign key (merchant_id, also_alike_to) references sales;
-- For whoever may read only what came under their group, which is of one merchant. Without it, so that
-- whoever hides the merchant from the planner reads by this index and by no other.
create index sales_by_group on sales (
    (case when came_under is null then submitted_by else came_under end), accepted_at desc
) where submitted_by is not null;

-- What is wrong with what most sales do not tell; null: nothing. Asked once for each sale that tells any
-- of it (see `sales_are_whole`). As in a CHECK what is null is not wrong.
create function told_amiss(s sales) returns text language plpgsql immutable as $$
begin
    return case
        when (
            s.surcharge_centavos between 1 and 9999999999
            and s.difference_centavos between -99 and 99 and s.difference_centavos <> 0
        ) is false then 'a surcharge or a difference'
        when (
            (
                s.nothing_due in ('company', 'foreign', 'nobody')
                or s.nothing_due
                    = case s.exact when '0.00' then 'earns_nothing' else 'rounds_to_zero' end
            )
            and (s.document is null) = (s.name is null)
            and (s.document is null) = (s.nothing_due is not distinct from 'nobody')
        ) is false then 'who bought, or why nothing is due'
        when (
            jsonb_typeof(s.payments) = 'array' and jsonb_array_length(s.payments) between 1 and 20
        ) is false then 'payments'
        when (
            s.store !~ '[^!-~]' and char_length(s.store) between 1 and 32
            and s.till !~ '[^!-~]' and char_length(s.till) between 1 and 32
            and s.series !~ '[^!-~]' and char_length(s.series) between 1 and 32
        ) is false then 'a place'
        when (
            char_length(s.cashier) between 1 and 64
            and jsonb_typeof(s.metadata) = 'object' and octet_length(s.metadata::text) <= 32768
        ) is false then 'a note'
        when (
            s.alike_to <> s.cashback_id and (
                s.also_alike_to is null
                or s.alike_to is not null and s.also_alike_to not in (s.alike_to, s.cashback_id)
            )
        ) is false then 'what it is alike to'
        when (
            num_nonnulls(s.invoice_cnpj, s.invoice_month, s.invoice_series, s.invoice_number)
                in (0, 4)
            and s.invoice_cnpj ~ '^[0-9A-Z]{12}[0-9]{2}$'
            and s.invoice_month ~ '^20[0-9]{2}-(0[1-9]|1[0-2])$'
            and s.invoice_series between 0 and 999 and s.invoice_number between 0 and 999999999
        ) is false then 'an access key'
    end;
end $$;

-- Whether centavos are a whole centavo beside value x quantity, whatever rounds it: below or above, or
-- the product itself. In integers wherever the product fits, as nearly always. A part of the plan of
-- whoever asks, with `return`: 0.02 µs a line instead of 2.
create function is_beside(value_e10 bigint, qty_e4 integer, centavos bigint) returns boolean
language sql immutable
return case when value_e10 <= 9223371036854775807 / qty_e4
    then centavos between value_e10 * qty_e4 / 1000000000000
        and (value_e10 * qty_e4 + 999999999999) / 1000000000000
    else abs(centavos * 1000000000000::numeric - value_e10::numeric * qty_e4) < 1000000000000
end;

-- The widest columns first: between others each line would pay for gaps.
create table sale_lines (
    merchant_id bigint not null,
    cashback_id uuid not null,
    value_e10 value_e10 not null,
    -- What counts: what the ERP told, or value x quantity rounded as the merchant laid down.
    amount_centavos line_centavos not null,
    discount_centavos line_centavos not null check (discount_centavos <= amount_centavos),
    cashback_centavos line_centavos not null,
    qty_e4 qty_e4 not null,
    rate_bp basis_points not null,
    rate_version integer not null,
    position line_position not null,
    type text collate "C" not null,
    exact text not null,
    sku own_number,
    -- Null is none, as most lines have, and costs no byte.
    surcharge_centavos bigint,
    -- By how much a told amount differs from the rounded one.
    difference_centavos smallint,
    -- Its type must not earn (see the rates).
    excluded boolean,
    primary key (merchant_id, cashback_id, position),
    foreign key (merchant_id, cashback_id) references sales
);
-- What a rate's version paid, latest first: ids tell when they were made. Partial, so that it is never
-- taken for the keys' work (see `sales`).
create index sale_lines_by_rate on sale_lines (merchant_id, type, rate_version, cashback_id)
    where rate_version > 0;

-- The names of a sale, for ever: its idempotency key, the ERP's own sale id, and its content, by value,
-- in any order of its lines, and without the customer's name (cashback_core.sales.content).
-- Whoever inserts a name first owns it, and that is the whole decision of "the same sale twice".
-- The sale itself is written after its names, in the same transaction.
create domain name_kind as text collate "C"
    check (value in ('idempotency_key', 'sale_id', 'content'));
create table sale_names (
    merchant_id bigint not null,
    kind name_kind not null,
    name text collate "C" not null,
    cashback_id uuid not null,
    foreign key (merchant_id, cashback_id) references sales deferrable initially deferred
);
-- When a sale is looked at whole or its customer is erased. It does not lead with the merchant, so
-- that it is never taken for a look-up by name (see `sales`).
create index sale_names_of_a_sale on sale_names (cashback_id);
alter table sale_names add primary key (merchant_id, kind, name);

-- What was refused because a recorded sale has its content, or for a name that is another group's
-- sale's.
create table refused_equals (
    merchant_id bigint not null,
    refusal_id uuid not null,
    at timestamptz not null default now(),
    -- The recorded sale.
    cashback_id uuid not null,
    idempotency_key text check (idempotency_key ~ '^[!-+\--~]{1,255}$'),
    sale_id text check (sale_id ~ '^[!-~]{1,64}$'),
    sold_at timestamptz not null check (sold_at >= '2000-01-01Z' and sold_at < '2100-01-01Z'),
    submitted_by text check (submitted_by ~ '^[ -~]{1,96}$'),
    outcome text collate "C" not null default 'refused' check (outcome in ('refused', 'collided')),
    foreign key (merchant_id, cashback_id) references sales
);
create index refused_equals_of_a_sale on refused_equals (merchant_id, cashback_id);
create index refused_equals_by_instant on refused_equals (merchant_id, at desc);
alter table refused_equals add primary key (merchant_id, refusal_id);

-- Sales that were refused because a clock is too far ahead: one row of a client, of whatever it sent
-- since `first_at` without a day between. Dropped when nothing came for a day (`PrivacyStore.retain`).
create table refused_clocks (
    merchant_id bigint not null references merchants,
    -- The subject of a token, or `none`.
    client text collate "C" not null check (client ~ '^[ -~]{1,96}$'),
    -- By how much the furthest of them was ahead, and when that was; forgotten after an hour.
    ahead_s double precision not null check (ahead_s > 0 and ahead_s < 'infinity'),
    ahead_at timestamptz not null,
    sales bigint not null check (sales > 0),
    first_at timestamptz not null,
    last_at timestamptz not null check (last_at >= first_at and last_at >= ahead_at),
    primary key (merchant_id, client)
)
with (fillfactor = 50);

-- The past is written once; an erasure takes away who it was.
create function guard_sale() returns trigger language plpgsql as $$
declare
    erasable constant text[] := array[
        'document', 'name', 'raw_body', 'sale_id', 'idempotency_key', 'cashier', 'metadata'
    ] || case when new.invoice_cnpj is null then array[
        'invoice_cnpj', 'invoice_month', 'invoice_series', 'invoice_number'
    ] end;
begin
    if tg_op = 'UPDATE' and current_user = 'cashback_eraser'
        and new.raw_body = ''
        and (
            (new.document, new.name) is not distinct from (old.document, old.name)
            or is_pseudonym(new.document) and new.name = 'erased'
        )
        and (
            new.cashier is not distinct from old.cashier
            and new.metadata is not distinct from old.metadata
            or num_nonnulls(new.cashier, new.metadata) = 0 and is_pseudonym(new.document)
        )
        -- What an access key says goes with the sale id that said it.
        and (
            new.sale_id is distinct from old.sale_id and new.invoice_cnpj is null
            or new.sale_id is not distinct from old.sale_id
                and new.invoice_cnpj is not distinct from old.invoice_cnpj
        )
        and (
            new.sale_id is not distinct from old.sale_id
            or is_sealed(new.sale_id) and tells_of(
                old.sale_id, old.document, names_being_erased(old.merchant_id, old.document)
            )
        )
        and (
            new.idempotency_key is not distinct from old.idempotency_key
            or is_sealed(new.idempotency_key) and tells_of(
                old.idempotency_key, old.document, names_being_erased(old.merchant_id, old.document)
            )
        )
        and to_jsonb(new) - erasable = to_jsonb(old) - erasable
    then
        return new;
    end if;
    raise exception 'sales is append-only' using errcode = 'integrity_constraint_violation';
end $$;
create trigger sales_append_only before update or delete on sales
    for each row execute function guard_sale();
select refuse_truncating('sales');
select append_only('sale_lines');

-- A recorded sale keeps its names: a name that is given back is a sale that is paid again. Only
-- what this very transaction took for a sale that it then refused may go; at the commit every name
-- has its sale (see the foreign key). As the owner, so that nobody can hide the sale from it by
-- naming other merchants in the middle of the statement.
create function guard_name_kept() returns trigger language plpgsql security definer as $$
begin
    if exists (
        select from sales as s
        where s.merchant_id = old.merchant_id and s.cashback_id = old.cashback_id
    ) then
        raise exception 'a recorded sale keeps its names'
            using errcode = 'integrity_constraint_violation', constraint = 'sale_names_stay';
    end if;
    return old;
end $$;
create trigger sale_names_stay before delete on sale_names
    for each row execute function guard_name_kept();

-- A name changes for two reasons: it tells who it was, or is a hash of it and more, of a customer who
-- is becoming nobody (whom `customers` knows no more while the sale still names them). Hashes of those
-- who became nobody before there was a key are sealed when it is asked for again. As whoever asks, who
-- must be the eraser.
create function guard_name_change() returns trigger language plpgsql as $$
begin
    if current_user = 'cashback_eraser'
        and to_jsonb(new) - 'name' = to_jsonb(old) - 'name'
        and (
            new.name ~ '^E[0-9a-f]{32}$'
            or is_sealed(new.name) and not (new.kind = 'content' and is_sealed(old.name))
        )
        and exists (
            select from sales as s
            where s.merchant_id = old.merchant_id and s.cashback_id = old.cashback_id
                and case
                    when new.kind = 'content' and is_pseudonym(s.document) then true
                    when new.kind = 'content' or tells_of(
                        old.name, s.document, names_being_erased(s.merchant_id, s.document)
                    )
                        then not exists (
                            select from customers as c
                            where c.merchant_id = s.merchant_id and c.document = s.document
                        )
                    else false
                end
        )
    then
        return new;
    end if;
    raise exception 'a recorded sale keeps its names'
        using errcode = 'integrity_constraint_violation', constraint = 'sale_names_stay';
end $$;
create trigger sale_names_change before update on sale_names
    for each row execute function guard_name_change();
select refuse_truncating('sale_names');

-- Append-only; but a key or a sale id that holds the document of a customer who is erased goes.
create function guard_refused_equal() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and current_user = 'cashback_eraser'
        and (new.idempotency_key is null or new.idempotency_key = old.idempotency_key)
        and (new.sale_id is null or new.sale_id = old.sale_id)
        and to_jsonb(new) - array['idempotency_key', 'sale_id']
            = to_jsonb(old) - array['idempotency_key', 'sale_id']
    then
        return new;
    end if;
    raise exception 'refused_equals is append-only' using errcode = 'integrity_constraint_violation';
end $$;
create trigger refused_equals_append_only before update or delete on refused_equals
    for each row execute function guard_refused_equal();
select refuse_truncating('refused_equals');

-- All lines of a sale come in one statement: they are numbered from 0 without a gap. So none is
-- added later, for which number 0 would have to come again. Without its difference the amount of each
-- is a whole centavo beside value x quantity, and what most lines do not tell is right. No CHECKs: see
-- `sales`.
create function lines_come_together() returns trigger language plpgsql as $$
declare
    wrong uuid;
    together boolean;
begin
    select a.cashback_id, count(*) = max(a.position) + 1 into wrong, together
    from added as a group by a.merchant_id, a.cashback_id
    having count(*) <> max(a.position) + 1 or not bool_and(
        is_beside(
            a.value_e10, a.qty_e4, a.amount_centavos - coalesce(a.difference_centavos, 0)
        )
        and (
            num_nonnulls(a.surcharge_centavos, a.difference_centavos, a.excluded) = 0
            or (
                a.surcharge_centavos between 1 and 9999999999
                and a.difference_centavos between -100 and 100 and a.difference_centavos <> 0
                and (a.excluded is null or a.excluded and a.rate_bp = 0)
            ) is not false
        )
    )
    limit 1;
    if together then
        raise exception 'a line of % has no amount that it can have, or tells what no line may', wrong
            using errcode = 'check_violation', constraint = 'sale_lines_told_right';
    elsif found then
        raise exception 'the lines of % do not come together, numbered from 0', wrong
            using errcode = 'integrity_constraint_violation', constraint = 'sale_lines_come_together';
    end if;
    return null;
end $$;
create trigger sale_lines_come_together after insert on sale_lines
    referencing new table as added for each statement execute function lines_come_together();

-- Once per statement, over all its lines: a batch pays for it once. A sale counts when it was made, or
-- when it was accepted if its till's clock was ahead (cashback_core.sales.effective_dates). What is used for the first time is
-- marked, in the order of its keys, and then everything is looked at anew, in a statement of its own:
-- whoever deletes it meanwhile either waits for the mark and finds it, or is seen here.
create function lines_follow_terms() returns trigger language plpgsql as $$
declare
    wrong text;
    first_use boolean;
    any_products boolean;
begin
    loop
        select
            min(l.type) filter (
                where r.rate_bp is distinct from l.rate_bp
                    or r.excluded is distinct from coalesce(l.excluded, false)
                    or r.starts_at > l.first_at
                    or exists (
                        select from rates as n
                        where n.merchant_id = l.merchant_id and n.type = l.type
                            and n.starts_at > r.starts_at and n.starts_at <= l.last_at
                    )
            ),
            bool_or(t.used_at is null), bool_or(l.any_products)
        into wrong, first_use, any_products
        from (
            select a.merchant_id, a.type, a.rate_version, a.rate_bp, a.excluded,
                bool_or(a.sku is not null) as any_products,
                min(least(s.sold_at, s.accepted_at)) as first_at,
                max(least(s.sold_at, s.accepted_at)) as last_at
            from added as a join sales as s using (merchant_id, cashback_id)
            group by a.merchant_id, a.type, a.rate_version, a.rate_bp, a.excluded
        ) as l
        left join rates as r
            on r.merchant_id = l.merchant_id and r.type = l.type and r.version = l.rate_version
        left join product_types as t on t.merchant_id = l.merchant_id and t.type = l.type;
        if wrong is not null then
            raise exception 'type % had another rate when the sale counts', wrong
                using errcode = '23C01', constraint = 'lines_follow_terms';
        end if;
        exit when first_use is not true;
        perform from product_types as t
        where t.used_at is null
            and (t.merchant_id, t.type) in (select a.merchant_id, a.type from added as a)
        order by t.merchant_id, t.type
        for no key update;
        update product_types as t set used_at = now()
        where t.used_at is null
            and (t.merchant_id, t.type) in (select a.merchant_id, a.type from added as a);
    end loop;
    if not any_products then
        return null;
    end if;
    loop
        select
            min(l.sku) filter (
                where l.type is distinct from (
                    select t.type from product_type_periods as t
                    where t.merchant_id = p.merchant_id and t.product_id = p.product_id
                        and t.starts_at <= l.counts_at
                    order by t.starts_at desc
                    limit 1
                )
            ),
            bool_or(p.used_at is null)
        into wrong, first_use
        from (
            select distinct a.merchant_id, a.sku, a.type,
                least(s.sold_at, s.accepted_at) as counts_at
            from added as a join sales as s using (merchant_id, cashback_id)
            where a.sku is not null
        ) as l
        left join products as p on p.merchant_id = l.merchant_id and p.sku = l.sku;
        if wrong is not null then
            raise exception 'product % was of another type when the sale counts', wrong
                using errcode = '23C01', constraint = 'lines_follow_terms';
        end if;
        exit when first_use is not true;
        perform from products as p
        where p.used_at is null
            and (p.merchant_id, p.sku) in (
                select a.merchant_id, a.sku from added as a where a.sku is not null
            )
        order by p.merchant_id, p.sku
        for no key update;
        update products as p set used_at = now()
        where p.used_at is null
            and (p.merchant_id, p.sku) in (
                select a.merchant_id, a.sku from added as a where a.sku is not null
            );
    end loop;
    return null;
end $$;
create trigger sale_lines_follow_terms after insert on sale_lines
    referencing new table as added for each statement execute function lines_follow_terms();

select close_functions();

select protect_merchant_table('sales');
select let_named_merchants('sales', 'of_named_merchants_for_erasure', 'cashback_eraser');
grant select, insert on sales to cashback_serving;
-- The guards ask as whoever changes something.
grant execute on function is_pseudonym, told_document
    to cashback_serving, cashback_worker, cashback_eraser;
grant execute on function is_beside to cashback_serving;
grant select on sales to cashback_worker;
grant select, update (
    document, name, raw_body, sale_id, idempotency_key, cashier, metadata, invoice_cnpj,
    invoice_month, invoice_series, invoice_number
) on sales to cashback_eraser;

select protect_merchant_table('sale_lines');
select let_named_merchants('sale_lines', 'of_named_merchants_for_erasure', 'cashback_eraser');
grant select, insert on sale_lines to cashback_serving;
grant select on sale_lines to cashback_worker, cashback_eraser;

-- A name is given back when its sale is refused in the same transaction.
select protect_merchant_table('sale_names');
select let_named_merchants('sale_names', 'of_named_merchants_for_erasure', 'cashback_eraser');
grant select, insert, delete on sale_names to cashback_serving;
grant select, update (name) on sale_names to cashback_eraser;

select protect_merchant_table('refused_equals');
select let_named_merchants('refused_equals', 'of_named_merchants_for_erasure', 'cashback_eraser');
grant select, insert on refused_equals to cashback_serving;
grant select on refused_equals to cashback_worker;
grant select, update (idempotency_key, sale_id) on refused_equals to cashback_eraser;

select protect_merchant_table('refused_clocks');
select let_named_merchants('refused_clocks', 'of_named_merchants_for_erasure', 'cashback_eraser');
grant select, insert, update (ahead_s, ahead_at, sales, first_at, last_at)
    on refused_clocks to cashback_serving;
grant select on refused_clocks to cashback_worker;
grant select, delete on refused_clocks to cashback_eraser;

-- The second wall between groups: a transaction that names one in `cashback.reads_only` sees the sales
-- that came under it and nothing of others', whatever its query asks for. Where none is named, nothing
-- changes. Only what is read is judged: a new sale is not. Inside `case` it is a filter and nothing
-- else (see `let_named_merchants`).
create policy of_the_group on sales as restrictive for select to cashback_serving using (
    case
        when (select nullif(current_setting('cashback.reads_only', true), '')) is null then true
        else coalesce(
            coalesce(came_under, submitted_by)
                = (select current_setting('cashback.reads_only', true)),
            false
        )
    end
);
