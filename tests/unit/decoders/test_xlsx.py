"""Workbooks come in as a sheet shows them, and none of them can take the process along."""

import io
import zipfile
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openconnector.decoders.xlsx import MAX_PARTS, XlsxDecoder
from openconnector.errors import LimitExceeded, MalformedAnswer

HEADER = ("naam", "n")


def at(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type] # noqa: DTZ001  sheets know no time zones


def workbook(rows, **sheets) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for title, other in sheets.items():
        sheet = book.create_sheet(title)
        for row in other:
            sheet.append(row)
    return saved(book)


def saved(book) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def changed(body: bytes, name: str, change) -> bytes:
    """Return the workbook with one part changed; a new part is added."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(file, "w", 8) as new:
        for part in old.namelist():
            if part != name:
                new.writestr(part, old.read(part))
        new.writestr(name, change(old.read(name) if name in old.namelist() else b""))
    return file.getvalue()


def decoded(body: bytes, **configuration):
    return XlsxDecoder.model_validate(configuration).decode(body, "")


def test_rows_are_records_under_the_names_of_the_header():
    assert decoded(workbook([HEADER, ("Ada", 1), (None, None), ("Bob", 2.5), ("Eve",)])) == [
        {"naam": "Ada", "n": 1},
        {"naam": "Bob", "n": 2.5},
        {"naam": "Eve", "n": None},
    ]


@pytest.mark.parametrize(
    ("value", "form", "expected"),
    [
        (at(2026, 1, 31), "yyyy-mm-dd", "2026-01-31"),
        (date(2026, 1, 31), None, "2026-01-31"),
        (at(2026, 1, 31, 10, 30), None, "2026-01-31T10:30:00"),
        (at(2026, 1, 31), "dd-mm-yyyy hh:mm", "2026-01-31T00:00:00"),
        (at(2026, 1, 31), '[$-413]d mmmm yyyy "uur"', "2026-01-31"),
        (time(10, 30), None, "10:30:00"),
        (timedelta(hours=36, minutes=5), None, "36:05:00"),
        (True, None, True),
        (0, None, 0),
        ("  a ", None, "  a "),
    ],
)
def test_values_are_what_the_sheet_shows(value, form, expected):
    book = openpyxl.Workbook()
    book.active.append(["v"])
    book.active.append([value])
    if form:
        book.active["A2"].number_format = form

    assert decoded(saved(book)) == [{"v": expected}]


def test_a_formula_gives_the_value_that_was_saved_with_it():
    body = workbook([("a", "sum"), (1, "=A2+1"), (2, "=A3+1")])
    computed = changed(
        body,
        "xl/worksheets/sheet1.xml",
        lambda part: part.replace(b"<f>A2+1</f><v />", b"<f>A2+1</f><v>2</v>").replace(
            b"<f>A2+1</f><v></v>", b"<f>A2+1</f><v>2</v>"
        ),
    )

    assert decoded(computed) == [{"a": 1, "sum": 2}, {"a": 2, "sum": None}]


def test_the_sheet_is_chosen_by_name():
    body = workbook([("x",), (1,)], People=[HEADER, ("Ada", 1)])

    assert decoded(body, sheet="People") == [{"naam": "Ada", "n": 1}]
    assert decoded(body) == [{"x": 1}]
    with pytest.raises(MalformedAnswer, match="'Sheet', 'People'"):
        decoded(body, sheet="Persons")


def test_a_hidden_sheet_is_not_the_first_one():
    book = openpyxl.Workbook()
    book.active.append(["hidden"])
    book.active.sheet_state = "hidden"
    sheet = book.create_sheet("Shown")
    sheet.append(["a"])
    sheet.append([1])

    assert decoded(saved(book)) == [{"a": 1}]


def test_rows_before_the_table_are_skipped_and_columns_can_be_named():
    body = workbook([("Export",), (), HEADER, ("Ada", 1)])

    assert decoded(body, skipRows=2) == [{"naam": "Ada", "n": 1}]
    assert decoded(body, skipRows=3, hasHeader=False, columns=["a", "b"]) == [{"a": "Ada", "b": 1}]


def test_a_wrong_note_of_the_size_loses_no_cell():
    body = changed(
        workbook([HEADER, ("Ada", 1)]),
        "xl/worksheets/sheet1.xml",
        lambda part: part.replace(b'ref="A1:B2"', b'ref="A1"'),
    )

    assert decoded(body) == [{"naam": "Ada", "n": 1}]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b"naam;n\nAda;1\n", "something else"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "encrypted"),
        (workbook([HEADER])[:-30], "cut off"),
    ],
)
def test_what_is_no_workbook_is_named(body, says):
    with pytest.raises(MalformedAnswer, match=says):
        decoded(body)


def test_a_zip_that_is_no_workbook_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "a")

    with pytest.raises(MalformedAnswer, match="broken"):
        decoded(file.getvalue())


@given(st.integers(min_value=0), st.binary(min_size=1, max_size=40))
def test_damage_anywhere_is_a_malformed_answer_or_does_no_harm(place, damage):
    body = bytearray(workbook([HEADER, ("Ada", 1)]))
    place %= len(body)
    body[place : place + len(damage)] = damage

    try:
        found = decoded(bytes(body))
    except (MalformedAnswer, LimitExceeded):
        return
    assert all(isinstance(record, dict) for record in found)


def test_bombs_are_refused_before_they_burst():
    body = workbook([HEADER])
    zeros = changed(body, "xl/media/zeros.bin", lambda _: bytes(8 * 1024 * 1024))

    with pytest.raises(LimitExceeded, match="200 times"):
        decoded(zeros)
    with pytest.raises(LimitExceeded, match="maxUnpacked"):
        decoded(zeros, maxUnpacked=1024 * 1024)


def test_a_workbook_with_too_many_parts_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(MAX_PARTS + 1):
            archive.writestr(str(number), b"")

    with pytest.raises(LimitExceeded, match="parts"):
        decoded(file.getvalue())


def test_a_document_type_is_refused():
    entity = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    body = changed(
        workbook([HEADER]),
        "xl/workbook.xml",
        lambda part: entity + part,
    )

    with pytest.raises(MalformedAnswer, match="document type"):
        decoded(body)


@pytest.mark.slow
def test_a_row_far_beyond_a_sheet_ends_in_an_error():
    body = changed(
        workbook([HEADER, ("Ada", 1)]),
        "xl/worksheets/sheet1.xml",
        lambda part: part.replace(b'<row r="2"', b'<row r="999999999999"').replace(
            b'r="A2"', b'r="A999999999999"'
        ),
    )

    with pytest.raises((LimitExceeded, MalformedAnswer)):
        decoded(body)
