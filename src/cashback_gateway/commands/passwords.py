"""A password as somebody types it, or a program sends it."""

from __future__ import annotations

import getpass
import sys

from cashback_core.people.password_policy import LONGEST, SHORTEST, refuse_password
from cashback_gateway.commands.refusals import ActRefusedError, fault_words


def read_password_line() -> str:
    """Read one line: hidden and twice from a terminal, as it comes from anything else."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise ActRefusedError("the two passwords differ")
    return password


def refuse_weak(password: str, username: str) -> None:
    """Raise ActRefusedError for a password that none may have."""
    code = refuse_password(password, username)
    if code is not None:
        limits = {"lowest": str(SHORTEST), "highest": str(LONGEST)}
        raise ActRefusedError(f"password: {fault_words(code, limits)}")
