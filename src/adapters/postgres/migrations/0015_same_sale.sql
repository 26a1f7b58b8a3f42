-- A sale's content is compared by value, in any order of its lines, and without the customer's name.
-- An instant that was told without an offset is equal by its UTC or by the wall clock that stood in
-- the request, so that is kept. What had the content of a recorded sale and was taken for another one
-- says of which; what was refused for it is listed.

alter table merchants add column equal_content text not null default 'sale_id'
    check (equal_content in ('sale_id', 'key', 'never'));
grant insert (equal_content), update (equal_content) on merchants to cashback_platform;
grant update (equal_content) on merchants to cashback_serving;

alter table sales
    add column sold_at_wall timestamp
        check (sold_at_wall >= '1999-12-30' and sold_at_wall < '2100-01-03'),
    add column same_content_as uuid check (same_content_as <> cashback_id),
    add foreign key (merchant_id, same_content_as) references sales;
-- Partial, so that it is never taken for a foreign key check (see 0002).
create index sales_of_equal_content on sales (merchant_id, accepted_at desc)
    where same_content_as is not null;

-- The content names of what is recorded, by their new layout (cashback_core.sales.content); of an erased
-- customer the document is gone, and with it the name. The old names stay: no new one looks like them.
insert into sale_names (merchant_id, kind, name, cashback_id)
select distinct on (s.merchant_id, made.name) s.merchant_id, 'content', made.name, s.cashback_id
from sales as s
cross join lateral (
    select encode(
        substring(sha256(convert_to(
            '2' || e'\n' || s.document || e'\n' || s.total_centavos || '-' || s.discount_centavos
                || e'\n' || string_agg(
                    l.value_centavos || '*' || l.qty_thousandths || '-' || l.discount_centavos
                        || case when l.sku is null then ' type ' else ' sku ' end
                        || char_length(coalesce(l.sku, l.type)) || ':' || coalesce(l.sku, l.type)
                        || e'\n',
                    '' order by (
                        l.value_centavos || '*' || l.qty_thousandths || '-' || l.discount_centavos
                            || case when l.sku is null then ' type ' else ' sku ' end
                            || char_length(coalesce(l.sku, l.type)) || ':'
                            || coalesce(l.sku, l.type)
                    ) collate "C"
                )
                || to_char(s.sold_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') || '+00:00',
            'UTF8'
        )) from 1 for 24),
        'base64'
    ) as name
    from sale_lines as l
    where l.merchant_id = s.merchant_id and l.cashback_id = s.cashback_id
) as made
where s.document !~ '^E'
order by s.merchant_id, made.name, s.accepted_at, s.cashback_id
on conflict do nothing;

create table refused_equals (
    merchant_id bigint not null,
    refusal_id uuid not null,
    at timestamptz not null default now(),
    -- The recorded sale that has the content.
    cashback_id uuid not null,
    idempotency_key text check (idempotency_key ~ '^[!-+\--~]{1,255}$'),
    sale_id text check (sale_id ~ '^[!-~]{1,64}$'),
    sold_at timestamptz not null check (sold_at >= '2000-01-01Z' and sold_at < '2100-01-01Z'),
    submitted_by text check (submitted_by ~ '^[ -~]{1,96}$'),
    foreign key (merchant_id, cashback_id) references sales
);
create index refused_equals_of_a_sale on refused_equals (merchant_id, cashback_id);
create index refused_equals_by_instant on refused_equals (merchant_id, at desc);
alter table refused_equals add primary key (merchant_id, refusal_id);

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
create trigger refused_equals_no_truncate before truncate on refused_equals
    for each statement execute function refuse_change();

select protect_merchant_table('refused_equals');
create policy of_named_merchants_for_erasure on refused_equals to cashback_eraser using (false);
select judge_rows('refused_equals', 'of_named_merchants_for_erasure');
grant select, insert on refused_equals to cashback_serving;
grant select on refused_equals to cashback_worker;
grant select, update (idempotency_key, sale_id) on refused_equals to cashback_eraser;
