"""The secrets of a deployment, each in a file: made at random, checked before anything starts.

Folders keep apart who may read what: `owner` is for the database and its migrations, `app` for the
processes that serve, `api` and `worker` for these alone. Files are 0600 in folders of 0700, so they
belong to whoever reads them: where containers do, to the one user that all of them read as
(docker-compose.yml).
"""

from __future__ import annotations

import os
import secrets
import stat
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from cashback_core.privacy.seals import new_erasure_key
from cashback_gateway.settings import kinds

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cashback_gateway.settings.kinds import SettingKind

DEMO_MARK: Final = ".made-for-the-demo"
PASSWORD_BYTES: Final = 24
LONGEST_SECRET: Final = 16_384


class SecretsRefusedError(Exception):
    """Secrets are missing or weak; the message has a line for each, and never the secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretFile:
    """One file: how it is made, and `why_not` tells what is wrong with it."""

    name: str
    make: Callable[[Path], None]
    why_not: Callable[[Path], str | None]


def _make_password(path: Path) -> None:
    """Readable for its owner alone from its first byte on."""
    _write_new(path, secrets.token_urlsafe(PASSWORD_BYTES))


def make_erasure_key(path: Path) -> None:
    """Make a key file that its owner alone can read; raises FileExistsError rather than replace."""
    _write_new(path, new_erasure_key())


def _write_new(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


def _make_empty(path: Path) -> None:
    path.touch(mode=0o600, exist_ok=False)


def _why_not(kind: SettingKind[object], path: Path, *, may_be_empty: bool = False) -> str | None:
    text = _text(path)
    fits = (may_be_empty and not text) or kind.parse(text) is not None
    return None if fits else f"expected {kind.expected}"


_why_not_password: Final = partial(_why_not, kinds.STRONG_PASSWORD)


def _make_signing_key(path: Path) -> None:
    from adapters.credentials.signing_key import create_signing_key

    create_signing_key(path)


def _why_not_signing_key(path: Path) -> str | None:

    from adapters.credentials.signing_key import BadSigningKeyError, load_signing_key

    try:
        load_signing_key(path)
    except BadSigningKeyError:
        return "expected an unencrypted Ed25519 private key in PEM"
    return None


def _is_there(mark: Path) -> bool:
    try:
        return mark.exists()
    except PermissionError:  # nor can any secret beside it be read, which is said already
        return False


def _text(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        return file.read(LONGEST_SECRET).rstrip("\r\n")


FILES: Final = (
    SecretFile(
        name="owner/database_owner_password", make=_make_password, why_not=_why_not_password
    ),
    SecretFile(name="api/database_api_password", make=_make_password, why_not=_why_not_password),
    SecretFile(name="api/signing_key.pem", make=_make_signing_key, why_not=_why_not_signing_key),
    SecretFile(
        name="worker/database_worker_password", make=_make_password, why_not=_why_not_password
    ),
    SecretFile(name="worker/close_key.pem", make=_make_signing_key, why_not=_why_not_signing_key),
    SecretFile(
        name="app/erasure_key", make=make_erasure_key, why_not=partial(_why_not, kinds.ERASURE_KEY)
    ),
    SecretFile(
        name="app/provider_authorization",
        make=_make_empty,
        why_not=partial(_why_not, kinds.HEADER_VALUE, may_be_empty=True),
    ),
    SecretFile(
        name="app/provider_proxy_credentials",
        make=_make_empty,
        why_not=partial(_why_not, kinds.CREDENTIALS, may_be_empty=True),
    ),
    SecretFile(
        name="app/otlp_headers",
        make=_make_empty,
        why_not=partial(_why_not, kinds.OTLP_HEADERS, may_be_empty=True),
    ),
    SecretFile(name="monitoring/grafana_password", make=_make_password, why_not=_why_not_password),
)


def read_password(path: Path | None) -> str:
    """The password in a file. Raises SecretsRefusedError when it is missing or weak."""
    if path is None:
        raise SecretsRefusedError("no file is named for the password")
    try:
        why = _why_not_password(path)
    except OSError as error:
        why = error.strerror
    if why is not None:
        raise SecretsRefusedError(f"the password in {path} is refused: {why}")
    return _text(path)


def make_secrets(folder: Path, *, demo: bool = False, owner: int | None = None) -> list[str]:
    """Make what is missing, at random; the names of what was made.

    All of them, old ones too, are then private, and `owner`'s, a user's number, where it is given.
    With `demo`, new ones are marked as good for the demo alone. Raises OSError, PermissionError
    where they cannot be given away.
    """
    made: list[str] = []
    for secret in FILES:
        path = folder / secret.name
        if path.exists():
            continue
        # Not `parents`: folders on the way would be made as the umask says.
        for made_folder in (folder, path.parent):
            made_folder.mkdir(mode=0o700, exist_ok=True)
        if demo:
            (path.parent / DEMO_MARK).touch(mode=0o600)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        unfinished.unlink(missing_ok=True)
        secret.make(unfinished)
        unfinished.rename(path)
        made.append(secret.name)
    for secret in FILES:
        # Also what an earlier version left readable for everybody.
        _keep_private(folder / secret.name, owner)
    return made


def _keep_private(path: Path, owner: int | None) -> None:
    for each, mode in ((path.parent, 0o700), (path, 0o600)):
        found = each.stat()
        if stat.S_IMODE(found.st_mode) != mode:
            each.chmod(mode)
        if owner is not None and found.st_uid != owner:
            try:
                os.chown(each, owner, owner)
            except PermissionError as error:
                why = f"only root can give it to user {owner}: run this with sudo"
                raise PermissionError(error.errno, why, str(each)) from error


def check_secrets(folder: Path, *, demo: bool = False) -> None:
    """Raise SecretsRefusedError unless every secret is there and good enough.

    Those of a demo are refused anywhere else: whoever ran it has seen them.
    """
    wrong: list[str] = []
    for secret in FILES:
        path = folder / secret.name
        try:
            why = secret.why_not(path)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "is not a text"
        if why is not None:
            wrong.append(f"{secret.name}: {why}")
    marks = sorted({(folder / secret.name).parent / DEMO_MARK for secret in FILES})
    if not demo:
        wrong += [f"{mark.parent.name}: was made for the demo" for mark in marks if _is_there(mark)]
    if wrong:
        raise SecretsRefusedError("these secrets are refused:\n  " + "\n  ".join(wrong))
