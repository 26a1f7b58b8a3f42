"""What the containers may do: no more than they need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from adapters.postgres.connection.startup_checks import API_ROLES, WORKER_ROLES
from deploy.stack import LASTING, StackError

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.stack import Stack

pytestmark = [pytest.mark.container, pytest.mark.timeout(600)]

FOLDERS = ("OWNER", "APP", "API", "WORKER", "MONITORING")
OURS = ("api1", "api2", "worker", "sandbox")


def test_no_container_but_nginx_can_be_reached_from_outside(stack: Stack) -> None:
    published: dict[str, Any] = {}
    for service in LASTING:
        ports = stack.inspect(service)["NetworkSettings"]["Ports"]
        published[service] = sorted(
            {b["HostPort"] for bound in ports.values() for b in bound or ()}
        )
    assert {service for service, ports in published.items() if ports} == {"nginx"}
    assert set(published["nginx"]) == {str(stack.port)}


def test_the_database_has_no_way_out(stack: Stack) -> None:
    networks = stack.inspect("database")["NetworkSettings"]["Networks"]
    assert list(networks) == [f"{stack.project}_data"]
    with pytest.raises(StackError):
        stack.exec("database", "bash", "-c", "exec 3<>/dev/tcp/api/8000")  # not even by its alias


@pytest.mark.parametrize("service", LASTING)
def test_memory_processors_and_processes_are_limited(stack: Stack, service: str) -> None:
    limits = stack.inspect(service)["HostConfig"]
    assert 0 < limits["Memory"] <= 1024**3
    assert 0 < limits["NanoCpus"] <= 2_000_000_000
    assert 0 < limits["PidsLimit"] <= 256


@pytest.mark.parametrize("service", LASTING)
def test_the_root_is_read_only_and_nobody_gains_privileges(stack: Stack, service: str) -> None:
    host = stack.inspect(service)["HostConfig"]
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert not host["Privileged"]
    with pytest.raises(StackError, match="Read-only file system"):
        stack.exec(service, "sh", "-c", "echo x > /usr/planted")


@pytest.mark.parametrize("service", OURS)
def test_ours_run_as_a_numeric_user_with_no_capability(stack: Stack, service: str) -> None:
    assert stack.inspect(service)["Config"]["User"] == "10001:10001"
    status = stack.exec(service, "cat", "/proc/1/status")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["Uid"].split() == ["10001"] * 4
    assert {int(fields[name], 16) for name in ("CapPrm", "CapEff", "CapBnd")} == {0}
    assert fields["NoNewPrivs"] == "1"


def test_the_server_and_nginx_run_as_users_of_their_own(stack: Stack) -> None:
    for service, user in {"database": "999", "nginx": "101"}.items():
        status = stack.exec(service, "cat", "/proc/1/status")
        assert f"Uid:\t{user}\t{user}\t{user}\t{user}" in status


def test_what_serves_logs_in_as_nobody_who_owns_and_cannot_read_the_owners_password(
    stack: Stack,
) -> None:
    users = stack.query(
        "select distinct usename from pg_stat_activity"
        " where application_name like 'cashback%' and client_addr is not null order by 1"
    )
    assert users == [["cashback_api"], ["cashback_delivery"]]
    roles = (
        "select string_agg(roleid::regrole::text, ' ' order by roleid::regrole::text)"
        " from pg_auth_members where member = '{}'::regrole"
    )
    owned = "select count(*) from pg_tables where tableowner = '{}'"
    inherits = "select rolinherit from pg_roles where rolname = '{}'"
    for login, its in (("cashback_api", API_ROLES), ("cashback_delivery", WORKER_ROLES)):
        assert stack.query(roles.format(login)) == [[" ".join(sorted(its))]]
        assert stack.query(owned.format(login)) == [["0"]]
        assert stack.query(inherits.format(login)) == [["f"]]
    for service, own in (("api1", "api"), ("api2", "api"), ("worker", "worker")):
        mounts = {mount["Destination"]: mount for mount in stack.inspect(service)["Mounts"]}
        secrets = {"/run/secrets", f"/run/{own}-secrets"}
        assert set(mounts) == {*secrets, "/state"}
        for folder in secrets:
            assert not mounts[folder]["RW"]
            assert "owner" not in stack.exec(service, "ls", "-A", folder)


def test_the_demos_secrets_start_nothing_but_the_demo(stack: Stack, tmp_path: Path) -> None:
    with pytest.raises(StackError, match="app: was made for the demo"):
        stack.compose("run", "--rm", "secrets", "secrets", "check", "/secrets")
    tmp_path.chmod(0o755)  # the containers run as somebody else
    empty = {f"CASHBACK_SECRETS_{name}": str(tmp_path) for name in FOLDERS}
    with pytest.raises(StackError, match=r"owner/database_owner_password: No such file"):
        stack.compose("run", "--rm", "secrets", "secrets", "check", "/secrets", environ=empty)
    tmp_path.chmod(0o700)
    with pytest.raises(StackError, match=r"owner/database_owner_password: Permission denied"):
        stack.compose("run", "--rm", "secrets", "secrets", "check", "/secrets", environ=empty)
