"""The receivers that docs/webhooks.md shows take what is signed, and nothing that was changed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

ROOT: Final = Path(__file__).parents[3]
MODULES: Final = ROOT / "tests" / "integration" / "clients" / "typescript" / "node_modules"
SECRET: Final = "whsec_" + "c2VjcmV0" * 5 + "c2U="  # of this test alone
BODY: Final = json.dumps({"type": "cashback.applied", "data": {"cashback": "1.40"}}).encode()

_RUNS_JS: Final = """
let handler, queued = 0, answered = 0;
const express = { raw: () => null };
const app = { post: (path, parser, handle) => { handler = handle; } };
const seen = () => false;
const queue = () => { queued += 1; };
%s
const headers = JSON.parse(process.env.HEADERS);
const response = { sendStatus: (status) => { answered = status; } };
handler({ body: Buffer.from(process.env.BODY), headers }, response);
if (queued !== 1 || answered !== 204) throw new Error("not taken");
try {
  handler({ body: Buffer.from(process.env.BODY.replace("1.40", "9.40")), headers }, response);
} catch (error) {
  console.log(error.constructor.name, queued);
}
"""


def shown(page: str, language: str) -> str:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    (block,) = re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    return str(block)


def signed() -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "webhook-id": "a.1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("a.1", now, BODY.decode()),
    }


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("webhooks.md", ("SECRET", "receive", "seen", "work_on")),
        ("webhooks.pt.md", ("SEGREDO", "receber", "ja_visto", "tratar")),
    ],
)
def test_the_receiver_in_python(page: str, names: tuple[str, str, str, str]) -> None:
    secret, receive, seen, work_on = names
    had: set[str] = set()
    done: list[Any] = []

    def work(type_: str, data: dict[str, Any]) -> None:
        done.append((type_, data["cashback"]))

    known: dict[str, Any] = {
        secret: SECRET,
        seen: had.__contains__,
        work_on: work,
    }
    exec(compile(shown(page, "python"), page, "exec"), known)  # noqa: S102 (our own page)
    headers = signed()
    with pytest.raises(WebhookVerificationError):
        known[receive](headers, BODY.replace(b"1.40", b"9.40"))
    assert done == []
    known[receive](headers, BODY)
    had.add(headers["webhook-id"])
    known[receive](headers, BODY)
    assert done == [("cashback.applied", "1.40")]


@pytest.mark.clients
def test_the_receiver_in_javascript(tmp_path: Path) -> None:
    node = shutil.which("node")
    assert node is not None
    (tmp_path / "node_modules").symlink_to(MODULES)
    (tmp_path / "receiver.mjs").write_text(_RUNS_JS % shown("webhooks.md", "js"), encoding="utf-8")
    told = {"SECRET": SECRET, "HEADERS": json.dumps(signed()), "BODY": BODY.decode()}
    done = subprocess.run(
        [node, "receiver.mjs"],
        cwd=tmp_path,
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "WebhookVerificationError 1"), done.stderr
