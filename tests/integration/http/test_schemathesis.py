"""Schemathesis against the running service, from the document that the service itself serves.

The document is spelt out first: a `default` would let any status pass, an open answer any field. It
walks whatever the document lists, with the tokens of several roles; a failure prints
the request as a curl command. The seed is fixed: the same code meets the same requests.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from contract.openapi_conformance import spelt_out
from integration.people import People, sign_in_people

if TYPE_CHECKING:
    from pathlib import Path

    from integration.running import Gateway


SEED: Final = 20_260_102
BUDGET_S: Final = {"admin": 16, "platform": 6, "operator": 6, "erp": 6}
OFF: Final = {
    "positive_data_acceptance": "no schema can say that a CPF has check digits, that lines add up"
    " to the total, or that an id was given out before",
}
"""Checks that make no sense here, and why."""
REFUSING: Final = (400, 401, 403, 404, 405, 406, 409, 413, 414, 415, 422, 428, 429, 431, 503)
"""What is wrong may be refused by these: what is too long is, before it is looked at, 414."""


@pytest.fixture(scope="module")
def gateway(own_gateway: Gateway) -> Gateway:
    """One of its own: whatever may be changed is changed, users and merchants included."""
    return own_gateway


@pytest.fixture(scope="module")
def people(gateway: Gateway) -> People:
    return sign_in_people(gateway)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("role", BUDGET_S)
def test_every_answer_is_as_documented(
    gateway: Gateway, people: People, role: str, tmp_path: Path
) -> None:
    served = gateway.request("GET", "/openapi.json", authorised=False).json
    # Each `wait` of the thirty seconds that may be waited would be all the time that there is.
    feed = served["paths"]["/api/changes"]["get"]
    feed["parameters"] = [p for p in feed["parameters"] if p.get("name") != "wait"]
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(spelt_out(served)), encoding="utf-8")
    settings = f"[checks.negative_data_rejection]\nexpected-statuses = {[*map(str, REFUSING)]}\n"
    (tmp_path / "schemathesis.toml").write_text(settings, encoding="utf-8")
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", str(document)),
        *("--url", gateway.base_url),
        *("--header", f"Authorization: {people.headers(2, role)['Authorization']}"),
        *("--checks", "all", "--exclude-checks", ",".join(OFF)),
        *("--seed", str(SEED), "--max-time", str(BUDGET_S[role]), "--workers", "1"),
        *("--request-timeout", "20", "--warnings", "off"),
    ]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-20_000:] + run.stderr[-5_000:]
