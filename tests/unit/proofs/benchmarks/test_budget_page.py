from __future__ import annotations

import json

import pytest

from benchmarks.budget_page import Budget, Spent, Statement, page, picture, put_between, rooms_of

SITE = "/x/lib/python3.11/site-packages"
SRC = "/x/src"


def samples(*told: tuple[list[str], int]) -> str:
    return "\n".join(json.dumps({"stack": stack, "times": times}) for stack, times in told)


def test_a_sample_counts_for_the_innermost_room_on_its_stack() -> None:
    serve = [f"{SITE}/uvicorn/server.py", f"{SRC}/cashback_gateway/processes/serve.py"]
    reading = [
        f"{SRC}/cashback_core/sales/validation.py",
        f"{SRC}/adapters/http/sales/x.py",
        *serve,
    ]
    found = rooms_of(
        samples(
            (["/x/lib/python3.11/fractions.py", *reading], 3),
            ([f"{SITE}/psycopg/cursor.py", f"{SRC}/adapters/postgres/a.py", *serve], 5),
            (serve, 1),
            (["/x/lib/python3.11/asyncio/events.py"], 1),
        )
    )
    assert found == {
        "psycopg": 0.5,
        "core: the sale": 0.3,
        "HTTP server (uvicorn)": 0.1,
        "event loop": 0.1,
    }


def test_no_samples_are_no_rooms() -> None:
    assert rooms_of("") == {}


def budget(connections: int) -> Budget:
    return Budget(
        connections=connections,
        rate=1000.0,
        api=[Spent("psycopg", 300.0), Spent("core: the sale", 100.0)],
        postgres=[Spent("sessions of the gateway", 250.0)],
        others={"provider": 30.0},
        statements=[
            Statement(
                text="with a as (insert into sales select 1) select 2 for no key update of c",
                top=True,
                calls=0.07,
                exec_us=200.0,
            ),
            Statement(text="select '|`'", top=False, calls=8.0, exec_us=15.0),
        ],
        wal_bytes=4000.0,
        writes_in_a_transaction=30.0,
        others_share=0.02,
    )


def test_the_tables_tell_each_part_and_their_sum() -> None:
    text = page([budget(64), budget(1)])
    assert "| API: µs of CPU a sale | 64 connections | 1 connection |" in text
    assert "| psycopg | 300 | 300 |" in text
    assert "| **together** | **400** | **400** |" in text
    assert "(writes sales) | 0.07 | 200 |" in text
    assert r"| inside: `select '\|''` | 8.00 | 15 |" in text
    assert "| other programs' share of the machine | 2% | 2% |" in text


def test_the_picture_has_a_bar_for_each_and_a_legend() -> None:
    drawn = picture([budget(64), budget(1)])
    assert drawn.count("<svg") == 1
    assert "64 connections: 680 µs of CPU a sale" in drawn
    assert "PostgreSQL: sessions of the gateway: 250, 250" in drawn


def test_what_is_written_stands_between_its_marks_alone() -> None:
    document = "before\n<!-- a -->\nold\n<!-- end of a -->\nafter\n"
    written = put_between(document, "a", "new")
    assert written == "before\n<!-- a -->\nnew\n<!-- end of a -->\nafter\n"
    with pytest.raises(ValueError, match="no marks"):
        put_between(document, "b", "new")
