-- What finance may ask in SQL: read-only views in a schema of their own, for logins whose merchants hang
-- on who they logged in as. `session_user` is what the server noted when the session began: neither
-- `set role` nor `set_config` moves it, and who is no superuser may not `set session authorization` to
-- another. The views belong to the owner of the tables, whom no policy binds: each says itself whose
-- rows it shows, and is a security barrier, so that no condition of a query sees another row, whatever it
-- costs, raises or tells. Nothing here names a person: documents and names are masked, and what is free
-- text (operators' reasons, notes, raw requests and answers) is not here at all.
--
-- Columns are cast to plain types: a reader of the binary protocol knows no domains of ours.

-- Of the cluster, as the roles of `0001_roles.sql` are; another database may make it at this very moment.
do $$
begin
    if to_regrole('cashback_reporting') is null then
        create role cashback_reporting nologin;
    end if;
exception when duplicate_object or unique_violation then
    null;
end $$;
do $$
begin
    if exists (
        select from pg_roles
        where rolname = 'cashback_reporting' and (rolsuper or rolbypassrls or rolcanlogin)
    ) then
        raise exception 'the role cashback_reporting would see more than its views';
    end if;
end $$;

-- Which merchants a login sees. Nobody's to change but the owner's (`./cashback reporting`).
create table reporting_logins (
    login text collate "C" not null check (login ~ '^[a-z][a-z0-9_]{0,62}$'),
    merchant_id bigint not null references merchants,
    created_at timestamptz not null default now(),
    primary key (login, merchant_id)
);

create schema reporting;

-- From when until when a merchant's days are of which zone: day_begins_at and day_ends_at, by test. Day D
-- is of the zone that holds on it, but for its beginning: that is where the day before ends.
create view reporting.zone_spans with (security_barrier) as
select z.merchant_id, z.zone, z.from_day,
    coalesce(
        z.from_day::timestamp at time zone lag(z.zone) over days, '-infinity'
    ) as begins_at,
    coalesce(
        lead(z.from_day) over days::timestamp at time zone z.zone, 'infinity'
    ) as ends_at
from day_zones as z
where z.merchant_id = any ((
    select array_agg(l.merchant_id) from reporting_logins as l where l.login = session_user
)::bigint[])
window days as (partition by z.merchant_id order by z.from_day);

create view reporting.merchants with (security_barrier) as
select m.merchant_id, m.slug, m.name, m.zone, m.rounding, m.created_at, m.disabled_at
from merchants as m
where m.merchant_id = any ((
    select array_agg(l.merchant_id) from reporting_logins as l where l.login = session_user
)::bigint[]);

create view reporting.product_types with (security_barrier) as
select t.merchant_id, t.type, t.name, t.created_at, t.used_at
from product_types as t
where t.merchant_id = any ((
    select array_agg(l.merchant_id) from reporting_logins as l where l.login = session_user
)::bigint[]);

create view reporting.rates with (security_barrier) as
select r.merchant_id, r.type, r.version, r.rate_bp, r.excluded, r.starts_at, r.created_at
from rates as r
where r.merchant_id = any ((
    select array_agg(l.merchant_id) from reporting_logins as l where l.login = session_user
)::bigint[]);

-- `customer_id` tells one customer from another, and tells nobody who it is.
create view reporting.customers with (security_barrier) as
select c.merchant_id, c.customer_id, masked_document(told_document(c.document)) as document,
    case when c.erased_at is null then left(c.name, 1) || '***' else 'erased' end as name,
    c.created_at, c.erased_at
from customers as c
where c.merchant_id = any ((
    select array_agg(l.merchant_id) from reporting_logins as l where l.login = session_user
)::bigint[]);

-- What an ERP wrote (a number, a store, an article), unless it holds the buyer's document, however it is
-- punctuated: as an erasure would find it (`pattern_of`). Digits are compared without a pattern, which
-- would cost each of a million rows its own.
create function without_buyer(told text, document text) returns text
language sql immutable return case
    when told is null or document is null then told
    when document ~ '^[0-9]+$' then
        case when position(document in regexp_replace(told, '[^0-9]', '', 'g')) > 0
            then '***' else told end
    when told ~* pattern_of(document, '{}') then '***'
    else told
end;

-- What is told of a sale, and of it alone. Of whoever sent it clients are told by
-- their id, people as `user`.
create view reporting.sales with (security_barrier) as
select s.merchant_id, s.cashback_id,
    without_buyer(s.sale_id, s.document) as sale_id,
    s.sold_at::timestamptz as sold_at, s.accepted_at::timestamptz as accepted_at,
    greatest((s.accepted_at at time zone d.zone)::date, d.from_day) as accepted_day,
    c.customer_id, masked_document(told_document(s.document)) as document,
    case when c.erased_at is null then left(s.name, 1) || '***' else 'erased' end as name,
    s.total_centavos::bigint as total_centavos, s.discount_centavos::bigint as discount_centavos,
    coalesce(s.surcharge_centavos, 0) as surcharge_centavos,
    coalesce(s.difference_centavos, 0)::bigint as difference_centavos,
    without_buyer(s.store, s.document) as store,
    without_buyer(s.till, s.document) as till,
    without_buyer(s.series, s.document) as series,
    -- Whose key it came by, as in figures; not the group that it came under.
    case when s.submitted_by like 'client:%' then s.submitted_by::text
        else split_part(s.submitted_by, ':', 1)
    end as client,
    s.nothing_due, s.confirm_later is true as confirm_later, s.same_content_as,
    s.rounding::text as rounding, s.payments
from sales as s
left join customers as c on c.merchant_id = s.merchant_id and c.document = s.document
left join reporting.zone_spans as d on d.merchant_id = s.merchant_id
    and s.accepted_at >= d.begins_at and s.accepted_at < d.ends_at
where s.merchant_id = any ((
    select array_agg(l.merchant_id) from reporting_logins as l where l.login = session_user
)::bigint[]);

create view reporting.sale_lines with (security_barrier) as
select l.merchant_id, l.cashback_id, l.position::integer as position, l.type,
    without_buyer(l.sku, s.document) as sku,
    l.qty_e4::numeric / 10000 as quantity, l.value_e10::numeric / 10000000000 as unit_value,
    l.amount_centavos::bigint as amount_centavos,
    l.discount_centavos::bigint as discount_centavos,
    coalesce(l.surcharge_centavos, 0) as surcharge_centavos,
    l.amount_centavos - l.discount_centavos + coalesce(l.surcharge_centavos, 0) as net_centavos,
    l.rate_bp::integer as rate_bp, l.rate_version, l.excluded is true as excluded,
    l.cashback_centavos::bigint as cashback_centavos
from sale_lines as l
-- Left out of a plan that needs no sku.
left join sales as s on s.merchant_id = l.merchant_id and s.cashback_id = l.cashback_id
where l.merchant_id = any ((
    select array_agg(o.merchant_id) from reporting_logins as o where o.login = session_user
)::bigint[]);

create view reporting.cashbacks with (security_barrier) as
select c.merchant_id, c.cashback_id, c.status::text as status, is_owed(c.status) as owed,
    c.cashback_centavos::bigint as cashback_centavos, c.attempt::integer as attempts,
    c.accepted_at, c.open_since_at, c.due_at, c.confirmed_at, c.applied_at, c.risk_accepted_at
from cashbacks as c
where c.merchant_id = any ((
    select array_agg(l.merchant_id) from reporting_logins as l where l.login = session_user
)::bigint[]);

-- Each move with what it does to what is owed, which is mostly nothing. `position` says which close holds
-- it. Of a machine's reason what stands before the particulars; an operator's is their own.
create view reporting.events with (security_barrier) as
select e.merchant_id, e.cashback_id, e.sequence::integer as sequence, e.at,
    greatest((e.at at time zone d.zone)::date, d.from_day) as day,
    e.actor, e.from_status, e.to_status, e.attempt::integer as attempt,
    case when e.actor <> 'operator' then split_part(e.reason, ': ', 1) end as reason,
    case when accrues(e.from_status, e.to_status) then c.cashback_centavos else 0 end::bigint
        as accrued_centavos,
    case when pays(e.from_status, e.to_status) then c.cashback_centavos else 0 end::bigint
        as paid_centavos,
    case when cancels(e.from_status, e.to_status) then c.cashback_centavos else 0 end::bigint
        as cancelled_centavos,
    case when takes_back(e.from_status, e.to_status) then c.cashback_centavos else 0 end::bigint
        as adjusted_centavos,
    e.position
from events as e
join cashbacks as c on c.merchant_id = e.merchant_id and c.cashback_id = e.cashback_id
left join reporting.zone_spans as d on d.merchant_id = e.merchant_id
    and e.at >= d.begins_at and e.at < d.ends_at
where e.merchant_id = any ((
    select array_agg(l.merchant_id) from reporting_logins as l where l.login = session_user
)::bigint[]);

create view reporting.attempts with (security_barrier) as
select a.merchant_id, a.cashback_id, a.attempt::integer as attempt, a.deliverer::text as deliverer,
    a.started_at, a.ended_at, greatest((a.started_at at time zone d.zone)::date, d.from_day) as day,
    a.result::text as result, a.phase::text as phase, split_part(a.reason, ': ', 1) as reason,
    a.status_code::integer as status_code, a.connected_s, a.sent_s, a.elapsed_s
from attempts as a
left join reporting.zone_spans as d on d.merchant_id = a.merchant_id
    and a.started_at >= d.begins_at and a.started_at < d.ends_at
where a.merchant_id = any ((
    select array_agg(l.merchant_id) from reporting_logins as l where l.login = session_user
)::bigint[]);

-- Closed days, with what was owed as they were signed; the document itself is what
-- `./cashback close export` sends.
create view reporting.closes with (security_barrier) as
select c.merchant_id, c.number, c.day, c.begins_at, c.ends_at, c.closed_at, c.below,
    c.lines, c.late, c.key_id, encode(c.hash, 'hex') as hash, encode(c.previous, 'hex') as previous,
    (l.liability #>> '{opening,centavos}')::bigint as opening_centavos,
    (l.liability #>> '{accrued,centavos}')::bigint as accrued_centavos,
    (l.liability #>> '{paid,centavos}')::bigint as paid_centavos,
    (l.liability #>> '{cancelled,centavos}')::bigint as cancelled_centavos,
    (l.liability #>> '{adjusted,centavos}')::bigint as adjusted_centavos,
    (l.liability #>> '{closing,centavos}')::bigint as closing_centavos
from closes as c
cross join lateral (
    select convert_from(c.document, 'UTF8')::jsonb #> '{close,liability}' as liability
) as l
where c.merchant_id = any ((
    select array_agg(l.merchant_id) from reporting_logins as l where l.login = session_user
)::bigint[]);

-- The bounds of each day since the merchant came, today's included, and whether it is closed.
create view reporting.days with (security_barrier) as
select d.merchant_id, day.day::date as day,
    case when day.day::date = d.from_day and d.begins_at > '-infinity' then d.begins_at
        else greatest(day.day at time zone d.zone, d.begins_at) end as begins_at,
    greatest((day.day + interval '1 day') at time zone d.zone, d.begins_at) as ends_at,
    exists (
        select from closes as c where c.merchant_id = d.merchant_id and c.day = day.day::date
    ) as closed
from reporting.zone_spans as d
join merchants as m on m.merchant_id = d.merchant_id
cross join lateral generate_series(
    greatest((m.created_at at time zone d.zone)::date, d.from_day)::timestamp,
    case when d.ends_at <= now() then (d.ends_at at time zone d.zone)::date - 1
        else greatest((now() at time zone d.zone)::date, d.from_day) end::timestamp,
    interval '1 day'
) as day (day)
where d.begins_at <= now();

select close_functions();

select protect_merchant_table('reporting_logins');
select audit_table('reporting_logins', 'reporting_logins', array['login']);

grant usage on schema reporting to cashback_reporting;
grant select on reporting.merchants, reporting.product_types, reporting.rates, reporting.customers,
    reporting.sales, reporting.sale_lines, reporting.cashbacks, reporting.events,
    reporting.attempts, reporting.closes, reporting.days to cashback_reporting;
-- What a view calls is called by whoever asks. All of them tell of their arguments, and of nothing else;
-- and none looks for a name, for whoever asks may not use the schema of the tables (`schema/everybody.py`).
grant execute on function masked_document, is_cnpj, told_document, without_buyer, pattern_of, is_pseudonym,
    is_owed, accrues, pays, cancels, takes_back to cashback_reporting;
