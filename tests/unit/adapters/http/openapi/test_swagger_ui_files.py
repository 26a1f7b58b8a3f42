"""The vendored Swagger UI is the published one, to the byte, with what its licence asks for."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import adapters.http.openapi.page as docs

FOLDER = Path(docs.__file__).with_name("swagger_ui")


def test_every_file_is_what_its_sum_says() -> None:
    lines = (FOLDER / "SHA256SUMS").read_text(encoding="ascii").splitlines()
    sums = {name: told for told, name in (line.split("  ") for line in lines)}
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in FOLDER.iterdir()
        if path.name not in {"SHA256SUMS", "README.md"}
    }
    assert found == sums
    assert {"LICENSE", "NOTICE", "swagger-ui-bundle.js.LICENSE.txt"} < set(sums)


def test_what_cleans_html_in_it_is_without_the_known_holes() -> None:
    """DOMPurify 3.0.4, of July 2023, let markup through; 3.4.17 is the one of this bundle."""
    licences = (FOLDER / "swagger-ui-bundle.js.LICENSE.txt").read_text(encoding="utf-8")
    version = re.search(r"DOMPurify (\d+)\.(\d+)\.(\d+)", licences)
    assert version is not None
    assert tuple(int(part) for part in version.groups()) >= (3, 4, 17)


def test_what_the_page_serves_is_of_this_folder() -> None:
    assert all((FOLDER / name).is_file() for name in docs._ASSET_TYPES)
