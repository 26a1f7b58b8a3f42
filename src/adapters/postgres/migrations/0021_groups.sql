-- Who may read only what its own sent reads by the group of API clients: a sale keeps the group that
-- it came under, and a client is in one group at a time. A group goes by the id of the client whose
-- own it was; everybody's own is the default, and is told by null, so that a sale that came under its
-- sender's own costs not a byte more, and what was recorded before there were groups is right as it
-- is: its group is the client that sent it.
alter table api_clients
    add column group_id text collate "C" check (group_id <> client_id),
    add foreign key (merchant_id, group_id) references api_clients;
grant update (group_id) on api_clients to cashback_serving, cashback_platform;

-- A subject, as `submitted_by` is: `client:` and the group's id.
alter table sales
    add column came_under text collate "C" check (
        came_under <> submitted_by and came_under ~ '^client:cli_'
        and char_length(came_under) <= 96 and came_under !~ '[^ -~]'
    );
-- Being partial it can never be taken for a foreign key check (see 0008).
create index sales_by_group on sales
    (merchant_id, (coalesce(came_under, submitted_by)), accepted_at desc)
    where submitted_by is not null;
drop index sales_by_submitter;

-- What was refused for a name that is another group's sale's stands in the same list.
alter table refused_equals
    add column outcome text collate "C" not null default 'refused'
        check (outcome in ('refused', 'collided'));

-- The second wall: a transaction that names a group in `cashback.reads_only` sees the sales that came
-- under it and nothing of others', whatever its query asks for. Where none is named, nothing changes.
-- Only what is read is judged: a new sale is not. Inside `case` it is a filter and nothing else, as
-- in 0013.
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

do $$
declare
    part text;
begin
    foreach part in array array['sale_lines', 'cashbacks', 'attempts', 'events'] loop
        execute format(
            'create policy of_the_group on %1$I as restrictive for select to cashback_serving using ('
            ' case'
            '  when (select nullif(current_setting(''cashback.reads_only'', true), '''')) is null'
            '   then true'
            '  else exists (select from sales as s where s.merchant_id = %1$I.merchant_id'
            '   and s.cashback_id = %1$I.cashback_id)'
            ' end)',
            part
        );
    end loop;
end $$;

select pin_search_paths();
