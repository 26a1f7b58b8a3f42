-- The provider's ledger as its statements tell it: every credit once, in one class of one owner, and
-- every change of that as a move with its instant.

-- What entered each class of an owner (a merchant; null: the account) and what left it, of the moves
-- with a position below `below` and an instant before `ends_at`, but for those with a position below
-- `from_position` and an instant before `begins_at`, which an earlier day holds.
create function provider_flows(
    of_merchant bigint, begins_at timestamptz, ends_at timestamptz, from_position bigint, below bigint
) returns table (
    class text, entered bigint, entered_centavos bigint, departed bigint, departed_centavos bigint
)
language sql stable as $$
    select null::text, 0::bigint, 0::bigint, 0::bigint, 0::bigint where false
$$;

select close_functions();
