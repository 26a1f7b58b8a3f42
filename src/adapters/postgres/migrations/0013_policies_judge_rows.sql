-- A policy judges the rows that a query found, and never finds them itself. `merchant_id = any (...)`
-- could be taken for an index condition: then the planner, who thinks that a young table holds few
-- rows of a merchant, reads all of them by the policy instead of the asked ones by their keys, and a
-- group of sales cost as much as all sales before it. Inside `case` it can only be a filter, and one
-- that the planner expects many rows to pass (it guesses half; in truth all do, for every query names
-- its merchant, too).
create or replace function protect_merchant_table(protected regclass) returns void
language plpgsql as $$
begin
    execute format('alter table %s enable row level security', protected);
    execute format(
        'create policy of_named_merchants on %s to cashback_serving using (false)', protected
    );
    execute format(
        'create policy of_all_merchants on %s to cashback_worker using (true)', protected
    );
    perform judge_rows(protected, 'of_named_merchants');
end $$;

-- What is null or names nobody lets no row pass.
create function judge_rows(protected regclass, policy name) returns void language plpgsql as $$
begin
    execute format(
        'alter policy %I on %s using (case when merchant_id = any (('
        'select nullif(current_setting(''cashback.merchants'', true), '''')::bigint[]'
        ')::bigint[]) then true else false end)',
        policy, protected
    );
end $$;
revoke execute on function judge_rows from public;

select judge_rows(polrelid, polname) from pg_policy
where polname in ('of_named_merchants', 'of_named_merchants_for_erasure')
    and polrelid in (select oid from pg_class where relnamespace = current_schema()::regnamespace);
