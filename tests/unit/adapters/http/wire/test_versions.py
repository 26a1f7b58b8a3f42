from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.http.wire.versions import (
    PreconditionRequiredError,
    is_known,
    read_if_match,
    write_etag,
)

VERSIONS = st.integers(1, 2**53)


@given(VERSIONS)
def test_a_tag_means_the_version_that_it_was_written_for(version: int) -> None:
    _, tag = write_etag(version)
    assert read_if_match({b"if-match": tag}) == frozenset({version})
    assert is_known({b"if-none-match": tag}, version)
    assert not is_known({b"if-none-match": tag}, version + 1)


@given(st.binary(max_size=40), VERSIONS)
def test_no_text_but_a_tag_means_a_version(value: bytes, version: int) -> None:
    found = read_if_match({b"if-match": value})
    assert found is None or all(b'"%d"' % v in value for v in found)
    is_known({b"if-none-match": value}, version)


def test_any_of_several_versions_may_be_meant() -> None:
    assert read_if_match({b"if-match": b'"1", "7" ,"x",W/"9"'}) == frozenset({1, 7})


def test_a_star_means_whichever_there_is() -> None:
    assert read_if_match({b"if-match": b" * "}) is None
    assert is_known({b"if-none-match": b"*"}, 3)


@pytest.mark.parametrize("value", [b"", b"7", b'"07"', b'W/"7"', b'"-7"', b'"7', b"**", b'"7""8"'])
def test_what_is_no_strong_tag_of_ours_matches_nothing(value: bytes) -> None:
    assert read_if_match({b"if-match": value}) == frozenset()


def test_a_reader_may_compare_weakly() -> None:
    assert is_known({b"if-none-match": b'W/"7"'}, 7)
    assert not is_known({}, 7)


def test_a_change_of_no_version_is_refused() -> None:
    with pytest.raises(PreconditionRequiredError):
        read_if_match({})
