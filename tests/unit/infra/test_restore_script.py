"""Which backup a restore begins with: the newest that ended before the instant, to the fraction."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "infra" / "postgres" / "restore.sh"


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    """Two copies that ended within one second; the first does not say so, but for its manifest."""
    for name in ("20261124T120000Z", "20261124T120000.700Z"):
        copy = tmp_path / "base" / name
        copy.mkdir(parents=True)
        (copy / "backup_manifest").touch()
    ended = datetime(2026, 11, 24, 12, 0, 1, 250_000, tzinfo=UTC).timestamp()
    os.utime(tmp_path / "base/20261124T120000Z/backup_manifest", (ended, ended))
    (tmp_path / "base/20261124T120000.700Z/ended_at").write_text("2026-11-24T12:00:01.750000000Z\n")
    return tmp_path


def look(backups: Path, *instant: str) -> subprocess.CompletedProcess[str]:
    """What a restore would take."""
    return subprocess.run(
        ["bash", str(SCRIPT), *instant],
        env={**os.environ, "BACKUPS": str(backups), "RESTORE_LOOKS_ONLY": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("instant", "taken"),
    [
        ("2026-11-24 12:00:01.3+00", "20261124T120000Z to 2026-11-24 12:00:01.300000+00"),
        ("2026-11-24 12:00:01.750001+00", "20261124T120000.700Z to 2026-11-24 12:00:01.750001+00"),
        ("2026-11-24T09:00:01.8-03:00", "20261124T120000.700Z to 2026-11-24 12:00:01.800000+00"),
        ("", "20261124T120000.700Z to the end of the log"),
    ],
)
def test_the_newest_copy_from_before_the_instant_is_taken(
    backups: Path, instant: str, taken: str
) -> None:
    found = look(backups, instant)
    assert found.stdout == f"restore: from {taken}\n", found.stderr


@pytest.mark.parametrize(
    ("instant", "why"),
    [
        ("2026-11-24 12:00:01.25+00", "no backup ended before 2026-11-24 12:00:01.250000+00"),
        ("2099-01-01 00:00:00+00", "is still to come"),
        ("soon", "invalid date"),
    ],
)
def test_an_instant_that_no_copy_reaches_is_refused(backups: Path, instant: str, why: str) -> None:
    found = look(backups, instant)
    assert found.returncode == 1
    assert why in found.stderr
