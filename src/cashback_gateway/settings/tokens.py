"""The settings of tokens."""

from __future__ import annotations

from pathlib import Path

from cashback_gateway.settings import kinds
from cashback_gateway.settings.declaration import concern, required, setting
from cashback_gateway.settings.rules import at_most


@concern
class TokenSettings:
    """Tokens: the keys' files, and how long the two sorts live."""

    signing_key_file: Path = required(
        "CASHBACK_SIGNING_KEY_FILE", kinds.READABLE_FILE, blank=Path()
    )
    """The Ed25519 private key (PEM) that signs tokens; `run` makes one for local use."""
    verifying_key_files: tuple[Path, ...] = setting(
        "CASHBACK_VERIFYING_KEY_FILES", kinds.READABLE_FILES, default=()
    )
    """Further Ed25519 keys (PEM, public or private) whose tokens are good too: the next one
    before it signs, the last one until its tokens have ended.
    """
    access_s: int = setting(
        "CASHBACK_ACCESS_TOKEN_S",
        kinds.whole(10, kinds.DAY_S, of=" of seconds"),
        default=900,
        rule=at_most("CASHBACK_REFRESH_TOKEN_S"),
    )
    """How long an access token is good for."""
    refresh_s: int = setting(
        "CASHBACK_REFRESH_TOKEN_S", kinds.whole(10, kinds.YEAR_S, of=" of seconds"), default=86_400
    )
    """How long a refresh token is good for."""
