"""Bounded inflation: we ask for no compression, and take gzip and deflate where it is sent."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from adapters.cashback_client.statements.invalid_statement import InvalidStatementError

if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE_BYTES: Final = 16 * 1024
"""The most that is handed over at once."""

_GZIP: Final = 16 + zlib.MAX_WBITS


class Pieces:
    """A body's bytes in pieces of at most PIECE_BYTES, inflated no further than was asked for."""

    def __init__(self, encoding: str) -> None:
        """`encoding` is the Content-Encoding, "" for none.

        Raises InvalidStatementError for one not known.
        """
        self._encoding = encoding.strip().lower()
        if self._encoding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
            raise InvalidStatementError("its Content-Encoding is none that was asked for")
        self._inflater: zlib._Decompress | None = None

    def feed(self, raw: bytes) -> Iterator[bytes]:
        """What these bytes become; raises InvalidStatementError for what cannot be inflated."""
        if self._encoding in {"", "identity"}:
            for start in range(0, len(raw), PIECE_BYTES):
                yield raw[start : start + PIECE_BYTES]
            return
        while raw:
            inflater = self._inflater = self._inflater or self._begun(raw)
            try:
                piece = inflater.decompress(raw, PIECE_BYTES)
            except zlib.error as error:
                raise InvalidStatementError("it cannot be inflated") from error
            if piece:
                yield piece
            raw = inflater.unconsumed_tail
            if inflater.eof:  # gzip may go on with a further member
                raw, self._inflater = inflater.unused_data, None

    def close(self) -> None:
        """The body has ended; raises InvalidStatementError if its compression has not."""
        if self._inflater is not None:
            raise InvalidStatementError("its compression is cut off")

    def _begun(self, raw: bytes) -> zlib._Decompress:
        if self._encoding != "deflate":
            return zlib.decompressobj(_GZIP)
        # RFC 9110 means zlib's format; some send the bare stream, which starts otherwise.
        wrapped = raw[0] & 0x0F == zlib.DEFLATED
        return zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
