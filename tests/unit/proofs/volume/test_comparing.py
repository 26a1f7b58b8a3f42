"""What is not flat is told, and what is, is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from volume.comparing import SLACK, Watched, compared
from volume.plans import Done, PlanLog

if TYPE_CHECKING:
    from pathlib import Path


def scan(
    index: str | None, *, pages: int, searches: int = 1, table: str = "sales"
) -> dict[str, Any]:
    told = {"Relation Name": table, "Actual Rows": 1.0, "Actual Loops": 1.0}
    kind = {"Node Type": "Seq Scan"}
    if index is not None:
        kind = {"Node Type": "Index Scan", "Index Name": index}
        told["Index Searches"] = searches
    return {**kind, **told, "Shared Hit Blocks": pages, "Shared Read Blocks": 0}


def faults(short: dict[str, Any], long: dict[str, Any], *, text: str = "select") -> tuple[str, ...]:
    both = [
        {"task": Watched(statements=(Done(text=told, plan=plan),), entries={"sales": 4})}
        for told, plan in (("select", short), (text, long))
    ]
    (row,) = compared(*both)
    return row.faults


def test_one_page_more_for_each_way_down_is_flat_and_no_more_is() -> None:
    assert faults(scan("a", pages=30, searches=5), scan("a", pages=35 + SLACK)) == ()
    (fault,) = faults(scan("a", pages=30, searches=5), scan("a", pages=36 + SLACK))
    assert "30 pages became" in fault


def test_another_index_is_a_fault_and_one_instead_of_a_whole_table_is_none() -> None:
    assert len(faults(scan("a", pages=3), scan("b", pages=3))) == 1
    assert faults(scan(None, pages=3), scan("b", pages=3)) == ()


def test_by_what_nothing_was_found_does_not_matter() -> None:
    nothing = {"Actual Rows": 0.0}
    assert faults(scan("a", pages=2) | nothing, scan("b", pages=2) | nothing) == ()


def test_a_growing_table_is_never_read_whole() -> None:
    assert len(faults(scan(None, pages=3), scan(None, pages=3))) == 1
    small = scan(None, pages=3, table="merchants")
    assert faults(small, small) == ()


def test_other_statements_are_a_fault() -> None:
    assert len(faults(scan("a", pages=3), scan("a", pages=3), text="other")) == 1


def test_entries_of_a_written_row_go_down_each_index() -> None:
    source = {"Node Type": "Result", "Actual Rows": 3.0, "Actual Loops": 1.0}
    plan = {
        "Node Type": "ModifyTable", "Operation": "Insert", "Relation Name": "sales",
        "Plans": [source], "Shared Hit Blocks": 9, "Shared Read Blocks": 1,
    }  # fmt: skip
    each = Watched(statements=(Done(text="insert", plan=plan),), entries={"sales": 4})
    assert (each.buffers, each.descents) == (10, 12)


def test_a_bitmap_is_the_index_that_it_is_made_of() -> None:
    inner = {"Node Type": "Bitmap Index Scan", "Index Name": "a", "Actual Loops": 1.0}
    bitmap = scan(None, pages=3) | {"Node Type": "Bitmap Heap Scan", "Plans": [inner]}
    assert Done(text="", plan=bitmap).ways == {"sales": {"a"}}
    assert Done(text="", plan=bitmap).shape == Done(text="", plan=scan("a", pages=3)).shape
    assert faults(bitmap, scan("a", pages=3)) == ()


def test_what_was_remembered_may_be_looked_up_each_time() -> None:
    inner = scan("a", pages=16, searches=4) | {"Actual Loops": 4.0}
    memo = {"Node Type": "Memoize", "Cache Hits": 6, "Plans": [inner]}
    short = memo | {"Shared Hit Blocks": 16, "Shared Read Blocks": 0}
    assert faults(short, scan("a", pages=50 + SLACK, searches=10)) == ()
    assert len(faults(short, scan("a", pages=51 + SLACK, searches=10))) == 1


def test_plans_are_read_from_where_the_log_was_left(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("what was before\n", encoding="utf-8")
    plans = PlanLog(log)
    with log.open("a", encoding="utf-8") as told:
        told.write(
            "2026-11-30 [1] LOG:  duration: 0.01 ms  plan:\n"
            '\t{\n\t  "Query Text": "select 1",\n\t  "Plan": {"Node Type": "Result"}\n\t}\n'
            "2026-11-30 [1] LOG:  something else\n"
        )
    assert [(done.text, done.shape) for done in plans.told()] == [("select 1", "Result")]
    assert plans.told() == []
