from __future__ import annotations

import gc
import json
import os
import subprocess
import sys

import pytest

from regression.opcodes import instructions, opcodes


def test_each_instruction_is_counted_and_nothing_else() -> None:
    def turns(count: int) -> int:
        def act() -> None:
            for _ in range(count):
                pass

        return instructions(act)

    none, once, often = turns(0), turns(1), turns(1_001)
    assert once > none > 0
    assert often - none == 1_001 * (once - none)


def test_instructions_are_the_same_on_every_run() -> None:
    first = opcodes()
    assert first == opcodes()
    assert min(first.values()) > instructions(lambda: None)


def test_who_is_told_of_collected_garbage_is_not_counted() -> None:
    first = opcodes()
    before = gc.get_threshold()

    def told(phase: str, info: dict[str, int]) -> None:
        _ = phase, info

    gc.callbacks.append(told)
    gc.set_threshold(1, 1, 1)
    try:
        assert opcodes() == first
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(told)
    assert gc.isenabled()


@pytest.mark.parametrize("seed", ["0", "1"])
def test_instructions_are_the_same_in_another_process(seed: str) -> None:
    """As in `make regression`: no other test has run there, and sets have another order."""
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import json, regression.opcodes as o; print(json.dumps(o.opcodes()))",
        ],
        env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert json.loads(told.stdout) == opcodes()
