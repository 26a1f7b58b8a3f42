from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cashback_core.people.password_policy import (
    LONGEST,
    SHORTEST,
    normalised,
    refuse_password,
)


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
    assume(not SHORTEST <= len(unicodedata.normalize("NFC", password)) <= LONGEST)
    assert refuse_password(password, "maria") == "password_length"


@pytest.mark.parametrize(
    "password", ["tab\there and there", "nul\0in the middle", "half \ud800 of one!"]
)
def test_what_cannot_be_typed_again_is_refused(password: str) -> None:
    assert refuse_password(password, "maria") == "password_length"


def test_the_username_is_no_part_of_it() -> None:
    assert refuse_password("I am MARIA of the shop", "maria") == "password_like_username"
    assert refuse_password("it is long enough, as", "as") is None


@given(st.text(max_size=LONGEST + 40))
def test_whatever_form_it_comes_in_it_is_judged_alike(password: str) -> None:
    forms = [unicodedata.normalize(form, password) for form in ("NFC", "NFD")]
    assert len({normalised(each) for each in (password, *forms)}) == 1
    assert len({refuse_password(each, "maria") for each in (password, *forms)}) == 1


def test_its_length_is_that_of_its_composed_characters() -> None:
    decomposed = unicodedata.normalize("NFD", "áéíóúãõâêôçàü" * 9)
    assert len(decomposed) > LONGEST
    assert refuse_password(decomposed, "maria") != "password_length"
    assert refuse_password(unicodedata.normalize("NFD", "áéíóúã"), "maria") == "password_length"


def test_no_text_takes_long_to_compose() -> None:
    """Combining marks are put in order by insertion: 100,000 of them took half a minute."""
    began_s = time.perf_counter()
    normalised("a" + "\u0315\u0300" * 60_000)
    assert time.perf_counter() - began_s < 1
