"""A Java client is made of the document without a warning, and no name of it clashes.

Not compiled: what it needs comes from Maven's repositories. `make test-java-client` brings the
generator and runs this alone.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

from contract.openapi_conformance import SERVED

pytestmark = pytest.mark.java

ROOT: Final = Path(__file__).parents[3]
BENIGN: Final = (
    "OpenAPI 3.1 support is still in beta",
    "Failed to get the schema name: null",  # whenever a field is an object of a name
    "Ignoring complex example on request body",  # whenever a body's example is an object
    "Class (reserved word) cannot be used as model name",  # the field `class`: getPropertyClass
)
"""Warnings that are about the generator, or that no document with such a field is without."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of its sources, and what the generator said."""
    jars = list(ROOT.glob(".venv-java/lib/python*/site-packages/openapi_generator_cli/*.jar"))
    assert jars, "the Java generator is missing: make test-java-client brings it"
    folder = tmp_path_factory.mktemp("java")
    document = folder / "openapi.json"
    document.write_text(json.dumps(SERVED), encoding="utf-8")
    done = subprocess.run(
        [
            *("java", "-jar", jars[0], "generate", "--generator-name", "java"),
            *("--library", "native", "--input-spec", document, "--output", folder / "client"),
            # As docs/erp.md says: what is new must not stop a client that is old.
            "--additional-properties",
            "disallowAdditionalPropertiesIfNotPresent=false,enumUnknownDefaultCase=true",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5_000:]
    return folder / "client/src/main/java/org/openapitools/client", done.stdout


def test_the_generator_warns_of_nothing(made: tuple[Path, str]) -> None:
    warned = [line for line in made[1].splitlines() if " WARN " in line or " ERROR " in line]
    assert [line for line in warned if not any(benign in line for benign in BENIGN)] == []


def test_no_class_is_made_up_or_renamed(made: tuple[Path, str]) -> None:
    """None is Java's own, for no schema is (test_openapi.py)."""
    classes = {path.stem for path in (made[0] / "model").glob("*.java")}
    schemas = {name.lower() for name in SERVED["components"]["schemas"]}
    assert {name for name in classes if name.lower() not in schemas} == {"AbstractOpenApiSchema"}
    assert len({name.lower() for name in classes}) == len(classes)


def test_no_operation_is_renamed_and_no_field_has_an_accessor_of_object(
    made: tuple[Path, str],
) -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (made[0] / "api").glob("*.java"))
    called = set(re.findall(r"public [\w<>.]+ (\w+)\(.*throws ApiException", sources))
    wanted = {
        operation["operationId"]
        for operations in SERVED["paths"].values()
        for operation in operations.values()
    }
    assert wanted <= called
    models = "".join(p.read_text(encoding="utf-8") for p in (made[0] / "model").glob("*.java"))
    assert re.findall(r"public \S+ (getClass|notify|notifyAll|wait)\(", models) == []
    assert "UNKNOWN_DEFAULT_OPEN_API" in models


def test_every_enum_has_as_many_constants_as_values(made: tuple[Path, str]) -> None:
    """Two values that differ by a character alone would be one constant."""
    for name in ("ProblemCode", "ProblemErrorCode", "Status", "FindingClass"):
        text = (made[0] / "model" / f"{name}.java").read_text(encoding="utf-8")
        constants = re.findall(r"^  (\w+)\(\"", text, re.MULTILINE)
        assert len(constants) == len(set(constants))
        assert len(constants) == len(SERVED["components"]["schemas"][name]["enum"]) + 1
