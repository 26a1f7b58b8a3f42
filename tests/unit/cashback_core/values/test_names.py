"""Names: one person's spellings, two persons, and texts that are no names."""

from __future__ import annotations

import unicodedata
from contextlib import suppress

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from cashback_core.testing.strategies import names
from cashback_core.values.names import TRUNCATED_FROM_LETTERS, name_fault, same_name, same_person

PORTUGUESE = "ABCDEFGHIJKLMNOPQRSTUVWXYZÁÀÂÃÉÊÍÓÔÕÚÜÇabcdefghijklmnopqrstuvwxyzáàâãéêíóôõúüç"
APOSTROPHES = "'\u2019\u2018\u00b4`\u02bc\u2032\uff07"
DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2212\uff0d"

words = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12)
persons = st.lists(words, min_size=1, max_size=6)
any_text = st.text(max_size=40) | names()


@pytest.mark.parametrize(
    ("known", "given_"),
    [
        ("JOSÉ DA SILVA", "jose  da silva "),
        *[("D'ÁVILA SANTOS", f"D{mark}AVILA SANTOS") for mark in (*APOSTROPHES, "")],
        *[("ANA MARIA SOUZA", f"Ana{dash}Maria Souza") for dash in DASHES],
        ("MARIA DA SILVA", "MARIA D. SILVA"),
        ("MARIA DA SILVA", "MARIA D.SILVA"),
        ("M.A. SOUZA", "M A Souza"),
        ("ŁUKASZ ØDEGÅRD ĐOKIĆ", "Lukasz Odegard Dokic"),
        ("STRAßE ÆRØ ŒUVRE ÞÓR", "STRASSE AERO OEUVRE THOR"),
        ("\uff2a\uff2f\uff33\uff25", "jose"),
        ("MARIA APARECIDA DOS SANTOS", "MARIA APARECIDA DOS SAN"),
        ("MARIA APARECIDA DOS SANTOS", "Maria Aparecida D"),
        ("MARIA APARECIDA DOS SANTOS COSTA", "MARIA A. DOS SANTOS COS"),
    ],
)
def test_spellings_of_one_person(known: str, given_: str) -> None:
    assert same_person(known, given_)
    assert same_person(given_, known)


@pytest.mark.parametrize(
    ("given_", "is_one"),
    [
        ("JOSÉ D'ÁVILA-SANTOS", True),
        ("jose  davila santos ", True),
        ("JOSE D SANTOS", False),
        ("JOSE DAVILA S.", False),
        ("JOSE DAVILA SANTO", False),
    ],
)
def test_a_name_told_whole_may_be_spelt_and_not_shortened(given_: str, *, is_one: bool) -> None:
    assert same_name("JOSÉ D'ÁVILA SANTOS", given_) is is_one
    assert same_person("JOSÉ D'ÁVILA SANTOS", given_)


@given(any_text, any_text)
def test_who_tells_a_whole_name_names_that_person(known: str, given_: str) -> None:
    assert same_name(known, known)
    assert same_name(known, given_) == same_name(given_, known)
    assert not same_name(known, given_) or same_person(known, given_)


@pytest.mark.parametrize(
    ("known", "given_"),
    [
        ("ANA LIMA", "ANA LIMAO"),
        ("ANA LIMA", "ANA LIMA SOUZA"),
        ("ANA LIMA", "LIMA ANA"),
        ("ANA LIMA", "A. LIMA"),  # the first word is told whole
        ("MARIA DA SILVA", "MARIA DE SILVA"),
        ("MARIA DA SILVA", "MARIA X. SILVA"),
        ("MARIA DA SILVA", "MARIA SILVA"),
        ("MARIA APARECIDA DOS SANTOS", "MARIA APARECIDA DOS SOUZA"),
        ("MARIA APARECIDA DOS SANTOS", "MARIA APARECIDO"),
        ("MARIA APARECIDA DOS SANTOS", "MARIA APARECIDA"),  # 14 letters
        ("ANA", "ANN"),
        ("ANA LIMA", "."),
    ],
)
def test_two_persons(known: str, given_: str) -> None:
    assert not same_person(known, given_)
    assert not same_person(given_, known)


@given(any_text, any_text)
@example("\u00b4", "")
@example("ŉ", "'n")
def test_it_is_symmetric_and_reflexive(one: str, other: str) -> None:
    assert same_person(one, other) == same_person(other, one)
    assert same_person(one, one)


@given(
    names(), st.sampled_from(["upper", "lower", "title", "NFC", "NFD", "NFKC", "NFKD", "blanks"])
)
@example(name="D\u00b4\u00c1VILA", how="NFKC")
def test_case_and_form_do_not_count(name: str, how: str) -> None:
    if how == "blanks":
        other = f" {name}  "
    elif how.startswith("NF"):
        other = unicodedata.normalize(how, name)  # type: ignore[arg-type]
    else:
        assume(all(c in PORTUGUESE + "ŁłØøĐđÆæŒœÞþ' " for c in name))  # others change with case
        other = getattr(name, how)()
    assert same_person(name, other)


@given(st.text("ÁÀÂÃÉÊÍÓÔÕÚÜÇŁØĐßÆŒÞABCDE", min_size=1), st.data())
def test_accents_marks_and_dashes_do_not_count(word: str, data: st.DataObject) -> None:
    plain = word.translate(str.maketrans("ÁÀÂÃÉÊÍÓÔÕÚÜÇŁØĐ", "AAAAEEIOOOUUCLOD"))
    for letter, ascii_ in (("ß", "SS"), ("Æ", "AE"), ("Œ", "OE"), ("Þ", "TH")):
        plain = plain.replace(letter, ascii_)
    place = data.draw(st.integers(0, len(word)))
    mark = data.draw(st.sampled_from(APOSTROPHES))
    dash = data.draw(st.sampled_from([*DASHES, ".", " . "]))
    assert same_person(f"ANA {plain} LIMA", f"ana{dash}{word[:place]}{mark}{word[place:]} lima")


@given(persons, st.data())
def test_every_further_word_may_be_an_initial(person: list[str], data: st.DataObject) -> None:
    further = [data.draw(st.sampled_from([w, w[0], w[0].upper() + "."])) for w in person[1:]]
    assert same_person(" ".join(person), " ".join([person[0], *further]))


@given(persons, st.data())
def test_a_long_name_may_end_early_and_a_short_one_not(
    person: list[str], data: st.DataObject
) -> None:
    name = " ".join(person)
    cut = name[: data.draw(st.integers(1, len(name)))].rstrip()
    letters = sum(map(str.isalpha, cut))
    assume(" " in cut or " " not in name or cut == person[0])
    if letters >= TRUNCATED_FROM_LETTERS:
        assert same_person(name, cut)
    elif len(cut.split()) < len(person):
        assert not same_person(name, cut)


@given(persons, persons)
def test_the_first_word_decides_and_no_word_is_another(one: list[str], other: list[str]) -> None:
    if same_person(" ".join(one), " ".join(other)):
        assert one[0] == other[0]
        for ours, theirs in zip(one[1:], other[1:], strict=False):
            assert ours.startswith(theirs) or theirs.startswith(ours) or ours[0] == theirs[0]
        shorter = min(one, other, key=len)
        assert len(one) == len(other) or len("".join(shorter)) >= TRUNCATED_FROM_LETTERS


def in_utf8_read_as(text: str, encoding: str) -> str:
    """What a reader of another encoding makes of UTF-8; what is free there stays a C1 control."""
    octets = text.encode()
    decoded = [octets[i : i + 1].decode(encoding, "ignore") for i in range(len(octets))]
    return "".join(c or chr(byte) for c, byte in zip(decoded, octets, strict=True))


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1"])
@given(text=st.text(PORTUGUESE + " '-ñÑöÖ\u2019\u201c\u2013Łłşž", min_size=1, max_size=40))
@example(text="JOSÉ DA SILVA")
@example(text="José")
@example(text="CONCEIÇÃO")
@example(text="D\u2019ÁVILA")
@example(text="Иван")
@example(text="王伟")
def test_text_in_another_encoding_is_told_with_what_it_means(encoding: str, text: str) -> None:
    assume(not text.isascii())
    misread = unicodedata.normalize("NFC", in_utf8_read_as(text, encoding))
    fault = name_fault(misread)
    assert fault is not None
    assert fault.code == "name_encoding"
    if text.isprintable() and len(text) <= 80:
        assert fault.values == {"meant": text}
    twice = name_fault(in_utf8_read_as(misread, encoding))
    assert twice is not None
    assert twice.code == "name_encoding"


@pytest.mark.parametrize(
    "misread",
    [
        *("Josã© Da Silva", "conceiã§ã£o", "MARIA JosÃ", "JOSÃ‰ MarÃ"),
        *("Galvãƒo", "CAUÃƑ", "Itaãº", "Zoã«", "Jerãšnimo", "CONCEIÃ‡ÃƑO"),
    ],
)
def test_what_was_cut_or_written_in_small_letters_afterwards(misread: str) -> None:
    fault = name_fault(misread)
    if misread == "MARIA JosÃ":  # half a character is a letter of its own: it may be a name
        assert fault is None
    else:
        assert fault is not None
        assert fault.code == "name_encoding"


@given(st.text(PORTUGUESE + " '-.", min_size=1, max_size=120))
@example("JOÃO")
@example("CORAÇÃO")
@example("CONCEIÇÃO D'ÁVILA")
@example("CAUÃ ÂNGELA ÃÃÃ ÂÂÂ ãã âã")
def test_no_name_of_portuguese_letters_is_refused(name: str) -> None:
    assume(any(map(str.isalpha, name)))
    assert name_fault(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "JOSÉ\u2013MARIA", "JOSÉ \u2013 MARIA", "D\u2019ÁVILA", "Mª JOSÉ", "ÍTALO\u2019S",
        "N\u00ba 1 João", "Šárka Žižková", "Ľubomír Ďurič", "Åse Øygård", "Özgür Şahin",
        "Đorđe Łukasz", "Ñandú Núñez", "CONCEIÇÃ…", "ANA GALVÃ …",
        "Éric Œuvrard", "Иван", "Γιώργος", "王伟", "أحمد", "Ngọc Ánh", "\u201cTIO\u201d JOÃO",
    ],
)  # fmt: skip
def test_names_of_other_languages_and_signs_are_taken(name: str) -> None:
    assert name_fault(unicodedata.normalize("NFC", name)) is None


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("JOS\ufffd DA SILVA", "name_not_printable"),
        ("JOSE\tDA SILVA", "name_not_printable"),
        ("JOSÉ\x85", "name_not_printable"),
        ("\u0301", "name_without_letter"),
        (".", "name_without_letter"),
        ("123", "name_without_letter"),
        ("", "name_length"),
        ("  ", "name_length"),
        ("A" * 121, "name_length"),
    ],
)
def test_what_is_no_name(name: str, code: str) -> None:
    fault = name_fault(name)
    assert fault is not None
    assert fault.code == code


@given(st.text(max_size=60))
def test_any_text_is_judged(text: str) -> None:
    with suppress(UnicodeEncodeError):
        name_fault(text)
        same_person(text, text[::-1])
