"""What the text of a setting must look like, and what is made of it."""

from __future__ import annotations

import ipaddress
import re
import ssl
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, Generic, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from cashback_core.privacy.seals import BadErasureKey, Seal
from cashback_core.webhooks.addresses import ANY_PRIVATE, Network

if TYPE_CHECKING:
    from collections.abc import Callable

T_co = TypeVar("T_co", covariant=True)

DAY_S: Final = 86_400
YEAR_S: Final = 366 * DAY_S

_MAX_DISKS = 8
_MAX_NETWORKS = 32
_MAX_OTLP_HEADERS = 32
_PLACEHOLDERS = ("changeme", "replaceme", "example", "password", "yoursecret", "yourtoken")
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")
_INTEGER = re.compile(r"[0-9]{1,9}")
_HOST_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_PASSWORD = re.compile(r"[\x21-\x7e]{16,200}")
_CREDENTIALS = re.compile(r"[\x21-\x39\x3b-\x7e]{1,255}:[\x21-\x7e]{1,1024}")
_OTLP_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}=[\x21-\x2b\x2d-\x7e]{0,4096}")
_HEADER_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,4094}[\x21-\x7e])?")
_REVISION = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ORIGIN = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingKind(Generic[T_co]):
    """What a text must look like. `parse` returns None for one that does not.

    A `secret` may come from a file and is shown nowhere; not `in_repr`: one may be hidden in it.
    """

    expected: str
    parse: Callable[[str], T_co | None]
    secret: bool = False
    in_repr: bool = True

    @property
    def shown(self) -> bool:
        """Whether a repr of the settings holds its value."""
        return self.in_repr and not self.secret


def seconds(low: float, high: float) -> SettingKind[float]:
    """Seconds in this range, with up to six decimals."""

    def parse(text: str) -> float | None:
        if not _NUMBER.fullmatch(text):
            return None
        number = float(text)
        return number if low <= number <= high else None

    return SettingKind(expected=f"seconds, from {low:.10g} to {high:.10g}", parse=parse)


def whole(low: int, high: int, *, of: str = "") -> SettingKind[int]:
    """A whole number in this range."""

    def parse(text: str) -> int | None:
        if not _INTEGER.fullmatch(text):
            return None
        number = int(text)
        return number if low <= number <= high else None

    return SettingKind(expected=f"a whole number{of} from {low} to {high}", parse=parse)


def _split(text: str, schemes: tuple[str, ...]) -> SplitResult | None:
    """Split a URL with one of the schemes, or None: urlsplit lets a bad port through until read."""
    if not text.isascii() or not text.isprintable() or " " in text:
        return None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in schemes and port != 0 else None


def _database_url(text: str) -> str | None:
    # Several hosts, divided by commas, are allowed, and none: psycopg then takes the socket that
    # ?host= names, or the default one.
    scheme, mark, rest = text.partition("://")
    address, slash, name = rest.partition("/")
    user, at, hosts = address.rpartition("@")
    for host in hosts.split(","):
        alone = f"{scheme}{mark}{user}{at}{host}{slash}{name}"
        parts = _split(alone, ("postgresql", "postgres"))
        if parts is None or not parts.path.strip("/"):
            return None
    return text


DATABASE_URL: Final = SettingKind(
    expected="postgresql://user:password@host:port/name", parse=_database_url, secret=True
)


def _provider_url(text: str) -> str | None:
    parts = _split(text, ("http", "https"))
    if parts is None or not parts.hostname or "@" in parts.netloc:
        return None
    return None if parts.query or parts.fragment else text.rstrip("/")


PROVIDER_URL: Final = SettingKind(
    expected="http(s)://host[:port][/base], no user, query or fragment", parse=_provider_url
)


def _proxy_url(text: str) -> str | None:
    parts = _split(text, ("http",))
    if parts is None or not parts.hostname or "@" in parts.netloc or parts.port is None:
        return None
    bare = not (parts.path.strip("/") or parts.query or parts.fragment)
    return text.rstrip("/") if bare else None


PROXY_URL: Final = SettingKind(
    expected="http://host:port, no user, path, query or fragment", parse=_proxy_url
)


def _host(text: str) -> str | None:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return text if _HOST_NAME.fullmatch(text) else None
    return text


HOST: Final = SettingKind(expected="an address or a host name", parse=_host)


def _is_placeholder(text: str) -> bool:
    """Tell what somebody wrote where a secret was to be put later."""
    letters = re.sub(r"[^a-z]", "", text.lower())
    return any(word in letters for word in _PLACEHOLDERS)


def _secret(pattern: re.Pattern[str], *, expected: str, different: int = 1) -> SettingKind[str]:
    def parse(text: str) -> str | None:
        fits = pattern.fullmatch(text) and len(set(text)) >= different
        return text if fits and not _is_placeholder(text) else None

    return SettingKind(expected=f"{expected}, and no placeholder", parse=parse, secret=True)


CREDENTIALS: Final = _secret(
    _CREDENTIALS, expected="user:password of printable ASCII characters without spaces"
)
HEADER_VALUE: Final = _secret(
    _HEADER_VALUE, expected="a header value of 1 to 4096 printable ASCII characters"
)
STRONG_PASSWORD: Final = _secret(
    _PASSWORD,
    expected="16 to 200 printable ASCII characters without spaces, 8 of them different",
    different=8,
)


def _erasure_key(text: str) -> Seal | None:
    try:
        return Seal.parse(text)
    except BadErasureKey:
        return None


ERASURE_KEY: Final = SettingKind(
    expected="64 hexadecimal digits, as `secrets make` writes them",
    parse=_erasure_key,
    secret=True,
)


def _readable_file(text: str) -> Path | None:
    path = Path(text)
    try:
        with path.open("rb"):
            return path
    except (OSError, ValueError):
        return None


READABLE_FILE: Final = SettingKind(
    expected="a file that this process can read", parse=_readable_file
)


def _readable_files(text: str) -> tuple[Path, ...] | None:
    paths = [_readable_file(part) for part in text.split(":")]
    return tuple(path for path in paths if path is not None) if None not in paths else None


READABLE_FILES: Final = SettingKind(
    expected="files that this process can read, separated by colons", parse=_readable_files
)


def _authorities_file(text: str) -> Path | None:
    """A file whose certificates OpenSSL takes: what cannot be trusted is told at the start."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=text)
    except (OSError, ValueError):
        return None
    return Path(text)


AUTHORITIES_FILE: Final = SettingKind(
    expected="a file with certificates (PEM) that this process can read", parse=_authorities_file
)


def _writable_file(text: str) -> Path | None:
    path = Path(text)
    try:
        return path if path.parent.is_dir() and not path.is_dir() else None
    except (OSError, ValueError):
        return None


WRITABLE_FILE: Final = SettingKind(
    expected="a file in a folder that is there", parse=_writable_file
)


def _otlp_url(text: str) -> str | None:
    parts = _split(text, ("http", "https"))
    return text.rstrip("/") if parts is not None and parts.hostname else None


OTLP_URL: Final = SettingKind(
    expected="http(s)://host[:port][/base]", parse=_otlp_url, in_repr=False
)


def _otlp_headers(text: str) -> tuple[tuple[str, str], ...] | None:
    """`name=value` by commas, each value percent-encoded, as OpenTelemetry's programs read them."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > _MAX_OTLP_HEADERS or not all(_OTLP_HEADER.fullmatch(part) for part in parts):
        return None
    pairs = [part.partition("=") for part in parts]
    return tuple((name.lower(), unquote(value)) for name, _, value in pairs)


OTLP_HEADERS: Final = SettingKind(
    expected="name=value by commas, each value percent-encoded", parse=_otlp_headers, secret=True
)


RATIO: Final = SettingKind(expected="a number from 0 to 1", parse=seconds(0, 1).parse)


def _folders(text: str) -> tuple[Path, ...] | None:
    paths = tuple(Path(part) for part in text.split(","))
    if len(paths) > _MAX_DISKS or not all(path.is_absolute() for path in paths):
        return None
    return paths


FOLDERS: Final = SettingKind(
    expected=f"one to {_MAX_DISKS} absolute paths with commas between them", parse=_folders
)


class LogFormat(StrEnum):
    """How a process writes its log."""

    TEXT = "text"
    JSON = "json"


BOOLEAN: Final = SettingKind(expected="true or false", parse={"true": True, "false": False}.get)
LOG_FORMAT: Final = SettingKind(
    expected="text or json", parse={each.value: each for each in LogFormat}.get
)


def _revision(text: str) -> str | None:
    return text if _REVISION.fullmatch(text) else None


REVISION: Final = SettingKind(
    expected="1 to 64 letters, digits, dots, hyphens and underscores", parse=_revision
)


def _networks(text: str) -> tuple[Network, ...] | None:
    """`true` is every private one; what is not the first address of its network is no network."""
    if text in {"true", "false"}:
        return ANY_PRIVATE if text == "true" else ()
    try:
        networks = tuple(ipaddress.ip_network(part.strip()) for part in text.split(","))
    except ValueError:
        return None
    return networks if len(networks) <= _MAX_NETWORKS else None


NETWORKS: Final = SettingKind(
    expected="networks such as 10.1.0.0/16 by commas, or true or false", parse=_networks
)


def _origins(text: str) -> frozenset[str] | None:
    origins = frozenset(text.split(","))
    return origins if all(_ORIGIN.fullmatch(origin) for origin in origins) else None


ORIGINS: Final = SettingKind(
    expected="origins as browsers send them, scheme://host[:port] in lower case, by commas",
    parse=_origins,
)
