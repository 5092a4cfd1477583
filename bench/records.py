"""The records of the benchmark: always the same ones, so that figures of two days can be compared."""

import random
from collections.abc import Iterator
from typing import Any

import orjson

SEED = 7
CHANGED_EVERY = 100
"""In the changed variant the record at every such position differs: one per cent."""

CITIES = ("Amsterdam", "Utrecht", "Groningen", "Maastricht", "Zwolle", "Middelburg", "Leeuwarden")
STREETS = ("Dorpsstraat", "Kerkweg", "Stationsplein", "Molenpad", "Oude Haven", "Lange Voorhout")
STATES = ("open", "in progress", "waiting", "closed")
TAGS = ("urgent", "permit", "objection", "archive", "internal", "citizen", "tax", "environment")
WORDS = (
    "application", "file", "decision", "letter", "notice", "term", "appeal", "hearing",
    "advice", "report", "request", "payment", "plan", "survey", "meeting", "parcel",
    "building", "tree", "noise", "street",
)  # fmt: skip


def records(count: int) -> Iterator[dict[str, Any]]:
    """Yield ``count`` records of 20 fields and about 535 bytes each."""
    chance = random.Random(SEED)
    for number in range(count):
        yield _record(number, chance)


def changed(record: dict[str, Any]) -> dict[str, Any]:
    """Return the record as the changed variant has it."""
    return record | {"amount": record["amount"] + 1, "status": "reopened"}


def rendered(count: int, size: int) -> tuple[list[bytes], list[bytes]]:
    """Return the records as JSON, as they are and with one per cent changed.

    Each element holds ``size`` records parted by commas, without brackets.
    """
    same = [orjson.dumps(record) for record in records(count)]
    other = [
        orjson.dumps(changed(orjson.loads(text))) if number % CHANGED_EVERY == 0 else text
        for number, text in enumerate(same)
    ]
    return _joined(same, size), _joined(other, size)


def _joined(texts: list[bytes], size: int) -> list[bytes]:
    return [b",".join(texts[start : start + size]) for start in range(0, len(texts), size)]


def _record(number: int, chance: random.Random) -> dict[str, Any]:
    day = f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    name = f"{chance.choice(WORDS)} {chance.choice(WORDS)}"
    return {
        "id": f"case-{number:08}",
        "number": number,
        "title": name.capitalize(),
        "description": " ".join(chance.choices(WORDS, k=7)),
        "status": chance.choice(STATES),
        "priority": chance.randint(1, 5),
        "amount": chance.randint(0, 9_999_999) / 100,
        "paid": chance.random() < 0.5,
        "email": f"{chance.choice(WORDS)}.{chance.randint(1, 99_999)}@example.org",
        "phone": f"+31{chance.randint(100_000_000, 999_999_999)}",
        "created": f"{day}T{chance.randint(0, 23):02}:{chance.randint(0, 59):02}:00Z",
        "due": day,
        "score": f"{chance.random():.4f}",
        "owner": chance.choice(WORDS),
        "remark": chance.choice((None, "", "see file")),
        "visits": str(chance.randint(0, 500)),
        "active": chance.choice(("true", "false")),
        "checksum": f"{chance.getrandbits(64):016x}",
        "address": {
            "street": chance.choice(STREETS),
            "house": chance.randint(1, 400),
            "postcode": f"{chance.randint(1000, 9999)} AB",
            "city": chance.choice(CITIES),
        },
        "tags": chance.sample(TAGS, k=3),
    }
