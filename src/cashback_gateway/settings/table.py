"""The one table of settings: each row's name, range, default and meaning.

`settings.py` reads the environment by these rows and `settings_page.py` prints them,
so what is documented, what is accepted and what is refused cannot drift apart.
"""

from __future__ import annotations

import ipaddress
import re
import ssl
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from cashback_core.privacy.sealing import BadErasureKey, Seal

if TYPE_CHECKING:
    from collections.abc import Callable

T_co = TypeVar("T_co", covariant=True)

_DAY_S = 86_400
_YEAR_S = 366 * _DAY_S
_MAX_DISKS = 8
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")
_INTEGER = re.compile(r"[0-9]{1,9}")
_HOST_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_PASSWORD = re.compile(r"[\x21-\x7e]{16,200}")
_PLACEHOLDERS = ("changeme", "replaceme", "example", "password", "yoursecret", "yourtoken")
_CREDENTIALS = re.compile(r"[\x21-\x39\x3b-\x7e]{1,255}:[\x21-\x7e]{1,1024}")
_OTLP_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}=[\x21-\x2b\x2d-\x7e]{0,4096}")
_MAX_OTLP_HEADERS = 32
_HEADER_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,4094}[\x21-\x7e])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[T_co]):
    """What a text must look like. `parse` returns None for one that does not."""

    expected: str
    parse: Callable[[str], T_co | None]
    blank: T_co
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting(Generic[T_co]):
    """One row. A `default` of None means required, or, with `optional`, absent by default."""

    name: str
    kind: Kind[T_co]
    default: str | None
    meaning: str
    optional: bool = False


def _seconds(low: float, high: float) -> Kind[float]:
    def parse(text: str) -> float | None:
        if not _NUMBER.fullmatch(text):
            return None
        number = float(text)
        return number if low <= number <= high else None

    return Kind(expected=f"seconds, from {low:.10g} to {high:.10g}", parse=parse, blank=low)


def _count(low: int, high: int, *, of: str = "") -> Kind[int]:
    def parse(text: str) -> int | None:
        if not _INTEGER.fullmatch(text):
            return None
        number = int(text)
        return number if low <= number <= high else None

    return Kind(expected=f"a whole number{of} from {low} to {high}", parse=parse, blank=low)


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


def _provider_url(text: str) -> str | None:
    parts = _split(text, ("http", "https"))
    if parts is None or not parts.hostname or "@" in parts.netloc:
        return None
    return None if parts.query or parts.fragment else text.rstrip("/")


def _proxy_url(text: str) -> str | None:
    parts = _split(text, ("http",))
    if parts is None or not parts.hostname or "@" in parts.netloc or parts.port is None:
        return None
    bare = not (parts.path.strip("/") or parts.query or parts.fragment)
    return text.rstrip("/") if bare else None


def _credentials(text: str) -> str | None:
    return text if _CREDENTIALS.fullmatch(text) and not _is_placeholder(text) else None


def _host(text: str) -> str | None:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return text if _HOST_NAME.fullmatch(text) else None
    return text


def _header_value(text: str) -> str | None:
    return text if _HEADER_VALUE.fullmatch(text) and not _is_placeholder(text) else None


def _strong_password(text: str) -> str | None:
    strong = _PASSWORD.fullmatch(text) and len(set(text)) >= 8 and not _is_placeholder(text)
    return text if strong else None


def _erasure_key(text: str) -> Seal | None:
    try:
        return Seal.parse(text)
    except BadErasureKey:
        return None


def _is_placeholder(text: str) -> bool:
    """Tell what somebody wrote where a secret was to be put later."""
    letters = re.sub(r"[^a-z]", "", text.lower())
    return any(word in letters for word in _PLACEHOLDERS)


def _readable_file(text: str) -> Path | None:
    path = Path(text)
    try:
        with path.open("rb"):
            return path
    except (OSError, ValueError):
        return None


def _readable_files(text: str) -> tuple[Path, ...] | None:
    paths = [_readable_file(part) for part in text.split(":")]
    return tuple(path for path in paths if path is not None) if None not in paths else None


def _authorities_file(text: str) -> Path | None:
    """A file whose certificates OpenSSL takes: what cannot be trusted is told at the start."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=text)
    except (OSError, ValueError):
        return None
    return Path(text)


def _writable_file(text: str) -> Path | None:
    path = Path(text)
    try:
        return path if path.parent.is_dir() and not path.is_dir() else None
    except (OSError, ValueError):
        return None


_BOOLEAN: Kind[bool] = Kind(
    expected="true or false", parse={"true": True, "false": False}.get, blank=False
)


def _otlp_url(text: str) -> str | None:
    parts = _split(text, ("http", "https"))
    return text.rstrip("/") if parts is not None and parts.hostname else None


def _otlp_headers(text: str) -> tuple[tuple[str, str], ...] | None:
    """`name=value` by commas, each value percent-encoded, as OpenTelemetry's programs read them."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > _MAX_OTLP_HEADERS or not all(_OTLP_HEADER.fullmatch(part) for part in parts):
        return None
    pairs = [part.partition("=") for part in parts]
    return tuple((name.lower(), unquote(value)) for name, _, value in pairs)


def _ratio(text: str) -> float | None:
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return number if number <= 1 else None


def _folders(text: str) -> tuple[Path, ...] | None:
    paths = tuple(Path(part) for part in text.split(","))
    if len(paths) > _MAX_DISKS or not all(path.is_absolute() for path in paths):
        return None
    return paths


def _log_format(text: str) -> LogFormat | None:
    return {each.value: each for each in LogFormat}.get(text)


class LogFormat(StrEnum):
    """How a process writes its log."""

    TEXT = "text"
    JSON = "json"


_ORIGIN = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?"
)


def _origins(text: str) -> frozenset[str] | None:
    origins = frozenset(text.split(","))
    return origins if all(_ORIGIN.fullmatch(origin) for origin in origins) else None


DATABASE_URL: Setting[str] = Setting(
    name="DATABASE_URL",
    kind=Kind(
        expected="postgresql://user:password@host:port/name",
        parse=_database_url,
        blank="",
        secret=True,
    ),
    default=None,
    meaning="the PostgreSQL (15 or newer) that keeps everything; of several hosts, divided by "
    "commas, the one that takes writes; without it `run` starts the embedded one",
)
DATABASE_PASSWORD: Setting[str] = Setting(
    name="CASHBACK_DATABASE_PASSWORD",
    kind=Kind(
        expected="16 to 200 printable ASCII characters without spaces, 8 of them different, "
        "and no placeholder",
        parse=_strong_password,
        blank="",
        secret=True,
    ),
    default=None,
    optional=True,
    meaning="the password of the user in `DATABASE_URL`, which then holds none",
)
DATABASE_CONNECTIONS = Setting(
    name="CASHBACK_DATABASE_CONNECTIONS",
    kind=_count(2, 100),
    default="8",
    meaning="most connections of one process to PostgreSQL",
)
HOST = Setting(
    name="CASHBACK_HOST",
    kind=Kind(expected="an address or a host name", parse=_host, blank=""),
    default="127.0.0.1",
    meaning="the address the API listens on",
)
PORT = Setting(
    name="CASHBACK_PORT",
    kind=_count(1, 65_535),
    default="8000",
    meaning="the port the API listens on; when it is not given and taken, `run` picks a free one",
)
WAIT_S = Setting(
    name="CASHBACK_WAIT_S",
    kind=_seconds(0, 60),
    default="10",
    meaning="how long a request without `Prefer` waits for the provider before it gets 202",
)
CORS_ORIGINS: Setting[frozenset[str]] = Setting(
    name="CASHBACK_CORS_ORIGINS",
    kind=Kind(
        expected="origins as browsers send them, scheme://host[:port] in lower case, by commas",
        parse=_origins,
        blank=frozenset(),
    ),
    default=None,
    optional=True,
    meaning="other sites whose pages may call the API from a browser; none by default",
)
RATE_PER_S = Setting(
    name="CASHBACK_RATE_PER_S",
    kind=_count(0, 100_000),
    default="500",
    meaning="how many requests a second one user or API client may make, over all processes; 0: "
    "no limit",
)
RATE_BURST = Setting(
    name="CASHBACK_RATE_BURST",
    kind=_count(2, 1_000_000),
    default="1000",
    meaning="how many of them at once; not less than the rate",
)
TRUSTED_HOPS = Setting(
    name="CASHBACK_TRUSTED_HOPS",
    kind=_count(0, 10),
    default="0",
    meaning="how many proxies of yours stand in front, each of which appends the address it was "
    "called from to `X-Forwarded-For`; 0: the header is not believed",
)
ACCESS_LOG = Setting(
    name="CASHBACK_ACCESS_LOG",
    kind=_BOOLEAN,
    default="false",
    meaning="whether the API writes a JSON line for each request to its standard output, "
    "without query strings and bodies",
)
SIGNING_KEY_FILE = Setting(
    name="CASHBACK_SIGNING_KEY_FILE",
    kind=Kind(expected="a file that this process can read", parse=_readable_file, blank=Path()),
    default=None,
    meaning="the Ed25519 private key (PEM) that signs tokens; `run` makes one for local use",
)
VERIFYING_KEY_FILES: Setting[tuple[Path, ...]] = Setting(
    name="CASHBACK_VERIFYING_KEY_FILES",
    kind=Kind(
        expected="files that this process can read, separated by colons",
        parse=_readable_files,
        blank=(),
    ),
    default=None,
    optional=True,
    meaning="further Ed25519 keys (PEM, public or private) whose tokens are good too: the next one "
    "before it signs, the last one until its tokens have ended",
)
ACCESS_TOKEN_S = Setting(
    name="CASHBACK_ACCESS_TOKEN_S",
    kind=_count(10, _DAY_S, of=" of seconds"),
    default="900",
    meaning="how long an access token is good for",
)
REFRESH_TOKEN_S = Setting(
    name="CASHBACK_REFRESH_TOKEN_S",
    kind=_count(10, _YEAR_S, of=" of seconds"),
    default="86400",
    meaning="how long a refresh token is good for; not less than an access token",
)
ERASURE_KEY: Setting[Seal | None] = Setting(
    name="CASHBACK_ERASURE_KEY",
    kind=Kind(
        expected="64 hexadecimal digits, as `secrets make` writes them",
        parse=_erasure_key,
        blank=None,
        secret=True,
    ),
    default=None,
    meaning="the key by which sales and lines of erased customers are still known; the same for "
    "every process, never replaced, kept apart from the database's backups (docs/operations.md); "
    "`run` makes one for local use",
)
PROVIDER_URL = Setting(
    name="CASHBACK_PROVIDER_URL",
    kind=Kind(
        expected="http(s)://host[:port][/base], no user, query or fragment",
        parse=_provider_url,
        blank="",
    ),
    default=None,
    meaning="the provider's base address, before `/api/mock/Cashback`; `run` starts a sandbox",
)
PROVIDER_AUTHORIZATION: Setting[str] = Setting(
    name="CASHBACK_PROVIDER_AUTHORIZATION",
    kind=Kind(
        expected="a header value of 1 to 4096 printable ASCII characters, and no placeholder",
        parse=_header_value,
        blank="",
        secret=True,
    ),
    default=None,
    optional=True,
    meaning="the `Authorization` header sent to the provider; absent: none is sent",
)
PROVIDER_CA_FILE: Setting[Path | None] = Setting(
    name="CASHBACK_PROVIDER_CA_FILE",
    kind=Kind(
        expected="a file with certificates (PEM) that this process can read",
        parse=_authorities_file,
        blank=None,
    ),
    default=None,
    optional=True,
    meaning="the authorities that the provider's certificate must be signed by, for payments and "
    "statements, in place of the system's",
)
PROVIDER_CERTIFICATE_FILE: Setting[Path | None] = Setting(
    name="CASHBACK_PROVIDER_CERTIFICATE_FILE",
    kind=Kind(expected="a file that this process can read", parse=_readable_file, blank=None),
    default=None,
    optional=True,
    meaning="the certificate (PEM, with its chain) that tells the provider who we are; none by "
    "default",
)
PROVIDER_KEY_FILE: Setting[Path | None] = Setting(
    name="CASHBACK_PROVIDER_KEY_FILE",
    kind=Kind(expected="a file that this process can read", parse=_readable_file, blank=None),
    default=None,
    optional=True,
    meaning="the key (PEM, not encrypted) of that certificate, unless it is in the same file",
)
PROVIDER_PROXY_URL: Setting[str] = Setting(
    name="CASHBACK_PROVIDER_PROXY_URL",
    kind=Kind(
        expected="http://host:port, no user, path, query or fragment", parse=_proxy_url, blank=""
    ),
    default=None,
    optional=True,
    meaning="the proxy that is asked to `CONNECT` to the provider, for payments and statements; "
    "absent: the provider is called directly",
)
PROVIDER_PROXY_CREDENTIALS: Setting[str] = Setting(
    name="CASHBACK_PROVIDER_PROXY_CREDENTIALS",
    kind=Kind(
        expected="user:password of printable ASCII characters without spaces, and no placeholder",
        parse=_credentials,
        blank="",
        secret=True,
    ),
    default=None,
    optional=True,
    meaning="who we are to that proxy (`Proxy-Authorization: Basic`); absent: nobody",
)
PROVIDER_CONNECTIONS = Setting(
    name="CASHBACK_PROVIDER_CONNECTIONS",
    kind=_count(1, 1_000),
    default="64",
    meaning="most connections of one process to the provider",
)
PROVIDER_IDLE_S = Setting(
    name="CASHBACK_PROVIDER_IDLE_S",
    kind=_seconds(0, 60),
    default="2",
    meaning="a connection to the provider idle for longer is never used again",
)
DEADLINE_S = Setting(
    name="CASHBACK_DEADLINE_S",
    kind=_seconds(0.1, 300),
    default="10",
    meaning="the whole call to the provider, from connecting to the last byte, ends within this",
)
LEASE_S = Setting(
    name="CASHBACK_LEASE_S",
    kind=_seconds(0.2, 3_600),
    default="30",
    meaning="how long an attempt belongs to its deliverer; longer than the deadline",
)
REAPER_S = Setting(
    name="CASHBACK_REAPER_S",
    kind=_seconds(0.05, 600),
    default="5",
    meaning="how often expired leases are looked for",
)
WORKER_POLL_S = Setting(
    name="CASHBACK_WORKER_POLL_S",
    kind=_seconds(0.01, 60),
    default="5",
    meaning="how long an idle worker sleeps at most; the database wakes it when something is due",
)
GIVE_UP_S = Setting(
    name="CASHBACK_GIVE_UP_S",
    kind=_seconds(0.1, 30 * _DAY_S),
    default="86400",
    meaning="a cashback that could not be sent for this long is held for an operator",
)
BACKOFF_BASE_S = Setting(
    name="CASHBACK_BACKOFF_BASE_S",
    kind=_seconds(0.01, 3_600),
    default="2",
    meaning="the first retry waits up to this (full jitter), doubling each time",
)
BACKOFF_MAX_S = Setting(
    name="CASHBACK_BACKOFF_MAX_S",
    kind=_seconds(0.01, _DAY_S),
    default="900",
    meaning="no retry waits longer than this; not less than the base",
)
FREEZE_S = Setting(
    name="CASHBACK_FREEZE_S",
    kind=_seconds(0, 30 * _DAY_S),
    default="3600",
    meaning="the settler's margin: the longest that a process of ours may stand still and go on",
)
PROVIDER_DELAY_S = Setting(
    name="CASHBACK_PROVIDER_DELAY_S",
    kind=_seconds(0, 30 * _DAY_S),
    default="79200",
    meaning="the settler's margin: the longest from a request to its line in the statement",
)
CLOCK_SKEW_S = Setting(
    name="CASHBACK_CLOCK_SKEW_S",
    kind=_seconds(0, 30 * _DAY_S),
    default="3600",
    meaning="the settler's margin: how far the provider's clock may be from ours",
)
BREAKER_FAILURES = Setting(
    name="CASHBACK_BREAKER_FAILURES",
    kind=_count(1, 1000),
    default="5",
    meaning="failures in a row, on different customers, that open the breaker",
)
BREAKER_UNKNOWNS = Setting(
    name="CASHBACK_BREAKER_UNKNOWNS",
    kind=_count(1, 1000),
    default="3",
    meaning="uncertain answers or refused credentials in a row that open the breaker",
)
BREAKER_PAUSE_S = Setting(
    name="CASHBACK_BREAKER_PAUSE_S",
    kind=_seconds(0.01, 3600),
    default="5",
    meaning="how long an open breaker sends nothing; doubled at each failed probe",
)
BREAKER_PAUSE_MAX_S = Setting(
    name="CASHBACK_BREAKER_PAUSE_MAX_S",
    kind=_seconds(0.01, 3600),
    default="60",
    meaning="the longest such pause",
)
SETTLER_S = Setting(
    name="CASHBACK_SETTLER_S",
    kind=_seconds(0.05, _DAY_S),
    default="3600",
    meaning="how often what is in doubt is reconciled with the provider's statement",
)
RECONCILE_RECENT_S = Setting(
    name="CASHBACK_RECONCILE_RECENT_S",
    kind=_seconds(0.05, 30 * _DAY_S),
    default="86400",
    meaning="how often the last days are reconciled with the provider's statement, in doubt or not",
)
RECONCILE_RECENT_DAYS = Setting(
    name="CASHBACK_RECONCILE_RECENT_DAYS",
    kind=_count(1, 366),
    default="3",
    meaning="how many days those are; more are read while an older incident stands open",
)
CREDIT_PRECEDES_S = Setting(
    name="CASHBACK_CREDIT_PRECEDES_S",
    kind=_seconds(0, 30 * _DAY_S),
    default="172800",
    meaning="how long before its first attempt a credit may be dated: some statements carry dates "
    "alone",
)
MAX_ROUNDS = Setting(
    name="CASHBACK_MAX_ROUNDS",
    kind=_count(1, 1_000),
    default="3",
    meaning="a cashback that statements proved unpaid so often is held, not sent again",
)
MAX_ROUNDS_S = Setting(
    name="CASHBACK_MAX_ROUNDS_S",
    kind=_seconds(0.1, 365 * _DAY_S),
    default="259200",
    meaning="the same, proved unpaid again this long after the first time",
)
STATEMENT_WINDOW_S = Setting(
    name="CASHBACK_STATEMENT_WINDOW_S",
    kind=_seconds(60, 3650 * _DAY_S),
    default="7776000",
    meaning="how far back the schedule asks for statements; what was first tried before is left to "
    "an operator",
)
STATEMENT_LINES = Setting(
    name="CASHBACK_STATEMENT_LINES",
    kind=_count(1, 100_000_000),
    default="1000000",
    meaning="the most lines of a statement, over all its pages; one with more is not read",
)
STATEMENT_DEADLINE_S = Setting(
    name="CASHBACK_STATEMENT_DEADLINE_S",
    kind=_seconds(1, _DAY_S),
    default="600",
    meaning="how long fetching and reading a statement may take, all its pages together",
)
_DAYS: Kind[int | None] = Kind(
    expected="a whole number of days from 1 to 36500",
    parse=_count(1, 36_500).parse,
    blank=None,
)
KEEP_RAW_DAYS = Setting(
    name="CASHBACK_KEEP_RAW_DAYS",
    kind=_DAYS,
    default=None,
    optional=True,
    meaning="requests and the provider's answers as they came are dropped this long after their "
    "cashback became final; absent: kept",
)
KEEP_CUSTOMERS_DAYS = Setting(
    name="CASHBACK_KEEP_CUSTOMERS_DAYS",
    kind=_DAYS,
    default=None,
    optional=True,
    meaning="a customer who bought nothing for this long, and has no open cashback, is erased; "
    "absent: kept",
)
PROVIDER_ECHOES_REFERENCE = Setting(
    name="CASHBACK_PROVIDER_ECHOES_REFERENCE",
    kind=_BOOLEAN,
    default="false",
    meaning="whether the provider's statement repeats the reference that we send",
)
DATABASE_STATE_FILE = Setting(
    name="CASHBACK_DATABASE_STATE_FILE",
    kind=Kind(expected="a file in a folder that is there", parse=_writable_file, blank=None),
    default=None,
    optional=True,
    meaning="where it is noted, outside the database, how far the database had come; after a "
    "restore or failover that may have lost something the sender then is paused",
)

METRICS_HOST = Setting(
    name="CASHBACK_METRICS_HOST",
    kind=Kind(expected="an address or a host name", parse=_host, blank=""),
    default="127.0.0.1",
    meaning="the address of the metrics; in a container, the one that Prometheus reaches",
)
METRICS_PORT = Setting(
    name="CASHBACK_METRICS_PORT",
    kind=_count(0, 65_535),
    default="0",
    meaning="the port of the metrics (`/metrics`), of API and worker each; 0: nothing is measured",
)
METRICS_DISKS: Setting[tuple[Path, ...]] = Setting(
    name="CASHBACK_METRICS_DISKS",
    kind=Kind(
        expected=f"one to {_MAX_DISKS} absolute paths with commas between them",
        parse=_folders,
        blank=(),
    ),
    default="/",
    meaning="the file systems whose room is measured, each by a path in it",
)
LOG_FORMAT = Setting(
    name="CASHBACK_LOG_FORMAT",
    kind=Kind(expected="text or json", parse=_log_format, blank=LogFormat.TEXT),
    default="text",
    meaning="how a process writes its log to standard error: `json` is one object for each line, "
    "with the ids of request, merchant, cashback and trace",
)
REVISION = Setting(
    name="CASHBACK_REVISION",
    kind=Kind(
        expected="1 to 64 letters, digits, dots, hyphens and underscores",
        parse=lambda text: text if re.fullmatch(r"[A-Za-z0-9._-]{1,64}", text) else None,
        blank="",
    ),
    default="unknown",
    meaning="what was built, such as a commit; told with the metrics and traces",
)
OTLP_ENDPOINT = Setting(
    name="OTEL_EXPORTER_OTLP_ENDPOINT",
    kind=Kind(expected="http(s)://host[:port][/base]", parse=_otlp_url, blank=""),
    default=None,
    optional=True,
    meaning="where traces are sent to, by OTLP over HTTP (`/v1/traces` is added); absent: none are",
)
OTLP_HEADERS: Setting[tuple[tuple[str, str], ...]] = Setting(
    name="OTEL_EXPORTER_OTLP_HEADERS",
    kind=Kind(
        expected="name=value by commas, each value percent-encoded",
        parse=_otlp_headers,
        blank=(),
        secret=True,
    ),
    default=None,
    optional=True,
    meaning="headers sent with the traces, such as `authorization=Bearer%20…`; absent: none",
)
TRACES_RATIO = Setting(
    name="OTEL_TRACES_SAMPLER_ARG",
    kind=Kind(expected="a number from 0 to 1", parse=_ratio, blank=0.0),
    default="1",
    meaning="the share of traces begun here that are sent; a caller's own say so themselves",
)

SETTINGS: tuple[
    Setting[str]
    | Setting[int]
    | Setting[int | None]
    | Setting[float]
    | Setting[bool]
    | Setting[Path]
    | Setting[Path | None]
    | Setting[tuple[Path, ...]]
    | Setting[tuple[tuple[str, str], ...]]
    | Setting[frozenset[str]]
    | Setting[LogFormat]
    | Setting[Seal | None],
    ...,
] = (
    DATABASE_URL,
    DATABASE_PASSWORD,
    DATABASE_CONNECTIONS,
    HOST,
    PORT,
    WAIT_S,
    CORS_ORIGINS,
    RATE_PER_S,
    RATE_BURST,
    TRUSTED_HOPS,
    ACCESS_LOG,
    SIGNING_KEY_FILE,
    VERIFYING_KEY_FILES,
    ACCESS_TOKEN_S,
    REFRESH_TOKEN_S,
    ERASURE_KEY,
    PROVIDER_URL,
    PROVIDER_AUTHORIZATION,
    PROVIDER_CA_FILE,
    PROVIDER_CERTIFICATE_FILE,
    PROVIDER_KEY_FILE,
    PROVIDER_PROXY_URL,
    PROVIDER_PROXY_CREDENTIALS,
    PROVIDER_CONNECTIONS,
    PROVIDER_IDLE_S,
    DEADLINE_S,
    LEASE_S,
    REAPER_S,
    WORKER_POLL_S,
    GIVE_UP_S,
    BACKOFF_BASE_S,
    BACKOFF_MAX_S,
    FREEZE_S,
    PROVIDER_DELAY_S,
    CLOCK_SKEW_S,
    BREAKER_FAILURES,
    BREAKER_UNKNOWNS,
    BREAKER_PAUSE_S,
    BREAKER_PAUSE_MAX_S,
    SETTLER_S,
    RECONCILE_RECENT_S,
    RECONCILE_RECENT_DAYS,
    CREDIT_PRECEDES_S,
    MAX_ROUNDS,
    MAX_ROUNDS_S,
    KEEP_RAW_DAYS,
    KEEP_CUSTOMERS_DAYS,
    STATEMENT_WINDOW_S,
    STATEMENT_LINES,
    STATEMENT_DEADLINE_S,
    PROVIDER_ECHOES_REFERENCE,
    DATABASE_STATE_FILE,
    METRICS_HOST,
    METRICS_PORT,
    METRICS_DISKS,
    LOG_FORMAT,
    REVISION,
    OTLP_ENDPOINT,
    OTLP_HEADERS,
    TRACES_RATIO,
)
