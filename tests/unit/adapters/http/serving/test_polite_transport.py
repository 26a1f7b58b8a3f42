from __future__ import annotations

import asyncio
from typing import Any, cast

from adapters.http.serving.polite_transport import JOINED_BYTES, PoliteTransport


class Recorder:
    """A transport that only remembers."""

    def __init__(self) -> None:
        self.calls: list[bytes | str] = []
        self.closing = False

    def write(self, data: bytes) -> None:
        self.calls.append(data)

    def writelines(self, parts: list[bytes]) -> None:
        self.calls.extend(parts)

    def write_eof(self) -> None:
        self.calls.append("end")

    def resume_reading(self) -> None:
        pass

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        self.closing = True
        self.calls.append("close")


def polite(recorder: Recorder, *, is_sending: bool = False) -> PoliteTransport:
    loop = asyncio.get_running_loop()
    return PoliteTransport(cast("Any", recorder), loop, lambda: is_sending)


async def test_the_head_and_the_body_of_an_answer_leave_in_one_write() -> None:
    transport = polite(recorder := Recorder())
    transport.write(b"head, ")
    transport.write(b"body")
    await asyncio.sleep(0)
    transport.write(b"the next")
    await asyncio.sleep(0)
    assert recorder.calls == [b"head, body", b"the next"]


async def test_a_large_body_is_not_copied() -> None:
    transport = polite(recorder := Recorder())
    transport.write(b"head, ")
    transport.write(body := b"x" * (JOINED_BYTES + 1))
    await asyncio.sleep(0)
    assert recorder.calls == [b"head, ", body]
    assert recorder.calls[1] is body


async def test_what_was_written_leaves_before_the_end() -> None:
    transport = polite(recorder := Recorder())
    transport.write(b"answer")
    transport.close()
    await asyncio.sleep(0)
    assert recorder.calls == [b"answer", "close"]

    transport = polite(recorder := Recorder(), is_sending=True)
    transport.write(b"answer")
    transport.close()
    await asyncio.sleep(0)
    transport.write(b"another, after a refusal")
    await asyncio.sleep(0)
    assert recorder.calls == [b"answer", "end"]
    transport.lost()


async def test_nothing_is_written_to_a_connection_that_is_gone() -> None:
    transport = polite(recorder := Recorder())
    transport.write(b"answer")
    transport.lost()
    await asyncio.sleep(0)
    assert recorder.calls == []


async def test_nothing_is_written_to_a_connection_that_ends_meanwhile() -> None:
    transport = polite(recorder := Recorder())
    transport.write(b"answer")
    recorder.closing = True
    await asyncio.sleep(0)
    assert recorder.calls == []
