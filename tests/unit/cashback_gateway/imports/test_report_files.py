"""A report writes over nothing that somebody may still need, and is there however a run ends."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from cashback_gateway.imports.report import Report
from cashback_gateway.imports.report_file import BadReportError, report_file

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "line,column,sale_id,code,reason,received\n"


def write(path: Path, source: Path, *lines: str) -> None:
    with report_file(path, source=source) as file:
        Report(file)
        file.writelines(lines)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    file = tmp_path / "night.csv"
    file.write_text("sale_id\n1\n")
    return file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "night.csv.report.csv"


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def test_a_report_is_there_when_it_is_whole(source: Path, path: Path) -> None:
    with report_file(path, source=source) as file:
        Report(file)
        assert not path.exists()
    assert path.read_text() == HEADER
    assert path.stat().st_mode & 0o777 == 0o600
    assert names(path.parent) == ["night.csv", "night.csv.report.csv"]


def test_a_run_that_breaks_off_has_told_what_it_knew(source: Path, path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), report_file(path, source=source) as file:  # noqa: PT012
        Report(file)
        file.write("1,,,cut,,\n")
        raise KeyboardInterrupt
    assert path.read_text() == f"{HEADER}1,,,cut,,\n"


def test_what_an_earlier_report_tells_is_kept(source: Path, path: Path) -> None:
    write(path, source, "1\n")
    write(path, source, "2\n")
    write(path, source)
    write(path, source, "3\n")
    assert path.read_text() == f"{HEADER}3\n"
    assert (path.parent / "night.csv.report.1.csv").read_text() == f"{HEADER}1\n"
    assert (path.parent / "night.csv.report.2.csv").read_text() == f"{HEADER}2\n"
    assert len(names(path.parent)) == 4, "one that told nothing is not kept"


def test_it_is_never_the_file_itself_by_whatever_name(source: Path, path: Path) -> None:
    path.symlink_to(source)
    other = path.with_name("other")
    os.link(source, other)
    for name in (source, path, other, source.parent / "." / source.name):
        with pytest.raises(BadReportError, match="the file itself"):
            write(name, source)
    assert source.read_text() == "sale_id\n1\n"


def test_what_is_no_report_is_not_written_over(source: Path, path: Path) -> None:
    path.write_text("somebody's\n")
    with pytest.raises(BadReportError, match="no report"):
        write(path, source)
    with pytest.raises(BadReportError, match="no report"):
        write(path.parent, source)
    assert path.read_text() == "somebody's\n"


def test_one_that_cannot_be_written_is_told_before_anything(source: Path) -> None:
    with pytest.raises(BadReportError, match="cannot be written"):
        write(source.parent / "nowhere" / "x.csv", source)
