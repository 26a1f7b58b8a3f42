"""Files over HTTP: a merchant's days, the platform's statements, and who sees which."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import openpyxl
import pytest

from integration.people import sign_in_people
from integration.running import send

if TYPE_CHECKING:
    from collections.abc import Mapping

    from integration.people import People
    from integration.running import Gateway, Reply

CSV: Final = "text/csv"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DAY: Final = b"sale_id,total,customer.document\nNF-1,10.00,529.982.247-25\nNF-2,1O.00,\n"
STATEMENT: Final = b"document,cashback,at\n52998224725,1.40,2026-01-02T12:00:00Z\n"
WINDOW: Final = {"from": "2026-01-02T00:00:00Z", "complete_through": "2026-01-03T00:00:00Z"}


@pytest.fixture(scope="module")
def people(gateway: Gateway) -> People:
    return sign_in_people(gateway)


def bring(
    gateway: Gateway,
    path: str,
    content: bytes,
    headers: Mapping[str, str],
    *,
    media: str = CSV,
    **told: Any,
) -> Reply:
    address = f"{path}?{urlencode(told)}"
    return send(gateway.base_url, "POST", address, content, {**headers, "Content-Type": media})


def read(gateway: Gateway, path: str, headers: Mapping[str, str]) -> Reply:
    return send(gateway.base_url, "GET", path, None, headers)


def test_a_merchant_hands_in_a_day_and_is_told_line_by_line(
    gateway: Gateway, people: People
) -> None:
    operator = people.headers(1, "operator")
    first = bring(gateway, "/api/day-files", DAY, operator, day="2026-01-02", name="day.csv")
    assert first.status == 201, first.body
    kept = first.json
    assert (kept["state"], kept["lines"], kept["sum"]) == ("complete", 2, "10.00")
    assert (kept["unreadable"], kept["name"], kept["day"]) == (1, "day.csv", "2026-01-02")
    again = bring(gateway, "/api/day-files", DAY, operator, day="2026-01-02")
    assert (again.status, again.json["id"]) == (200, kept["id"])
    where = first.headers["location"]
    assert read(gateway, where, people.headers(1, "analyst")).json == kept
    other = bring(gateway, "/api/day-files", DAY + b"NF-3,2.00,\n", operator, day="2026-01-02")
    assert (other.status, other.json["counts"]) == (201, True)
    assert read(gateway, where, operator).json["counts"] is False
    back = bring(gateway, "/api/day-files", DAY, operator, day="2026-01-02")
    assert (back.status, back.json["counts"]) == (201, True), "the first again counts again"
    assert back.json["id"] not in {kept["id"], other.json["id"]}
    (line,) = read(gateway, f"{where}/lines", operator).json["items"]
    assert line == {"line": 3, "problem": "total: not an amount",
                    "name": "NF-2"}  # fmt: skip
    for role in ("admin", "operator"):
        assert read(gateway, where, people.headers(2, role)).status == 404
    others = read(gateway, "/api/files", people.headers(2, "admin")).json["items"]
    assert {kept["id"], other.json["id"], back.json["id"]}.isdisjoint(one["id"] for one in others)


def test_a_day_comes_as_a_spreadsheet_by_a_profile(gateway: Gateway, people: People) -> None:
    book = openpyxl.Workbook()
    told_by: Any = book.active
    told_by.append(["Nota", "Valor"])
    told_by.append(["NF-9", 12.5])
    content = io.BytesIO()
    book.save(content)
    profile = '[columns]\nsale_id = "Nota"\ntotal = "Valor"\n'
    told = {"day": "2026-01-03", "profile": profile, "count": 1, "sum": "12.50"}
    admin = people.headers(1, "admin")
    kept = bring(gateway, "/api/day-files", content.getvalue(), admin, media=XLSX, **told)
    assert (kept.status, kept.json["sum"]) == (201, "12.50")


def test_what_does_not_add_up_or_is_not_as_it_is_said_is_told(
    gateway: Gateway, people: People
) -> None:
    admin = people.headers(1, "admin")
    wrong = bring(gateway, "/api/day-files", DAY, admin, day="2026-01-02", count=3)
    assert (wrong.status, wrong.json["code"]) == (422, "file_refused")
    assert "2 lines, but 3 declared" in wrong.json["errors"][0]["detail"]
    misfit = bring(gateway, "/api/day-files", b"a,b\n1,2\n", admin, day="2026-01-02")
    assert (misfit.status, misfit.json["code"]) == (422, "file_refused")
    brazilian = {**admin, "Accept-Language": "pt-BR"}
    told = bring(gateway, "/api/day-files", DAY, brazilian, day="2026-02-30")
    assert (told.status, told.json["errors"][0]["pointer"]) == (422, "/day")
    nothing = bring(
        gateway, "/api/day-files", DAY, admin, media="application/pdf", day="2026-01-02"
    )
    assert nothing.status == 415
    head = {**admin, "Content-Type": CSV, "Content-Length": str(16_777_217)}
    path = "/api/day-files?day=2026-01-02"
    assert send(gateway.base_url, "POST", path, b"a", head).status == 413
    bomb = bring(gateway, "/api/day-files", b"PK" + b"\0" * 99, admin, media=XLSX, day="2026-01-02")
    assert (bomb.status, bomb.json["code"]) == (422, "file_refused")


def test_days_of_a_statement_are_of_its_zone_and_cover_less_where_none_is_told(
    gateway: Gateway, people: People
) -> None:
    platform = people.headers(1, "platform")

    def told(profile: str | None, since: str, through: str) -> tuple[int, Any, Any]:
        window = {"from": since, "complete_through": through}
        more: dict[str, Any] = window if profile is None else {"profile": profile, **window}
        kept = bring(gateway, "/api/statements", STATEMENT, platform, **more)
        return kept.status, kept.json.get("since"), kept.json.get("complete_through")

    zone = 'zone = "America/Sao_Paulo"'
    days = ("2026-01-02", "2026-01-04")
    assert told(zone, *days) == (201, "2026-01-02T03:00:00Z", "2026-01-04T03:00:00Z")
    assert told(None, *days) == (201, "2026-01-02T12:00:00Z", "2026-01-03T10:00:00Z")
    offsets = ("2026-01-02T00:00:00-03:00", "2026-01-04T00:00:00-03:00")
    assert told(None, *offsets) == (201, "2026-01-02T03:00:00Z", "2026-01-04T03:00:00Z")
    assert told(None, "2026-01-02", "2026-01-03")[0] == 422, "nothing that is sure is left"
    assert told(None, "2026-01-02", "x")[0] == 422


def test_a_statement_is_the_platforms(gateway: Gateway, people: People) -> None:
    platform = people.headers(1, "platform")
    kept = bring(gateway, "/api/statements", STATEMENT, platform, count=1, sum="1.40", **WINDOW)
    assert (kept.status, kept.json["sum"]) == (201, "1.40"), kept.body
    assert kept.json["declared_by"]
    where = kept.headers["location"]
    assert read(gateway, where, platform).status == 200
    assert read(gateway, where, people.headers(1, "admin")).status == 404
    listed = read(gateway, "/api/files", platform).json["items"]
    assert listed[0]["id"] == kept.json["id"], "the latest first"
    assert {one["day"] for one in listed} == {None}, "and no merchant's"
    slip = {**WINDOW, "from": "2016-01-02T00:00:00Z"}
    wide = bring(gateway, "/api/statements", STATEMENT, platform, **slip)
    assert (wide.status, wide.json["code"]) == (422, "file_refused")
    assert "declared for 3654 days" in wide.json["errors"][0]["detail"]
    admin = people.headers(1, "admin")
    assert bring(gateway, "/api/statements", STATEMENT, admin, **WINDOW).status == 403
    assert bring(gateway, "/api/day-files", DAY, platform, day="2026-01-02").status == 403
    without = bring(gateway, "/api/statements", STATEMENT, platform)
    assert [one["pointer"] for one in without.json["errors"]] == ["/from", "/complete_through"]
