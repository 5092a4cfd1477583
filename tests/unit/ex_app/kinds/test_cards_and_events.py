"""Promises about reading contacts and events."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ex_app.kinds import cards, events

CARD = (
    "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:abc\r\nFN:Jane Doe\r\nN:Doe\\; the\\, 2nd;Jane;;Dr;\r\n"
    "EMAIL;TYPE=WORK:jane@example.org\r\nitem1.EMAIL;TYPE=HOME,PREF:jane@home\r\n .example\r\n"
    'TEL;TYPE="cell,voice":+31 6 1234\r\nADR;TYPE=HOME:;;Main St 1;Town;;1234 AB;NL\r\n'
    "ORG:Acme\\, Inc;Dept\r\nNOTE:one\\ntwo\r\nCATEGORIES:a,b\r\nPHOTO;ENCODING=b;TYPE=JPEG:AAAA\r\n"
    "BDAY;VALUE=DATE:1990-01-02\r\nX-FOO:bar\r\nEND:VCARD\r\n"
)
EVENT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n"
    "BEGIN:VEVENT\r\nUID:e1\r\nDTSTART;TZID=Europe/Amsterdam:20261130T100000\r\n"
    "DTEND;TZID=Europe/Amsterdam:20261130T110000\r\nSUMMARY:Meeting\\, weekly\r\n"
    "RRULE:FREQ=WEEKLY;COUNT=5\r\nEXDATE;TZID=Europe/Amsterdam:20261207T100000\r\nCATEGORIES:a,b\r\n"
    "ORGANIZER;CN=Bob:mailto:bob@example.org\r\nATTENDEE;CN=Al;PARTSTAT=ACCEPTED:mailto:al@example.org\r\n"
    "END:VEVENT\r\n"
    "BEGIN:VEVENT\r\nUID:e1\r\nRECURRENCE-ID;TZID=Europe/Amsterdam:20261214T100000\r\n"
    "DTSTART;TZID=Europe/Amsterdam:20261214T120000\r\nSUMMARY:Later\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def test_a_card_becomes_a_record():
    found = cards.record(CARD)

    assert found["name"] == {"family": "Doe; the, 2nd", "given": "Jane", "prefix": "Dr"}
    assert found["emails"] == [
        {"value": "jane@example.org", "types": ["work"], "isPreferred": False},
        {"value": "jane@home.example", "types": ["home"], "isPreferred": True},
    ]
    assert found["phones"][0]["types"] == ["cell", "voice"]
    assert found["addresses"][0]["postalCode"] == "1234 AB"
    assert (found["organisation"], found["categories"]) == (["Acme, Inc", "Dept"], ["a", "b"])
    assert (found["note"], found["birthday"]) == ("one\ntwo", "1990-01-02")
    assert found["hasPhoto"]
    assert found["other"] == {"X-FOO": ["bar"]}
    assert "AAAA" not in json.dumps(found)


def test_an_event_becomes_a_record_with_its_rule_and_its_changed_occurrences():
    found = events.record(EVENT)

    assert (found["uid"], found["type"], found["summary"]) == ("e1", "event", "Meeting, weekly")
    start = datetime.fromisoformat(found["start"])
    assert start.astimezone(UTC) == datetime(2026, 11, 30, 9, tzinfo=UTC)
    assert (found["timeZone"], found["isAllDay"]) == ("Europe/Amsterdam", False)
    assert found["recurrence"] == ["FREQ=WEEKLY;COUNT=5"]
    assert found["excluded"] == ["2026-12-07T10:00:00+01:00"]
    assert found["attendees"] == [{"email": "al@example.org", "name": "Al", "answer": "ACCEPTED"}]
    [later] = found["exceptions"]
    assert (later["summary"], later["replaces"]) == ("Later", "2026-12-14T10:00:00+01:00")


def test_a_whole_day_has_no_time():
    text = EVENT.split("BEGIN:VEVENT", maxsplit=1)[0] + (
        "BEGIN:VTODO\r\nUID:t\r\nDTSTART;VALUE=DATE:20261130\r\nDUE;VALUE=DATE:20261201\r\n"
        "PERCENT-COMPLETE:40\r\nEND:VTODO\r\nEND:VCALENDAR\r\n"
    )

    found = events.record(text)

    assert (found["type"], found["start"], found["due"]) == ("task", "2026-11-30", "2026-12-01")
    assert (found["isAllDay"], found["percentComplete"]) == (True, 40)


@pytest.mark.parametrize(
    "text", ["", "x", "BEGIN:VCARD", "BEGIN:VCALENDAR\r\nEND:VCALENDAR", CARD[:-14], EVENT[:-18]]
)
def test_what_is_none_is_said_to_be_none(text):
    for parse in (cards.record, events.record):
        with pytest.raises(ValueError, match=r"."):
            parse(text)


@given(st.data())
def test_whatever_is_written_gives_json_or_is_refused(data):
    text, parse = data.draw(st.sampled_from([(CARD, cards.record), (EVENT, events.record)]))
    at = data.draw(st.integers(0, len(text)))
    upto = data.draw(st.integers(at, min(len(text), at + 30)))
    changed = text[:at] + data.draw(st.text(max_size=20)) + text[upto:]

    try:
        found = parse(changed)
    except ValueError:
        return

    assert isinstance(json.loads(json.dumps(found)), dict)
