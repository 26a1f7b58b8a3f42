from __future__ import annotations

from regression.opcodes import opcodes


def test_instructions_are_the_same_on_every_run() -> None:
    first = opcodes()
    assert first == opcodes()
    assert all(1_000 < count < 100_000 for count in first.values())
