"""What a deployment needs once, or looks at: secrets, keys, demo data, the doctor."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

from cashback_gateway.commands.parameters import Json
from cashback_gateway.commands.place import Here
from cashback_gateway.commands.readers import read_by, read_path, whole_from


def make_or_check_secrets(
    what: Literal["make", "check", "demo"],
    folder: Annotated[Path, read_by(read_path, "where they are, or will be")],
    /,
    *,
    owner: Annotated[
        int | None,
        whole_from(
            0,
            999_999_999,
            "the user's number for whom they are made, such as 10001, the containers' user;"
            " needs root",
        ),
    ] = None,
) -> int | None:
    """Make or check the secret files of a deployment."""
    from cashback_gateway.settings.secret_files import check_secrets, make_secrets

    demo = what == "demo"
    if what != "check":
        try:
            made = make_secrets(folder, demo=demo, owner=owner)
        except OSError as error:
            print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
            return 1
        print("\n".join(f"made {name}" for name in made) or "nothing to make: all are there")
    check_secrets(folder, demo=demo)
    return None


def new_key(path: Annotated[Path, read_by(read_path, "a new file")], /) -> None:
    """Make a key that signs tokens, in a new file."""
    from adapters.credentials.signing_key import (
        BadSigningKeyError,
        create_signing_key,
        load_signing_key,
    )

    try:
        create_signing_key(path)
    except OSError as error:
        raise BadSigningKeyError(f"{path} cannot be made: {error.strerror}") from error
    print(load_signing_key(path).id)


def add_demo_data(*, here: Here) -> None:
    """Add the demo's merchant, and a user of each role with a password."""
    import secrets

    from cashback_gateway.local import demo_data

    password = secrets.token_urlsafe(12)
    with here.settings() as settings:
        new = demo_data.load(settings.database.url, password)
    for name, role in demo_data.ROLES.items():
        if name in new:
            print(f"user {name}, password {password}, role {role}")
        else:
            print(f"user {name} is there; `users password {name}` gives another password")


def doctor(*, json: Json = False, here: Here) -> int:
    """Check everything and say what to do."""
    from cashback_gateway.commands.doctor import examine

    running = here.local.running()
    with here.settings() as settings:
        return examine(settings, running, as_json=json)
