"""Names of time zones: the IANA database's, and not what else lies on a machine."""

from __future__ import annotations

import re
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo

import pytest

from cashback_core.values.zones import is_zone_name


@pytest.mark.parametrize(
    "name",
    [
        "America/Sao_Paulo",
        "America/Manaus",
        "Brazil/East",
        "UTC",
        "Etc/GMT+3",
        "America/Argentina/Ushuaia",
    ],
)
def test_zones_and_links_are_taken(name: str) -> None:
    assert is_zone_name(name)
    ZoneInfo(name)


@pytest.mark.parametrize(
    "name",
    [
        "localtime", "Factory", "posixrules", "posix/America/Sao_Paulo", "right/America/Sao_Paulo",
        "posix/localtime", "SystemV/AST4", "america/sao_paulo", "America", "Mars/Olympus", "",
        " UTC", "UTC\n", "../America/Sao_Paulo", "/etc/localtime", "America//Sao_Paulo",
        "tzdata.zi",
        "zone.tab", "leapseconds",
        "<-03>3", "BRT3", "A" * 65, "America/S\u00e3o_Paulo", "+00",
    ],
)  # fmt: skip
def test_what_only_this_machine_has_is_not(name: str) -> None:
    assert not is_zone_name(name)


def test_every_name_is_one_of_the_database_and_the_other_way_round() -> None:
    sources = [Path(path) / "tzdata.zi" for path in TZPATH]
    source = next((path for path in sources if path.exists()), None)
    if source is None:
        pytest.skip("this machine has no source of its zones")
    text = source.read_text(encoding="ascii")
    listed = set(re.findall(r"^Z (\S+)", text, re.MULTILINE))
    listed |= set(re.findall(r"^L \S+ (\S+)", text, re.MULTILINE))
    assert {name for name in listed if is_zone_name(name)} == listed - {"Factory"}
