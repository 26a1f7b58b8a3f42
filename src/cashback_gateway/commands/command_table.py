"""Every command: a line of COMMANDS, or of one of GROUPS.

It tells its name, where its function is, what it is for, and how it is used.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Command(NamedTuple):
    """`does` is module:function of this package; `examples` stand behind the program's name."""

    name: str
    does: str
    what: str
    examples: tuple[str, ...] = ()


class Group(NamedTuple):
    """Commands about one thing."""

    name: str
    what: str
    commands: tuple[Command, ...]


COMMANDS: Final = (
    Command("run", "processes:run", "run everything here: database, sandbox provider, API, worker"),
    Command("serve", "processes:serve", "serve the API"),
    Command("worker", "processes:worker", "deliver what is pending to the provider"),
    Command(
        "migrate",
        "processes:migrate",
        "bring the database's schema up to date",
        ("migrate", "migrate --api-login cashback_api --api-password-file api_password"),
    ),
    Command(
        "sandbox",
        "processes:sandbox",
        "serve a provider that only keeps a ledger",
        ("sandbox --port 8081", "sandbox --statement-reference --statement masked"),
    ),
    Command("demo", "processes:demo", "run everything for a moment, send one sale through it"),
    Command(
        "import",
        "imports:import_file",
        "take a file of sales in: CSV, XLSX, JSON Lines; --dry-run shows how it is understood",
        (
            "import night.csv --merchant demo --profile erp.toml --dry-run",
            "import night.csv --merchant demo --profile erp.toml --as ana",
            "import 2024.jsonl --merchant demo --as-recorded --as ana",
        ),
    ),
    Command(
        "import-day",
        "files:import_day",
        "keep an ERP's file of a day's sales, to be held against our records; none is taken in",
        (
            "import-day day.csv --merchant demo --day 2026-11-29 --profile erp.toml --as ana",
            "import-day day.xlsx --merchant demo --day 2026-11-29 --count 812 --dry-run --as ana",
        ),
    ),
    Command(
        "import-statement",
        "files:import_statement",
        "keep a statement of the provider that came as a file; `reconcile --statement` takes it",
        (
            (
                "import-statement november.csv --profile bank.toml --from 2026-11-01"
                " --complete-through 2026-12-01 --count 91342 --sum 70211.15 --as ana"
            ),
        ),
    ),
    Command(
        "files",
        "files:list_files",
        "list the files that were brought in: a merchant's days, or the provider's statements",
        ("files", "files --merchant demo --json"),
    ),
    Command(
        "calculate",
        "columns:calculate_file",
        "compute what a file of sales earns, Parquet or CSV of any length; nothing is stored",
        (
            "calculate 2025.parquet --merchant demo --to earned.parquet",
            "calculate lines.csv --merchant demo --each sale --to sales.csv",
        ),
    ),
    Command(
        "open",
        "cashbacks:list_open",
        "list what waits for somebody, oldest first, and why",
        ("open", "open --status in_doubt --status held --merchant demo", "open --json | jq .total"),
    ),
    Command(
        "show",
        "shown:show",
        "show a cashback with its attempts and events",
        ("show 0197b7a6-5a3c-7d27-a2ee-2cc3f1e43c41", "show NF-1042", "show NF-1042 --json"),
    ),
    Command(
        "changes",
        "changes:list_changes",
        "list what became of a merchant's cashbacks, oldest change first, and follow it",
        (
            "changes --merchant demo --after now --follow",
            "changes --merchant demo --json --after 751.0197b7a6-5a3c-7d27-a2ee-2cc3f1e43c41.3",
        ),
    ),
    Command(
        "find",
        "finding:find",
        "find a merchant's sales by number, customer, name, amount, dates; --csv takes them out",
        (
            "find --merchant demo --sale-id NF-1042",
            "find --merchant demo --sold-from 2026-01-01 --sold-to 2026-01-31 --total",
            "find --merchant demo --changed-from 2026-01-31 --status applied --csv > paid.csv",
        ),
    ),
    Command(
        "equals",
        "cashbacks:list_equals",
        "list sales of equal content, latest first, with both tries",
        ("equals --outcome collided",),
    ),
    Command(
        "by-rate",
        "cashbacks:list_by_rate",
        "list what a version of a type's rate paid, or is to pay, latest first",
        ("by-rate A 2 --merchant demo --status applied",),
    ),
    Command(
        "resend",
        "cashback_acts:resend",
        "send a held, rejected or doubtful cashback again",
        ("resend NF-1042 --reason 'the outage is over' --as ana",),
    ),
    Command(
        "resend-many",
        "many:resend_many",
        "show what a filter means; --expect COUNT:AMOUNT:TOKEN sends it again",
        (
            "resend-many --status rejected --answered 503",
            "resend-many --id NF-1042 --expect 1:5.00:3fa1c2d0 --reason 'it is up' --as ana",
        ),
    ),
    Command(
        "cancel",
        "cashback_acts:cancel",
        "end an unconfirmed, pending, held or rejected cashback unpaid",
        ("cancel NF-1042 --reason 'the customer gave it back' --as ana",),
    ),
    Command(
        "cancel-many",
        "many:cancel_many",
        "show what a filter means; --expect COUNT:AMOUNT:TOKEN ends it unpaid",
        ("cancel-many --status held --why ceiling --above-ceiling", "cancel-many --ids-from ids"),
    ),
    Command(
        "resolve",
        "cashback_acts:resolve",
        "say on the provider's evidence what became of one in doubt, or that one is credited",
        ("resolve NF-1042 applied --reason 'their statement of June, line 7' --as ana",),
    ),
    Command(
        "resolve-many",
        "many:resolve_many",
        "show what a filter, or a file, says; --expect COUNT:AMOUNT:TOKEN says what became of it",
        (
            "resolve-many applied --id NF-1042 --id NF-1043",
            "resolve-many rejected --ids-from ids",
            "resolve-many their-answer.csv --merchant demo",
            "resolve-many their-answer.csv --merchant demo --expect 136:912.40:3fa1c2d0 --as ana",
        ),
    ),
    Command(
        "take-back",
        "cashback_acts:take_back",
        "call doubtful again what another operator has marked",
        ("take-back NF-1042 --accept-risk --reason 'it was another line' --as bia",),
    ),
    Command(
        "incidents",
        "incidents:list_incidents",
        "list what the provider's statement tells and nothing explains, oldest first",
        ("incidents --class credited_again",),
    ),
    Command(
        "explain",
        "incidents:explain",
        "say what an incident is; it is remembered for every later statement",
        ("explain INCIDENT --foreign --dry-run --reason 'their campaign' --as ana",),
    ),
    Command(
        "differences",
        "differences:list_differences",
        "list where ERPs' day files and our records differ, oldest first",
        ("differences --merchant demo --day 2026-11-29",),
    ),
    Command(
        "reconcile",
        "reconcile:reconcile",
        "hold the provider's statement, or a file of it, against our book; or a day's three sides",
        (
            "reconcile --from 2026-01-31",
            "reconcile --statement 0197b7a6-5a3c-7d27-a2ee-2cc3f1e43c41",
            "reconcile --day 2026-01-31 --merchant demo",
        ),
    ),
    Command(
        "close",
        "closes:close",
        "close the days that are over, sign them; --dry-run only tells what they would be",
        ("close", "close --merchant demo --day 2026-11-29", "close --dry-run --json"),
    ),
    Command(
        "ledger",
        "ledger:show_ledger",
        "tell what the provider credited, as its statements tell it, by merchant and class",
        ("ledger --merchant demo --json",),
    ),
    Command(
        "secrets",
        "deployment:make_or_check_secrets",
        "make or check the secret files of a deployment; demo: make, for the demo",
        ("secrets make secrets --owner 10001", "secrets check secrets"),
    ),
    Command(
        "demo-data",
        "deployment:add_demo_data",
        "add the demo's merchant, and a user of each role with a password",
    ),
    Command(
        "doctor",
        "deployment:doctor",
        "check database, provider, clock and backlog, say what to do",
    ),
    Command(
        "token",
        "users:issue_token",
        "print an access token, alone on the last line",
        ("token demo | tail -n 1",),
    ),
)

GROUPS: Final = (
    Group(
        "sender",
        "tell whether anything is sent, pause and release it",
        (
            Command("status", "sender:status", "tell whether anything is sent"),
            Command(
                "pause",
                "sender:pause",
                "send nothing, for any merchant, until released",
                ("sender pause --reason 'their request' --as ana",),
            ),
            Command("release", "sender:release", "send again what waits"),
        ),
    ),
    Group(
        "cases",
        "look after incidents and differences",
        (
            Command(
                "list",
                "cases:list_cases",
                "list what needs somebody, oldest first, and who has how much of it",
                ("cases list --unassigned --merchant demo", "cases list --assigned-to ana --json"),
            ),
            Command("show", "cases:show", "show one with all that happened to it"),
            Command(
                "assign",
                "cases:assign",
                "say who looks after one",
                ("cases assign 0197b7a6-5a3c-7d27-a2ee-2cc3f1e43c41 --to bia --as ana",),
            ),
            Command(
                "note",
                "cases:note",
                "add a note to one, for ever",
                ("cases note 0197b7a6-5a3c-7d27-a2ee-2cc3f1e43c41 --note 'asked them' --as ana",),
            ),
            Command(
                "resolve",
                "cases:resolve",
                "call one done; found again, it is open again",
            ),
        ),
    ),
    Group(
        "report",
        "tell a merchant's figures",
        (
            Command(
                "figures",
                "report:figures",
                "tell what was sold, accrued and paid on a range of days",
                (
                    "report figures --merchant demo --from 2026-11-01 --to 2026-11-30",
                    "report figures --merchant demo --from 2026-11-29 --by type,store --csv",
                ),
            ),
            Command(
                "balance",
                "report:balance",
                "tell what is owed, paid and in doubt as of an instant",
                ("report balance --merchant demo --at 2026-11-30",),
            ),
            Command(
                "reprice",
                "report:reprice_sales",
                "tell what stored sales would have cost under other rates",
                ("report reprice --merchant demo --from 2026-11-01 --rates rates.json",),
            ),
            Command(
                "page",
                "report_page:write_page",
                "write a report as one HTML page that asks no other host and prints on A4",
                (
                    (
                        "report page --merchant demo --from 2026-11-01 --to 2026-11-30"
                        " --to-file november.html"
                    ),
                ),
            ),
        ),
    ),
    Group(
        "merchants",
        "manage merchants",
        (
            Command(
                "add",
                "merchants:add",
                "add a merchant",
                ("merchants add rede-norte --name 'Rede Norte' --zone America/Manaus",),
            ),
            Command("list", "merchants:list_all", "list merchants"),
            Command("show", "merchants:show", "show a merchant with its terms"),
            Command("disable", "merchants:disable", "let nobody of theirs in any more"),
            Command("enable", "merchants:enable", "let theirs in again"),
        ),
    ),
    Group(
        "product-types",
        "manage product types",
        (
            Command(
                "add",
                "product_types:add",
                "add a product type with its first rate",
                (
                    "product-types add A --merchant rede-norte --rate-bp 500",
                    "product-types add TOBACCO --merchant rede-norte --excluded",
                ),
            ),
        ),
    ),
    Group(
        "stops",
        "stop a type or a merchant at once",
        (
            Command(
                "add",
                "stops:add",
                "send nothing of a product type, or of a merchant, from now on",
                ("stops add --merchant demo --type A --reason 'wrong rate' --as ana",),
            ),
            Command("lift", "stops:lift", "send what a stop held back"),
            Command("list", "stops:list_all", "list the stops that stand, latest first"),
        ),
    ),
    Group(
        "clients",
        "manage API clients",
        (
            Command(
                "add",
                "clients:add",
                "add an API client, its secret alone on the last line",
                ("clients add ERP --merchant rede-norte > erp.txt",),
            ),
            Command("list", "clients:list_all", "list API clients"),
            Command("show", "clients:show", "show an API client"),
            Command("disable", "clients:disable", "give it no token, end those that it holds"),
            Command("enable", "clients:enable", "let it in again"),
            Command(
                "group",
                "clients:put_into_group",
                "put it into a group: what it reads, and sends under",
            ),
            Command(
                "rotate",
                "clients:rotate",
                "give it a further secret, alone on the last line",
                ("clients rotate cli_… --overlap 3600",),
            ),
            Command("end-secret", "clients:end_secret", "end one secret now, with its tokens"),
        ),
    ),
    Group(
        "closes",
        "closed days: list them, send them to the other party",
        (
            Command(
                "list",
                "closes:list_closes",
                "list closed days, latest first",
                ("closes list --merchant demo", "closes list --account --json"),
            ),
            Command(
                "export",
                "closes_export:export",
                "write closes, lines and keys, which anybody verifies without us",
                (
                    "closes export sent --merchant demo --from 2026-11-01 --to 2026-11-30",
                    "closes export sent --account",
                ),
            ),
            Command(
                "disclose",
                "closes_export:disclose",
                "print what shows that a day's lines are a customer's",
                ("closes disclose --merchant demo --day 2026-11-29 --document 52998224725",),
            ),
            Command(
                "resume",
                "closes:resume",
                "go on closing from what the database has, after a restore",
                ("closes resume --merchant demo",),
            ),
        ),
    ),
    Group(
        "webhooks",
        "look after a merchant's endpoints",
        (
            Command(
                "list",
                "webhooks:list_all",
                "list a merchant's endpoints, and how they fare",
                ("webhooks list --merchant demo",),
            ),
            Command("test", "webhooks:test", "send one a message that tells of no change"),
            Command(
                "resend",
                "webhooks:resend",
                "count changes, then send them again",
                (
                    (
                        "webhooks resend 0197b7a6-5a3c-7d27-a2ee-2cc3f1e43c41 --merchant demo"
                        " --since 2026-11-24"
                    ),
                ),
            ),
        ),
    ),
    Group(
        "users",
        "manage users",
        (
            Command(
                "add",
                "users:add",
                "add a user, the password on standard input",
                ("users add nara --merchant rede-norte --role admin < password",),
            ),
            Command("list", "users:list_all", "list users"),
            Command("show", "users:show", "show a user"),
            Command("disable", "users:disable", "let them in no more, end their sessions"),
            Command("enable", "users:enable", "let them log in again"),
            Command(
                "password",
                "users:set_password",
                "set a password from standard input",
                ("users password nara < password",),
            ),
        ),
    ),
    Group(
        "reporting",
        "manage the database's logins for finance, who ask in SQL",
        (
            Command(
                "add",
                "reporting:add",
                "make a login that reads a merchant's views, its password on standard input",
                (
                    "reporting add bi_demo --merchant demo < password",
                    "reporting add bi --merchant demo --merchant norte --password-file password",
                ),
            ),
            Command("list", "reporting:list_all", "list the logins, and whose rows each sees"),
            Command("remove", "reporting:remove", "end a login, and the sessions that it has"),
        ),
    ),
    Group(
        "keys",
        "make signing keys",
        (Command("new", "deployment:new_key", "make a key that signs tokens, in a new file"),),
    ),
)
