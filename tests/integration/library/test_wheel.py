"""The wheel is the library and nothing but the library, on every Python that is here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from cashback_core import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT: Final = Path(__file__).parents[3]
EXAMPLES: Final = ROOT / "tests" / "unit" / "cashback_core" / "sales" / "examples.json"
VERSIONS: Final = ("3.11", "3.12", "3.13", "3.14")

CLOSED_DAYS: Final = ROOT / "examples" / "closed_days"

RUN_EXAMPLES: Final = """
import json, sys
from datetime import datetime, timezone
sys.path.insert(0, sys.argv[1])
from cashback_core import (
    Programme, Rate, Rounding, SaleRules, calculate, format_centavos, parse_sale
)
ran = 0
for example in json.load(open(sys.argv[2], encoding="utf-8")):
    if "lines" not in example:
        continue
    since = datetime(2000, 1, 1, tzinfo=timezone.utc)
    rates = example["rates_bp"].items()
    rates = tuple(Rate(type=t, rate_bp=bp, version=1, starts_at=since) for t, bp in rates)
    by_mode = example["cashback"]
    for mode, told in (by_mode if isinstance(by_mode, dict) else {"half_even": by_mode}).items():
        document = {
            "sold_at": "2021-09-19 21:12:31",
            "customer": {"document": "793.365.124-04", "name": "JOSE"},
            "total": example["total"],
            "products": [dict(type=t, value=v, qty=q) for t, v, q in example["lines"]],
        }
        programme = Programme(rates, Rounding(mode))
        now = datetime(2022, 1, 1, tzinfo=timezone.utc)
        sale = parse_sale(document, rules=SaleRules(), now=now, programme=programme)
        assert sale.sold_at.hour == 0, sale
        earned = format_centavos(calculate(sale, programme).cashback_centavos)
        assert earned == told, (example, earned)
        ran += 1
from cashback_core.verify.__main__ import main
assert main([sys.argv[3], "--json"]) == 0
for use_case in ("intake.submission", "delivery.deliverer", "delivery.worker"):
    __import__(f"cashback_core.{use_case}")
print(json.dumps([list(sys.version_info[:2]), ran]))
"""


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """The output of a command that must succeed."""
    found = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, cwd=cwd
    )
    assert found.returncode == 0, f"{command[0]}: {found.stdout}{found.stderr}"
    return found.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout with what is installed, without any network."""
    target = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", target, cwd=ROOT)
    (built,) = target.iterdir()
    return built


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel holds."""
    target = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    return target


@pytest.fixture(scope="module")
def empty_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment in which nothing but the wheel was installed."""
    home = tmp_path_factory.mktemp("empty")
    run(sys.executable, "-m", "venv", "--without-pip", home)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    before = set(python.parent.iterdir())
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
    run(*pip, "install", "--no-index", "--no-deps", "--quiet", wheel)
    assert set(python.parent.iterdir()) == before, "the library has no script"
    installed = json.loads(run(*pip, "list", "--format", "json"))
    assert [distribution["name"] for distribution in installed] == ["cashback-core"]
    return python


def test_the_wheel_holds_the_library_alone(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"cashback_core"}
    assert "cashback_core/py.typed" in names
    assert not [name for name in names if "entry_points" in name or "/scripts/" in name]
    sources = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src" / "cashback_core").rglob("*.py")
    }
    assert {name for name in names if name.endswith(".py")} == sources


def test_the_wheel_depends_on_nothing(unpacked: Path) -> None:
    (metadata,) = unpacked.glob("*.dist-info/METADATA")
    told = Parser().parsestr(metadata.read_text(encoding="utf-8"))
    assert told["Name"] == "cashback-core"
    assert told["Requires-Python"] == ">=3.11"
    required = [need for need in told.get_all("Requires-Dist", []) if "extra ==" not in need]
    assert required == []
    assert told["Version"] == __version__
    assert str(told.get_payload()).startswith("# cashback-core")


def test_an_empty_environment_has_the_library_and_no_service(empty_python: Path) -> None:
    code = """
import importlib.util as u, sys
import cashback_core, cashback_core.intake.submission
assert u.find_spec("adapters") is None and u.find_spec("cashback_gateway") is None
foreign = {
    name for name, module in sys.modules.items()
    if "site-packages" in (getattr(module, "__file__", None) or "")
    and not name.startswith("cashback_core")
}
print(sorted(foreign), cashback_core.__file__)
"""
    told = run(empty_python, "-I", "-c", code)
    assert told.startswith("[] ")
    assert str(empty_python.parents[1]) in told


def test_strategies_without_hypothesis_say_what_is_missing(empty_python: Path) -> None:
    code = """
try:
    import cashback_core.testing.strategies
except ImportError as error:
    print(error)
"""
    assert "cashback-core[strategies]" in run(empty_python, "-I", "-c", code)


def test_a_type_checker_sees_the_librarys_types(empty_python: Path, tmp_path: Path) -> None:
    client = tmp_path / "client.py"
    client.write_text(
        "from cashback_core import Rounding, calculate\n"
        "reveal_type(calculate)\nreveal_type(Rounding.DOWN.value)\n",
        encoding="utf-8",
    )
    mypy = (sys.executable, "-m", "mypy", "--strict", "--python-executable", empty_python)
    told = run(*mypy, "--cache-dir", tmp_path / "cache", "--config-file", os.devnull, client)
    assert "cashback_core.sales.programme.Programme, *, rules:" in told
    assert ") -> cashback_core.sales.calculation.Cashback" in told


def candidates() -> Iterable[Path]:
    """Pythons that may be here: on the path, or kept by pyenv."""
    yield Path(sys.executable)
    for version in VERSIONS:
        found = shutil.which(f"python{version}")
        if found is not None:
            yield Path(found)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    for version in VERSIONS:
        yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python"))


def pythons() -> dict[str, Path]:
    """One working Python of each version."""
    found: dict[str, Path] = {}
    for python in candidates():
        ask = [str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        told = subprocess.run(ask, capture_output=True, text=True, check=False)
        version = told.stdout.strip()
        if told.returncode == 0 and version in VERSIONS:
            found.setdefault(version, python)
    return found


def test_the_library_runs_on_every_python_here(unpacked: Path) -> None:
    here = pythons()
    assert "{}.{}".format(*sys.version_info) in here
    for version, python in here.items():
        told = run(python, "-I", "-W", "error", "-c", RUN_EXAMPLES, unpacked, EXAMPLES, CLOSED_DAYS)
        major, minor = map(int, version.split("."))
        verified, _, ran = told.rstrip().rpartition("\n")
        assert json.loads(ran) == [[major, minor], 8]
        assert json.loads(verified)["verdict"] == "holds"


def test_closed_days_are_verified_by_the_wheel_alone(empty_python: Path, tmp_path: Path) -> None:
    key = "601a75e68da44319b67b6944fc8dae6e"
    stated = ("--key", key)
    told = run(empty_python, "-I", "-m", "cashback_core.verify", CLOSED_DAYS, *stated, cwd=tmp_path)
    page = (ROOT / "docs" / "close.md").read_text(encoding="utf-8")
    assert f"$ python -m cashback_core.verify examples/closed_days --key {key}\n{told}```" in page
