-- One sale, one by one, as durably as the gateway records it: two transactions.
-- The statements of src/adapters/postgres/sales/acceptance.py and concluding.py for a group of one: the
-- same rows, constraints, indexes and triggers. What those read in between (the known customer's
-- name, the locked attempt) is left out, which only helps pgbench; written as one statement for
-- each table it was slower, so this is the harder measure.
--
-- From outside: merchant, key_prefix, and raw_body and answer, texts of the gateway's usual sizes.

\set key random(1, 1000000000000000000)
\set document random(10000000000, 99999999999)

begin;
-- pgbench has no variable of a uuid's size: the first statement makes the id and hands it on.
with taken as (
    insert into sale_names (merchant_id, kind, name, cashback_id)
    select :merchant, n.kind, n.name, made.id
    from (select benchmark_id() as id offset 0) as made,
        (values
            ('idempotency_key', :key_prefix || lpad(:key::text, 19, '0')),
            ('content', lpad(:key::text, 64, '0'))
        ) as n (kind, name)
    on conflict do nothing
    returning cashback_id
)
select cashback_id as id from taken limit 1 \gset
insert into customers (merchant_id, document, name)
values (:merchant, :document, 'Cliente de Teste')
on conflict do nothing;
with new_sale as (
    insert into sales (
        merchant_id, cashback_id, sale_id, idempotency_key, sold_at, document, name,
        total_centavos, discount_centavos, rounding, exact, raw_body, accepted_at
    ) values (
        :merchant, :id, null, :key_prefix || lpad(:key::text, 19, '0'),
        now() - interval '1 minute', :document, 'Cliente de Teste',
        9250, 0, 'half_even', '2.2875', :raw_body, now()
    )
), new_lines as (
    insert into sale_lines (
        merchant_id, cashback_id, position, type, value_e10, qty_e4, amount_centavos,
        discount_centavos, rate_bp, rate_version, exact, cashback_centavos
    ) values
        (:merchant, :id, 0, 'A', 100000000000, 20000, 2000, 0, 500, 1, '1.00', 100),
        (:merchant, :id, 1, 'B', 662500000000, 10000, 6625, 0, 100, 1, '0.6625', 66),
        (:merchant, :id, 2, 'D', 125000000000, 5000, 625, 0, 1000, 1, '0.625', 63)
), new_cashback as (
    insert into cashbacks (
        merchant_id, cashback_id, status, version, attempt, cashback_centavos,
        accepted_at, open_since_at, due_at, lease_until_at
    ) values (
        :merchant, :id, 'sending', 2, 1, 229, now(), now(), null, now() + interval '30 seconds'
    )
), new_events as (
    insert into events (
        merchant_id, cashback_id, sequence, at, actor, from_status, to_status, attempt, reason
    ) values
        (:merchant, :id, 1, now(), 'api', null, 'pending', 0, 'accepted'),
        (:merchant, :id, 2, now(), 'api', 'pending', 'sending', 1, 'first attempt')
)
insert into attempts (merchant_id, cashback_id, attempt, deliverer, started_at, lease_until_at)
values (:merchant, :id, 1, 'api', now(), now() + interval '30 seconds');
commit;

-- A transaction by itself.
with ended as (
    update attempts set
        ended_at = now(), result = 'applied', phase = 'status_seen', reason = 'status 201',
        status_code = 201, body = :answer, provider_id = 'NaN',
        provider_message = 'Cashback criado com sucesso!',
        provider_created_at = '2026-01-01T00:00:00Z',
        connected_s = 0.0001, sent_s = 0.0002, elapsed_s = 0.001
    where merchant_id = :merchant and cashback_id = :id and attempt = 1
), moved as (
    update cashbacks set
        status = 'applied', version = 3, due_at = null, lease_until_at = null, applied_at = now()
    where merchant_id = :merchant and cashback_id = :id and version = 2
)
insert into events (
    merchant_id, cashback_id, sequence, at, actor, from_status, to_status, attempt, reason
) values (:merchant, :id, 3, now(), 'api', 'sending', 'applied', 1, 'status 201');
