from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from cashback_core.delivery.brakes import (
    HELD,
    Ceilings,
    StandingBrakes,
    WaitsFor,
    intake,
    merchant_day,
)
from cashback_core.sales.effective_dates import BEGINNING, ChangeFault, ChangeRefused
from cashback_core.sales.programme import NewRate, Rate, next_rate

NOW = datetime(2026, 11, 29, 2, 30, tzinfo=UTC)
CENTAVOS = st.integers(1, 1_000)


@given(st.lists(CENTAVOS), st.integers(0, 3_000), st.booleans())
def test_what_passes_in_a_day_without_a_person_is_never_above_its_ceiling(
    sales: list[int],
    limit: int,
    stopped: bool,  # noqa: FBT001 (drawn)
) -> None:
    standing = StandingBrakes(ceilings=Ceilings(max_day_centavos=limit), merchant_stopped=stopped)
    passed = 0
    for centavos in sales:
        waits = intake(centavos, {"A"}, standing, passed)
        assert (waits in HELD) == (passed + centavos > limit)
        passed += 0 if waits in HELD else centavos
    assert passed <= limit


@given(CENTAVOS, st.integers(0, 1_000), st.sets(st.sampled_from("ABC"), min_size=1))
def test_ceilings_go_before_stops_and_nothing_due_waits_for_nothing(
    centavos: int, limit: int, types: set[str]
) -> None:
    standing = StandingBrakes(
        ceilings=Ceilings(max_cashback_centavos=limit), types_stopped=frozenset({"B"})
    )
    waits = intake(centavos, types, standing, 0)
    if centavos > limit:
        assert waits is WaitsFor.CASHBACK_CEILING
    else:
        assert waits is (WaitsFor.TYPE_STOPPED if "B" in types else None)
    assert intake(0, types, standing, 0) is None


def test_a_day_is_the_merchants_and_utcs_where_its_zone_is_unknown() -> None:
    assert merchant_day(NOW, "America/Sao_Paulo") == date(2026, 11, 28)
    assert merchant_day(NOW, "UTC") == date(2026, 11, 29)
    assert merchant_day(NOW, "Mars/Olympus") == date(2026, 11, 29)


@given(
    st.integers(0, 10_000), st.none() | st.integers(0, 10_000), st.none() | st.integers(0, 10_000)
)
def test_an_unusual_rate_is_said_twice(
    rate_bp: int, before: int | None, confirmed: int | None
) -> None:
    known = (
        [] if before is None else [Rate(type="A", rate_bp=before, version=1, starts_at=BEGINNING)]
    )
    later = datetime(2090, 1, 1, tzinfo=UTC)
    new = NewRate(rate_bp=rate_bp, starts_at=later, confirmed_bp=confirmed)
    made = next_rate(known, new, type="A", now=NOW)
    unusual = rate_bp > 2_000 or bool(before and rate_bp >= 10 * before)
    if confirmed == rate_bp or (confirmed is None and not unusual):
        assert isinstance(made, Rate)
    else:
        assert made == ChangeRefused(ChangeFault.UNCONFIRMED)
