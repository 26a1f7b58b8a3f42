from __future__ import annotations

from typing import Final

from footprint.memory import Reading, judged

HALF: Final = Reading(seconds=300.0, sales=300_000, mib={"API": 100.0, "worker": 80.0})


def test_what_stays_small_and_does_not_grow_meets_every_goal() -> None:
    last = Reading(seconds=600.0, sales=600_000, mib={"API": 103.0, "worker": 80.0})
    first = Reading(seconds=20.0, sales=20_000, mib={"API": 60.0, "worker": 60.0})
    assert all(met for met, _ in judged([first, HALF, last], 600.0))


def test_what_grows_between_half_time_and_the_end_is_missed() -> None:
    last = Reading(seconds=600.0, sales=600_000, mib={"API": 103.2, "worker": 80.0})
    missed = [words for met, words in judged([HALF, last], 600.0) if not met]
    assert missed == ["API: +3.2 MiB from 300 s to 600 s, 300000 sales (at most 3)"]


def test_what_is_large_is_missed_though_it_does_not_grow() -> None:
    large = Reading(seconds=300.0, sales=1, mib={"API": 130.1, "worker": 100.1})
    last = Reading(seconds=600.0, sales=2, mib=large.mib)
    missed = [words for met, words in judged([large, last], 600.0) if not met]
    assert [words.partition(":")[0] for words in missed] == ["API", "worker"]
