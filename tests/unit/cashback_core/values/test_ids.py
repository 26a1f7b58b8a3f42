"""Identifiers that sort by the time they were made."""

from __future__ import annotations

import time

from cashback_core.values.ids import new_id


def test_an_id_is_a_version_7_uuid() -> None:
    made = new_id()
    assert made.version == 7
    assert made.variant == "specified in RFC 4122"


def test_an_id_begins_with_its_millisecond() -> None:
    before = time.time_ns() // 1_000_000
    stamp = new_id().int >> 80
    after = time.time_ns() // 1_000_000
    assert before <= stamp <= after


def test_ids_differ() -> None:
    assert len({new_id() for _ in range(10_000)}) == 10_000
