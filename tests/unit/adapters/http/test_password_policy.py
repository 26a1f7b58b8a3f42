from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from adapters.http.identity.password_policy import LONGEST, SHORTEST, refuse_password


@pytest.mark.parametrize(
    "password",
    [
        "quatro palavras bem longe",
        "correct horse staple battery",
        "Xk9#mQ2$vL7!pR4",
        "ção é única, né?",
    ],
)
def test_a_long_password_of_its_own_is_taken(password: str) -> None:
    assert refuse_password(password, "maria") is None


@pytest.mark.parametrize(
    "password",
    [
        "password1234", "Password!!!!", "senha1234567", "123456789012", "210987654321",
        "aaaaaaaaaaaa", "abababababab", "abcdefghijkl", "qwertyuiopas", "QWERTYUIOP12",
        "loja loja loja loja",
    ],
)  # fmt: skip
def test_what_is_guessed_first_is_refused(password: str) -> None:
    assert refuse_password(password, "eva") == "password_common"


@given(st.text(max_size=200))
def test_no_password_is_out_of_its_limits(password: str) -> None:
    assume(not SHORTEST <= len(password) <= LONGEST)
    assert refuse_password(password, "maria") == "password_length"


@pytest.mark.parametrize(
    "password", ["tab\there and there", "nul\0in the middle", "half \ud800 of one!"]
)
def test_what_cannot_be_typed_again_is_refused(password: str) -> None:
    assert refuse_password(password, "maria") == "password_length"


def test_the_username_is_no_part_of_it() -> None:
    assert refuse_password("I am MARIA of the shop", "maria") == "password_like_username"
    assert refuse_password("it is long enough, as", "as") is None
