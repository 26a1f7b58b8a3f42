-- Whether two names are one person's is decided in one place, cashback_core.values.names, by the name that
-- a CPF was first known by: an initial and a cut end make it no question of equal keys. So customers
-- lose theirs. A merchant may take sales whose CPF is known under another name; they say so for ever.
alter table customers drop constraint customers_erased_are_nobody;
alter table customers add constraint customers_erased_are_nobody check (
    (erased_at is not null) = (document ~ '^E') and (erased_at is null or name = 'erased')
);
drop trigger audited on customers;
alter table customers drop column name_key;
select audit_table('customers', 'customers', array['customer_id'],
    hidden => array['document', 'name'], untold => array['customer_id'],
    inserts => false);

alter table merchants add column name_difference text not null default 'refuse'
    check (name_difference in ('refuse', 'note'));
grant insert (name_difference), update (name_difference) on merchants to cashback_platform;
grant update (name_difference) on merchants to cashback_serving;

alter table sales add column name_differs boolean not null default false;
-- They are listed and counted, and few.
create index sales_of_other_names on sales (merchant_id, accepted_at desc) where name_differs;

-- Gifts and wholly discounted sales are worth nothing: they are recorded, and nothing is due.
alter table sales drop constraint sales_total_centavos_check;
alter table sales add constraint sales_total_centavos_check
    check (total_centavos between 0 and 9999999999);
alter table sale_lines drop constraint sale_lines_value_centavos_check;
alter table sale_lines add constraint sale_lines_value_centavos_check
    check (value_centavos between 0 and 9999999999);
