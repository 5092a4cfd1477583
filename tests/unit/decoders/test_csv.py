"""Tables come in as they are written: every value, every row, whatever wrote the file."""

import csv
import io
import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from openconnector.decoders.csv import MAX_LINE, CsvDecoder
from openconnector.errors import LimitExceeded, MalformedAnswer

SUITE = Path(__file__).parents[4] / "shared/data/suites/csv-spectrum"
BROKEN_UPSTREAM = "location_coordinates"
PAIRS = [file for file in sorted(SUITE.glob("csvs/*.csv")) if file.stem != BROKEN_UPSTREAM]

cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
tables = st.lists(st.lists(cells, min_size=3, max_size=3).filter(any), min_size=1, max_size=6)


def decoded(body: bytes | str, **configuration):
    body = body.encode() if isinstance(body, str) else body
    return CsvDecoder.model_validate(configuration).decode(body, "text/csv")


@pytest.mark.skipif(not PAIRS, reason=f"csv-spectrum is not at {SUITE}")
def test_the_csv_acid_test_is_passed():
    wrong = [
        file.stem
        for file in PAIRS
        if decoded(file.read_bytes())
        != json.loads((SUITE / "json" / f"{file.stem}.json").read_text())
    ]

    assert wrong == []
    assert len(PAIRS) == 11


@given(tables, st.sampled_from([",", ";", "\t", "|"]))
def test_what_a_spreadsheet_writes_comes_back(rows, delimiter):
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(
        [["a", "b", "c"], *rows]
    )

    found = decoded(written.getvalue(), encoding="utf-8", delimiter=delimiter)

    assert [list(record.values()) for record in found] == rows


@given(st.binary(max_size=80))
def test_any_bytes_are_records_or_a_malformed_answer(body):
    with suppress(MalformedAnswer):
        assert all(isinstance(record, dict) for record in decoded(body))


@pytest.mark.parametrize(
    "text",
    [
        "naam,plaats\nAda,Den Haag\n",
        "naam;plaats\r\nAda;Den Haag\r\n",
        "naam\tplaats\nAda\tDen Haag",
        "naam|plaats\rAda|Den Haag\r",
        'naam;plaats\n"Ada";"Den Haag"\n',
    ],
)
def test_the_delimiter_is_found_out(text):
    assert decoded(text) == [{"naam": "Ada", "plaats": "Den Haag"}]


def test_commas_in_numbers_are_no_delimiters():
    assert decoded("naam;prijs\nA;1,50\nB;2,75\n") == [
        {"naam": "A", "prijs": "1,50"},
        {"naam": "B", "prijs": "2,75"},
    ]
    assert decoded("1,5;2,5\n3,5;4,5\n", hasHeader=False)[0] == {"column1": "1,5", "column2": "2,5"}


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_the_encoding_is_found_out(encoding):
    body = "naam;bedrag\nJosé;€ 5\n".encode(encoding)

    assert decoded(body) == [{"naam": "José", "bedrag": "€ 5"}]


def test_an_encoding_that_is_named_counts():
    assert decoded("a,b\n¤,1\n".encode("iso-8859-15", "replace"), encoding="iso-8859-1")
    with pytest.raises(MalformedAnswer, match="see `encoding`"):
        decoded("naam\nJosé\n".encode("cp1252"), encoding="utf-8")


def test_letters_beyond_the_first_block_decide_as_well():
    body = b"naam;n\n" + b"Ada;1\n" * 20_000 + "José;2\n".encode("cp1252")

    assert decoded(body)[-1] == {"naam": "José", "n": "2"}


def test_short_rows_have_nulls_and_long_rows_have_columns_of_their_own():
    assert decoded("a,b,c\n1\n1,2,3,4\n1,2,3\n") == [
        {"a": "1", "b": None, "c": None},
        {"a": "1", "b": "2", "c": "3", "column4": "4"},
        {"a": "1", "b": "2", "c": "3", "column4": None},
    ]


def test_columns_without_a_name_or_with_the_same_one_are_told_apart():
    assert decoded("naam,naam,,naam\n1,2,3,4\n") == [
        {"naam": "1", "naam_2": "2", "column3": "3", "naam_3": "4"}
    ]


def test_empty_rows_are_left_out_and_empty_values_are_kept():
    assert decoded("a,b\n\n,\n1,\n") == [{"a": "1", "b": ""}]


@pytest.mark.parametrize("body", ["", "\n", "a,b\n", "\ufeff"])
def test_a_table_without_rows_has_no_records(body):
    assert decoded(body) == []


def test_columns_can_be_named():
    assert decoded("x,y\n1,2\n", columns=["a", "b"]) == [{"a": "1", "b": "2"}]
    assert decoded("1,2\n", columns=["a", "b"], hasHeader=False) == [{"a": "1", "b": "2"}]


def test_lines_before_the_table_are_skipped_and_blanks_taken_off():
    body = "Export van 31 januari\n\nnaam , n\n Ada , 1\n"

    assert decoded(body, skipLines=2, isTrimmed=True) == [{"naam": "Ada", "n": "1"}]


def test_values_need_no_quotes():
    assert decoded('a;b\n"x;1\n', quote="") == [{"a": '"x', "b": "1"}]
    assert decoded("a;b\n'x;y';1\n", quote="'") == [{"a": "x;y", "b": "1"}]


def test_a_quote_that_is_never_closed_is_named_with_its_line():
    with pytest.raises(MalformedAnswer, match="line 3") as failure:
        decoded('a,b\n1,2\n"geheim,3\n')

    assert "geheim" not in str(failure.value)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"a,b\n\0\1,2\n", "null byte"),
    ],
)
def test_what_is_no_table_is_named(body, says):
    with pytest.raises(MalformedAnswer, match=says):
        decoded(body)


def test_a_line_without_end_is_refused():
    assert decoded("a\n" + "x" * (MAX_LINE - 2) + "\n")
    with pytest.raises(LimitExceeded, match="longer than"):
        decoded("a\n" + "x" * MAX_LINE + "\n")


def test_a_table_with_too_many_columns_is_refused():
    assert len(decoded("a," * 16_383 + "b\n1")[0]) == 16_384
    with pytest.raises(LimitExceeded, match="columns"):
        decoded("a," * 16_384 + "b\n1")


@pytest.mark.parametrize(
    "configuration",
    [
        {"delimiter": "\n"},
        {"delimiter": '"'},
        {"delimiter": ";;"},
        {"encoding": "klingon"},
        {"encoding": "base64"},
    ],
)
def test_settings_that_cannot_be_are_refused(configuration):
    with pytest.raises(ValidationError):
        CsvDecoder.model_validate(configuration)
