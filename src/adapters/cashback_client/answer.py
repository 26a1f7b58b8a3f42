"""Reading one HTTP/1 answer from the bytes that arrive: no socket, no clock.

What matters for money is whether a status line arrived, so that is decided by one small
function over the raw bytes, `status_of`; the parser does headers and framing, and whatever it
finds broken afterwards never takes the status away.
"""

from __future__ import annotations

import re
from typing import Final

import httptools

from cashback_core.delivery.evidence import MAX_BODY_BYTES

MAX_HEAD_BYTES: Final = 32 * 1024
"""Most bytes of status line and headers, interim answers included."""

_STATUS_LINE: Final = re.compile(rb"(?:\r?\n)*HTTP/1\.[01] ([1-9][0-9]{2})(?: [^\r\n]*)?\r?\n")
_BLANK_LINE: Final = re.compile(rb"\r?\n\r?\n")


def status_of(head: bytes | bytearray) -> int | None:
    """The status code of the first final status line; None while no whole one has arrived.

    Interim answers (1xx, but for 101, after which no HTTP follows) are passed over.
    """
    position = 0
    while (line := _STATUS_LINE.match(head, position)) is not None:
        code = int(line.group(1))
        if not _is_interim(code):
            return code
        blank = _BLANK_LINE.search(head, line.start(1))
        if blank is None:
            return None
        position = blank.end()
    return None


class AnswerReader:
    """One answer, fed as it arrives, in pieces of any size.

    `ended` once nothing more is worth waiting for: the answer is `complete`, or it is broken and
    `fault` says how. `body` is raw, never inflated, at most MAX_BODY_BYTES of it.
    """

    __slots__ = (
        "_body",
        "_code",
        "_head",
        "_in_interim",
        "_keep_alive",
        "_parser",
        "_surplus",
        "complete",
        "fault",
        "headers",
    )

    def __init__(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.complete = False
        self.fault = ""
        self._body = bytearray()
        self._head: bytearray | None = bytearray()
        self._code: int | None = None
        self._in_interim = False
        self._keep_alive = False
        self._surplus = False
        self._parser = httptools.HttpResponseParser(self)

    @property
    def ended(self) -> bool:
        """Whether nothing more is worth waiting for."""
        return self.complete or self.fault != ""

    @property
    def status_code(self) -> int | None:
        """The final status, as soon as its whole line is there."""
        return self._code if self._head is None else status_of(self._head)

    @property
    def body(self) -> bytes:
        """What came of the raw body."""
        return bytes(self._body)

    @property
    def reusable(self) -> bool:
        """Whether the connection is in step: this answer is over and no byte came after it."""
        return self.complete and self._keep_alive and not self._surplus and not self.fault

    def header(self, name: bytes) -> str | None:
        """The first header of that name (lower case); None without one."""
        for key, value in self.headers:
            if key.lower() == name:
                return value.decode("latin-1").strip()
        return None

    def feed(self, data: bytes) -> bool:
        """Take the next bytes; whether the answer has ended."""
        if self.ended:
            self._surplus = True
            return True
        if self._head is not None:
            self._head += data
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as exc:
            self._broken(str(exc))
        if self._head is not None and len(self._head) > MAX_HEAD_BYTES:
            self.fault = self.fault or f"headers over {MAX_HEAD_BYTES} bytes"
        return self.ended

    def end(self) -> None:
        """The other side has said all it will: a body without a length ends here."""
        if self._head is None and not self.ended and not self._has_length():
            self.complete = True
        else:
            self.lose("closed by the provider")

    def lose(self, reason: str) -> None:
        """No more bytes will come, for this reason."""
        if self.ended:
            return
        if self._head is None:
            self.fault = f"body cut short: {reason}"
        elif self.status_code is not None:
            self.fault = f"headers cut short: {reason}"
        else:
            self.fault = reason

    def on_message_begin(self) -> None:
        """Parser: an answer begins; a second one was never asked for."""
        if self.complete:
            self._surplus = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """Parser: one header, as it came."""
        if not self._surplus:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Parser: the blank line; only now is the head over."""
        if self._surplus or self._head is None:
            return
        if _is_interim(self._parser.get_status_code()):
            self._in_interim = True
            return
        self._code = status_of(self._head)
        self._head = None
        self._keep_alive = self._parser.should_keep_alive()
        if self._code is None:
            self.fault = "no HTTP/1 status line"
        elif sum([len(name) + len(value) for name, value in self.headers]) > MAX_HEAD_BYTES:
            self.fault = f"headers over {MAX_HEAD_BYTES} bytes"

    def on_body(self, data: bytes) -> None:
        """Parser: a piece of the body, without chunk framing."""
        if self.complete:
            return  # a second answer's
        room = MAX_BODY_BYTES - len(self._body)
        self._body += data[:room]
        if len(data) > room:
            self.fault = self.fault or f"body over {MAX_BODY_BYTES} bytes"

    def on_message_complete(self) -> None:
        """Parser: the body is whole, or an interim answer is over."""
        if self._in_interim:
            self._in_interim = False
            self.headers.clear()
        elif not self._surplus:
            self.complete = not self.fault

    def _broken(self, detail: str) -> None:
        """What the parser refused: after the end it is only a reason to drop the connection."""
        if self.complete:
            self._surplus = True
        elif self._head is None:
            self.fault = self.fault or f"broken body: {detail}"
        elif self.status_code is None:
            self.fault = f"no HTTP/1 status line: {detail}"
        else:
            self.fault = f"broken headers: {detail}"

    def _has_length(self) -> bool:
        coding = self.header(b"transfer-encoding")
        if coding is not None:
            return "chunked" in coding.lower()
        return self.header(b"content-length") is not None


def _is_interim(code: int) -> bool:
    return 100 <= code < 200 and code != 101
