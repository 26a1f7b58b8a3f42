-- Figures: what a day's events say by hour, type, store and client. Those of closed days are kept, and
-- never change; those of an open day are made of its events by the same functions.

-- A day whose figures are kept, how its merchant's cashbacks stood at its end, and what became of its
-- calls. It holds what its close holds: the events with a position below `below` and an instant before
-- its end, but for those of earlier days.
create table figure_days (
    merchant_id bigint not null references merchants,
    day date not null,
    zone text not null,
    begins_at timestamptz not null,
    ends_at timestamptz not null check (ends_at >= begins_at),
    below bigint not null,
    -- {status: [cashbacks, centavos]}
    standings jsonb not null check (jsonb_typeof(standings) = 'object'),
    -- {attempts, applied, failures: {reason: calls}, latency: {bucket: calls}}
    calls jsonb not null check (jsonb_typeof(calls) = 'object'),
    primary key (merchant_id, day)
);

-- The cube of a kept day, each row four times: of a whole day or of an hour, and of whole sales or of
-- their lines of one type (which do not add up: a sale may have two types). So a report of 100 days
-- reads some thousand rows, unless it asks by hour. A null measure is zero, and costs no byte.
create table day_figures (
    merchant_id bigint not null,
    day date not null,
    hour smallint check (hour between 0 and 23),
    type text collate "C",
    store text collate "C",
    client text collate "C",
    status text collate "C" not null,
    sales integer,
    not_due integer,
    recorded integer,
    accrued integer,
    paid integer,
    cancelled integer,
    adjusted integer,
    doubted integer,
    tried integer,
    accepted integer,
    total_centavos bigint,
    accrued_centavos bigint,
    paid_centavos bigint,
    cancelled_centavos bigint,
    adjusted_centavos bigint,
    doubted_centavos bigint,
    foreign key (merchant_id, day) references figure_days
);
create index day_figures_of_days on day_figures (merchant_id, day)
    where hour is null and type is null;
create index day_figures_of_types on day_figures (merchant_id, day)
    where hour is null and type is not null;
create index day_figures_of_hours on day_figures (merchant_id, day)
    where hour is not null and type is null;
create index day_figures_of_hours_and_types on day_figures (merchant_id, day)
    where hour is not null and type is not null;

select append_only('figure_days');
select append_only('day_figures');

-- Of 200,000 sums of a day's lines making each a numeric first is a sixth of the report.
create aggregate sum_of_centavos(bigint) (
    sfunc = int8pl, stype = bigint, combinefunc = int8pl, parallel = safe
);
revoke execute on function sum_of_centavos(bigint) from public;

-- The lowest id that is made at an instant or later (UUID version 7: milliseconds come first).
create function first_id_at(instant timestamptz) returns uuid
language sql immutable
return (
    lpad(to_hex(greatest(0, floor(extract(epoch from instant) * 1000))::bigint), 12, '0')
        || repeat('0', 20)
)::uuid;

-- The cube of a day by hour: of whole sales (`type` is null), of types, or of both.
create function figures_of_day(
    of_merchant bigint, of_zone text, begins_at timestamptz, ends_at timestamptz,
    from_position bigint, below bigint, whole boolean, typed boolean
) returns table (
    hour smallint, type text, store text, client text, status text,
    sales bigint, not_due bigint, recorded bigint, accrued bigint, paid bigint, cancelled bigint,
    adjusted bigint, doubted bigint, tried bigint, accepted bigint,
    total_centavos bigint, accrued_centavos bigint, paid_centavos bigint,
    cancelled_centavos bigint, adjusted_centavos bigint, doubted_centavos bigint
)
language plpgsql stable set plan_cache_mode = force_custom_plan set enable_seqscan = off
set enable_sort = off set enable_nestloop = off set jit = off
set work_mem = '64MB' as $$
declare
    -- A sale's id begins with the instant it was told at: those of the day are read as they lie.
    first_id constant uuid := first_id_at(begins_at);
    end_id constant uuid := first_id_at(ends_at);
begin
    return query
    with moved as materialized (
        select e.cashback_id, date_part('hour', e.at at time zone of_zone)::smallint as hour,
            e.from_status, e.to_status, e.attempt = 1 as is_first
        from day_events(of_merchant, begins_at, ends_at, from_position, below) as e
        where e.to_status <> 'sending'
    ),
    -- What was told before that day: few as a rule, and each looked for by its keys (`offset 0` lets no
    -- plan read a merchant's past instead).
    older as materialized (
        select distinct m.cashback_id from moved as m
        where m.cashback_id < first_id or m.cashback_id >= end_id
    ),
    about as materialized (
        select o.cashback_id, o.store, o.submitted_by::text as client,
            o.total_centavos::bigint as worth, c.cashback_centavos::bigint as earned
        from sales as o
        join cashbacks as c on c.merchant_id = o.merchant_id and c.cashback_id = o.cashback_id
        where o.merchant_id = of_merchant
            and o.cashback_id >= first_id and o.cashback_id < end_id
            and c.merchant_id = of_merchant
            and c.cashback_id >= first_id and c.cashback_id < end_id
        union all
        select d.cashback_id, s.store, s.submitted_by, s.total_centavos, c.cashback_centavos
        from older as d
        cross join lateral (
            select o.store, o.submitted_by, o.total_centavos from sales as o
            where o.merchant_id = of_merchant and o.cashback_id = d.cashback_id offset 0
        ) as s
        cross join lateral (
            select o.cashback_centavos from cashbacks as o
            where o.merchant_id = of_merchant and o.cashback_id = d.cashback_id offset 0
        ) as c
    ),
    types as (
        select l.cashback_id, l.type, sum_of_centavos(l.worth) as worth,
            sum_of_centavos(l.earned) as earned
        from (
            select o.cashback_id, o.type, o.cashback_centavos as earned,
                o.amount_centavos - o.discount_centavos + coalesce(o.surcharge_centavos, 0) as worth
            from sale_lines as o
            where o.merchant_id = of_merchant
                and o.cashback_id >= first_id and o.cashback_id < end_id
            union all
            select d.cashback_id, i.*
            from older as d
            cross join lateral (
                select o.type, o.cashback_centavos,
                    o.amount_centavos - o.discount_centavos + coalesce(o.surcharge_centavos, 0)
                from sale_lines as o
                where o.merchant_id = of_merchant and o.cashback_id = d.cashback_id offset 0
            ) as i
        ) as l
        where typed
        group by l.cashback_id, l.type
    ),
    -- Some thousand groups of moves alike are asked what they do to what is owed, not each move.
    alike as (
        select null::text as type, m.hour, a.store, a.client, m.from_status, m.to_status, m.is_first,
            count(*) as moves, sum_of_centavos(a.worth) as worth, sum_of_centavos(a.earned) as earned
        from moved as m join about as a on a.cashback_id = m.cashback_id
        where whole
        group by m.hour, a.store, a.client, m.from_status, m.to_status, m.is_first
        union all
        select t.type, m.hour, a.store, a.client, m.from_status, m.to_status, m.is_first,
            count(*), sum_of_centavos(t.worth), sum_of_centavos(t.earned)
        from types as t
        join about as a on a.cashback_id = t.cashback_id
        join moved as m on m.cashback_id = t.cashback_id
        group by t.type, m.hour, a.store, a.client, m.from_status, m.to_status, m.is_first
    ),
    told as (
        select g.*,
            g.from_status is null and g.to_status <> 'recorded' as is_sold,
            accrues(g.from_status, g.to_status) as accrues,
            pays(g.from_status, g.to_status) as pays,
            coalesce(cancels(g.from_status, g.to_status), false) as cancels,
            coalesce(takes_back(g.from_status, g.to_status), false) as takes_back,
            g.from_status = 'sending' and g.is_first as is_tried
        from alike as g
    )
    select p.hour, p.type, p.store, p.client, p.to_status,
        coalesce(sum_of_centavos(p.moves) filter (where p.is_sold), 0),
        coalesce(sum_of_centavos(p.moves) filter (where p.to_status = 'not_due'), 0),
        coalesce(sum_of_centavos(p.moves) filter (where p.to_status = 'recorded'), 0),
        coalesce(sum_of_centavos(p.moves) filter (where p.accrues), 0),
        coalesce(sum_of_centavos(p.moves) filter (where p.pays), 0),
        coalesce(sum_of_centavos(p.moves) filter (where p.cancels), 0),
        coalesce(sum_of_centavos(p.moves) filter (where p.takes_back), 0),
        coalesce(sum_of_centavos(p.moves) filter (where p.to_status = 'in_doubt'), 0),
        coalesce(sum_of_centavos(p.moves) filter (where p.is_tried), 0),
        coalesce(sum_of_centavos(p.moves) filter (where p.is_tried and p.to_status = 'applied'), 0),
        coalesce(sum_of_centavos(p.worth) filter (where p.is_sold), 0),
        coalesce(sum_of_centavos(p.earned) filter (where p.accrues), 0),
        coalesce(sum_of_centavos(p.earned) filter (where p.pays), 0),
        coalesce(sum_of_centavos(p.earned) filter (where p.cancels), 0),
        coalesce(sum_of_centavos(p.earned) filter (where p.takes_back), 0),
        coalesce(sum_of_centavos(p.earned) filter (where p.to_status = 'in_doubt'), 0)
    from told as p
    group by p.hour, p.type, p.store, p.client, p.to_status;
end $$;

-- How many cashbacks entered each status less those that left it, and their centavos, of a day's
-- events before an instant.
create function standings_moved(
    of_merchant bigint, begins_at timestamptz, ends_at timestamptz, from_position bigint, below bigint
) returns table (status text, cashbacks bigint, centavos bigint)
language plpgsql stable set plan_cache_mode = force_custom_plan set enable_seqscan = off
set enable_sort = off set enable_nestloop = off set jit = off
set work_mem = '64MB' as $$
declare
    first_id constant uuid := first_id_at(begins_at);
    end_id constant uuid := first_id_at(ends_at);
begin
    return query
    -- What only passed through a state is of no account: most went through three.
    with moved as materialized (
        select e.cashback_id, v.status, sum(v.moved) as moved
        from day_events(of_merchant, begins_at, ends_at, from_position, below) as e
        cross join lateral (values (e.to_status, 1), (e.from_status, -1)) as v (status, moved)
        where v.status is not null
        group by e.cashback_id, v.status
        having sum(v.moved) <> 0
    ),
    earned as (
        select o.cashback_id, o.cashback_centavos from cashbacks as o
        where o.merchant_id = of_merchant
            and o.cashback_id >= first_id and o.cashback_id < end_id
        union all
        select d.cashback_id, c.cashback_centavos
        from (
            select distinct m.cashback_id from moved as m
            where m.cashback_id < first_id or m.cashback_id >= end_id
        ) as d
        cross join lateral (
            select o.cashback_centavos from cashbacks as o
            where o.merchant_id = of_merchant and o.cashback_id = d.cashback_id offset 0
        ) as c
    )
    select m.status, sum(m.moved)::bigint, sum(m.moved * c.cashback_centavos)::bigint
    from moved as m join earned as c on c.cashback_id = m.cashback_id
    group by m.status;
end $$;

-- What a call that did not pay counts under: `cashback_core.figures.calls.failure_of`, by test.
create function call_failure(result text, status_code integer, reason text) returns text
language sql immutable
return result || ': ' || case
    when status_code is not null then 'status ' || status_code
    when reason ~ '^[a-z][a-z ,'']{0,59}$' then reason
    else 'another reason'
end;
create function latency_bucket(elapsed_s double precision) returns integer
language sql immutable
return case when elapsed_s <= 0.001 then 0
    else least(150, ceil(ln(elapsed_s / 0.001::double precision) / ln(1.1::double precision)))::integer
end;

-- What became of the calls that ended in a day. Of one whose deliverer was gone nothing more is told,
-- though an answer may have come late: what is kept does not hang on when it was asked.
create function calls_of_day(
    of_merchant bigint, begins_at timestamptz, ends_at timestamptz, from_position bigint, below bigint
) returns jsonb
language plpgsql stable set plan_cache_mode = force_custom_plan set enable_seqscan = off
set enable_sort = off set enable_nestloop = off set jit = off
set work_mem = '64MB' as $$
begin
    return (
        with ended as materialized (
            select e.to_status = 'applied' as is_applied,
                case
                    when e.to_status = 'applied' then null
                    when e.actor = 'reaper' or a.result is null then 'unknown: no answer'
                    else call_failure(a.result, a.status_code, a.reason)
                end as failure,
                case when e.actor <> 'reaper' and a.status_code is not null
                    then latency_bucket(a.elapsed_s) end as bucket
            from day_events(of_merchant, begins_at, ends_at, from_position, below) as e
            cross join lateral (
                select o.result, o.status_code, o.reason, o.elapsed_s from attempts as o
                where o.merchant_id = of_merchant and o.cashback_id = e.cashback_id
                    and o.attempt = e.attempt
                offset 0
            ) as a
            where e.from_status = 'sending'
        ),
        grouped as (
            select d.is_applied, d.failure, d.bucket, count(*) as calls from ended as d
            group by d.is_applied, d.failure, d.bucket
        )
        select jsonb_build_object(
            'attempts', coalesce(sum(g.calls), 0),
            'applied', coalesce(sum(g.calls) filter (where g.is_applied), 0),
            'failures', (
                select coalesce(jsonb_object_agg(f.failure, f.calls), '{}')
                from (
                    select h.failure, sum(h.calls) as calls from grouped as h
                    where not h.is_applied group by h.failure
                ) as f
            ),
            'latency', (
                select coalesce(jsonb_object_agg(b.bucket, b.calls), '{}')
                from (
                    select h.bucket, sum(h.calls) as calls from grouped as h
                    where h.bucket is not null group by h.bucket
                ) as b
            )
        ) from grouped as g
    );
end $$;

-- Keeps the figures of a day that is being closed: called once, by the transaction that closes it,
-- before its row is written. All is made before the first row is, so that the transaction has no number
-- meanwhile: for a large day that takes half a minute, and no feed would go on.
create function keep_day_figures(
    of_merchant bigint, of_day date, begins_at timestamptz, ends_at timestamptz, below bigint
) returns void
language plpgsql as $$
declare
    of_zone constant text := day_zone(of_merchant, of_day);
    before figure_days;
    day_standings jsonb;
    day_calls jsonb;
begin
    select * into before
    from figure_days as f where f.merchant_id = of_merchant and f.day = of_day - 1;
    select coalesce(jsonb_object_agg(s.status, jsonb_build_array(s.cashbacks, s.centavos)), '{}')
    into day_standings
    from (
        select t.status, sum(t.cashbacks)::bigint as cashbacks, sum(t.centavos)::bigint as centavos
        from (
            select m.status, m.cashbacks, m.centavos
            from standings_moved(
                of_merchant, begins_at, ends_at, coalesce(before.below, 0), keep_day_figures.below
            ) as m
            union all
            select b.key, (b.value ->> 0)::bigint, (b.value ->> 1)::bigint
            from jsonb_each(before.standings) as b
        ) as t
        group by t.status
        having sum(t.cashbacks) <> 0 or sum(t.centavos) <> 0
    ) as s;
    day_calls := calls_of_day(
        of_merchant, begins_at, ends_at, coalesce(before.below, 0), keep_day_figures.below
    );
    with made as materialized (
        select f.hour, f.type, f.store, f.client, f.status,
            nullif(sum(f.sales), 0) as sales, nullif(sum(f.not_due), 0) as not_due,
            nullif(sum(f.recorded), 0) as recorded, nullif(sum(f.accrued), 0) as accrued,
            nullif(sum(f.paid), 0) as paid, nullif(sum(f.cancelled), 0) as cancelled,
            nullif(sum(f.adjusted), 0) as adjusted, nullif(sum(f.doubted), 0) as doubted,
            nullif(sum(f.tried), 0) as tried, nullif(sum(f.accepted), 0) as accepted,
            nullif(sum(f.total_centavos), 0) as total_centavos,
            nullif(sum(f.accrued_centavos), 0) as accrued_centavos,
            nullif(sum(f.paid_centavos), 0) as paid_centavos,
            nullif(sum(f.cancelled_centavos), 0) as cancelled_centavos,
            nullif(sum(f.adjusted_centavos), 0) as adjusted_centavos,
            nullif(sum(f.doubted_centavos), 0) as doubted_centavos
        from figures_of_day(
            of_merchant, of_zone, begins_at, ends_at, coalesce(before.below, 0),
            keep_day_figures.below, true, true
        ) as f
        group by grouping sets (
            (f.type, f.store, f.client, f.status), (f.hour, f.type, f.store, f.client, f.status)
        )
        -- What moved nothing is left out, so that a report reads less.
        having sum(
            f.sales + f.not_due + f.recorded + f.accrued + f.paid + f.cancelled + f.adjusted
                + f.doubted + f.tried
        ) > 0
    ), kept as (
        insert into figure_days (
            merchant_id, day, zone, begins_at, ends_at, below, standings, calls
        )
        values (
            of_merchant, of_day, of_zone, keep_day_figures.begins_at, keep_day_figures.ends_at,
            keep_day_figures.below, day_standings, day_calls
        )
    )
    insert into day_figures (
        merchant_id, day, hour, type, store, client, status, sales, not_due, recorded, accrued,
        paid, cancelled, adjusted, doubted, tried, accepted, total_centavos, accrued_centavos,
        paid_centavos, cancelled_centavos, adjusted_centavos, doubted_centavos
    )
    select of_merchant, of_day, f.*
    from made as f
    order by f.hour nulls first, f.type nulls first;
end $$;

select close_functions();
select protect_merchant_table('figure_days');
select protect_merchant_table('day_figures');
grant select on figure_days, day_figures to cashback_serving;
grant select, insert on figure_days, day_figures to cashback_worker;
grant execute on function sum_of_centavos(bigint), figures_of_day, standings_moved, calls_of_day,
    call_failure, latency_bucket, first_id_at to cashback_serving, cashback_worker;
grant execute on function keep_day_figures to cashback_worker;
