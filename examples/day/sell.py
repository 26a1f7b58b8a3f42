"""Sell the made-up day of this folder to a running gateway, and date its files.

    python3 examples/day/sell.py http://127.0.0.1:8000 http://127.0.0.1:8081

The two addresses are those that `./cashback run` prints: Swagger UI's and the provider's. It makes
a merchant `rede-sul` with an ERP's client by `./cashback` of the folder that it is called in, tells
the sandbox provider how to misbehave, sends the sales of sent.jsonl, and writes the files of this
folder to `day/`: what stands in them as 29 November 2026 is yesterday there, and the 30th today.
Once for each gateway; it needs nothing but Python.
"""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

HERE: Final = Path(__file__).parent
ZONE: Final = ZoneInfo("America/Sao_Paulo")
MERCHANT: Final = "rede-sul"
FORMS: Final = ("%d/%m/%Y", "%Y-%m-%d")
RATES_BP: Final = {"A": 500, "B": 100, "C": 800}
MISBEHAVES: Final = {
    "24681357928": "reset_after_apply",  # NF-1006 is credited, and nobody is told
    "13579246828": "reset_before_apply",  # NF-1007 is not, and nobody is told
    "86419753228": "refused_422",  # NF-1008 is refused
}
"""How the provider treats the orders of these customers, once each."""


def cashback(*words: str) -> str:
    """What the command line of this folder says."""
    done = subprocess.run(["./cashback", *words], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def post(url: str, body: object, token: str | None = None) -> Any:
    """Send JSON; the answer."""
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def add_merchant() -> tuple[str, str]:
    """Make the merchant; id and secret of its ERP."""
    cashback("merchants", "add", MERCHANT, "--name", "Rede Sul", "--zone", ZONE.key)
    for type_, rate_bp in RATES_BP.items():
        options = ("--merchant", MERCHANT, "--rate-bp", str(rate_bp))
        cashback("product-types", "add", type_, *options)
    told = cashback("clients", "add", "ERP", "--merchant", MERCHANT).split()
    return told[told.index("client") + 1], told[-1]


def days(today: datetime) -> dict[datetime, datetime]:
    """The days that the files and the page tell, and those that stand for them."""
    told = datetime(2026, 11, 30, tzinfo=ZONE)
    return {told + timedelta(days=n): today + timedelta(days=n) for n in (-41, -1, 0, 1)}


def dated(content: str, days_: dict[datetime, datetime]) -> str:
    """A text with other days in place of those that it tells."""
    # First to names of their own: one day's new date may be another's old one.
    for number, day in enumerate(days_):
        for form in FORMS:
            content = content.replace(day.strftime(form), f"<{number} {form}>")
    for number, day in enumerate(days_.values()):
        for form in FORMS:
            content = content.replace(f"<{number} {form}>", day.strftime(form))
    return content


def main(api: str, provider: str) -> None:
    """Make the merchant and the files, and sell."""
    today = datetime.now(ZONE)
    folder = Path("day")
    folder.mkdir(exist_ok=True)
    for file in sorted(HERE.iterdir()):
        if file.suffix in {".csv", ".toml", ".json", ".jsonl"}:
            content = file.read_bytes().decode("latin-1")
            (folder / file.name).write_bytes(dated(content, days(today)).encode("latin-1"))
    client_id, secret = add_merchant()
    token = post(f"{api}/api/token", {"client_id": client_id, "client_secret": secret})["access"]
    post(f"{provider}/behaviours", {"statement": "unavailable"})  # it comes as a file alone
    for document, behaviour in MISBEHAVES.items():
        directions = {"document": document, "behaviour": behaviour, "times": 1}
        post(f"{provider}/behaviours", directions)
    for line in (folder / "sent.jsonl").read_text("utf-8").splitlines():
        sale = json.loads(line)
        answer = post(f"{api}/api/cashbacks", sale, token)
        print(f"{answer['sale_id']}  {answer['cashback']:>6}  {answer['status']}")


if __name__ == "__main__":
    main(*(word.rstrip("/") for word in sys.argv[1:]))
