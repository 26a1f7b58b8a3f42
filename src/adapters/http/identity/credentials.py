"""Who logs in, and by what: a person with a password, or an API client with its secret."""

from __future__ import annotations

from typing import cast

from adapters.http.wire.objects import read_texts


def read_credentials(document: object) -> tuple[str, str, str]:
    """`user`, a username and a password, or `client`, a client's id and its secret.

    Raises InvalidRequestError.
    """
    names = _names_in(document)
    if "client_id" in names or "client_secret" in names:
        client_id, secret = read_texts(document, "client_id", "client_secret")
        return "client", client_id, secret
    username, password = read_texts(document, "username", "password")
    return "user", username, password


def _names_in(document: object) -> frozenset[str]:
    return frozenset(cast("dict[str, object]", document) if isinstance(document, dict) else ())
