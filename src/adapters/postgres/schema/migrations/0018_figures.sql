-- Figures: what a day's events say by hour, type, store and client. Those of closed days are kept.

-- Keeps the figures of a day that is being closed: called once, by the transaction that closes it,
-- after its row is written.
create function keep_day_figures(of_merchant bigint, of_day date) returns void
language plpgsql as $$
begin
    return;
end $$;

select close_functions();
grant execute on function keep_day_figures to cashback_worker;
