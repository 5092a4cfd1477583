"""What the benchmark asks of the product: mappings of 20 fields."""

from typing import Any

CASTS = {"score": "float", "visits": "int", "active": "bool", "caseNumber": "string"}

PATHS = {
    "identifier": "id",
    "caseNumber": "number",
    "title": "title",
    "summary": "description",
    "status": "status",
    "priority": "priority",
    "amount": "amount",
    "paid": "paid",
    "email": "email",
    "phone": "phone",
    "createdAt": "created",
    "due": "due",
    "score": "score",
    "owner": "owner",
    "remark": "remark",
    "visits": "visits",
    "active": "active",
    "city": "address.city",
    "street": "address.street",
    "tags": "tags",
}

EXPRESSIONS = {
    "identifier": "{{ id }}",
    "caseNumber": "{{ number + 1 }}",
    "title": "{{ title | upper }}",
    "summary": "{{ title }}: {{ description }}",
    "status": "{{ status | replace(' ', '-') }}",
    "priority": "{{ 'high' if priority <= 2 else 'normal' }}",
    "amount": "{{ (amount * 100) | round | int }}",
    "paid": "{{ not paid }}",
    "email": "{{ email | lower }}",
    "phone": "{{ phone | replace('+31', '0') }}",
    "createdAt": "{{ created[:10] }}",
    "due": "{{ due ~ 'T00:00:00Z' }}",
    "score": "{{ score | float }}",
    "owner": "{{ owner | capitalize }}",
    "remark": "{{ remark or 'none' }}",
    "visits": "{{ visits | int }}",
    "active": "{{ active == 'true' }}",
    "city": "{{ address.city | upper }}",
    "street": "{{ address.street }} {{ address.house }}",
    "tags": "{{ tags | join(', ') }}",
}

TWIG = EXPRESSIONS | {
    "summary": "{{ title }}: {{ description }}",
    "status": "{{ status|replace({' ': '-'}) }}",
    "priority": "{{ priority <= 2 ? 'high' : 'normal' }}",
    "amount": "{{ (amount * 100)|round }}",
    "paid": "{{ paid ? 'False' : 'True' }}",
    "phone": "{{ phone|replace({'+31': '0'}) }}",
    "createdAt": "{{ created[:10] }}",
    "score": "{{ score }}",
    "remark": "{{ remark ?: 'none' }}",
    "visits": "{{ visits ?? 0 }}",
    "active": "{{ active == 'true' ? 'True' : 'False' }}",
}
"""The same in Twig, with the same texts."""

STATEMENTS = EXPRESSIONS | {
    "tags": "{% for tag in tags %}{{ tag }}{% if not loop.last %}, {% endif %}{% endfor %}",
    "priority": "{% if priority <= 2 %}high{% else %}normal{% endif %}",
    "summary": "{% set text = description | trim %}{{ title }}: {{ text }}",
}

MIXED_FIELDS = ("title", "summary", "priority", "amount", "email", "owner", "remark", "street")

PLAIN_MAPPING: dict[str, Any] = {"mapping": PATHS, "cast": CASTS}
"""Twenty paths, four of them cast."""

MIXED_MAPPING: dict[str, Any] = {
    "mapping": PATHS | {name: EXPRESSIONS[name] for name in MIXED_FIELDS},
    "cast": CASTS,
}
"""Eight expressions and twelve paths, four of them cast: what the runs are measured with."""

EXPRESSION_MAPPING: dict[str, Any] = {"mapping": EXPRESSIONS}
"""Twenty expressions."""

TWIG_MAPPING: dict[str, Any] = {"mapping": TWIG, "dialect": "twig"}
"""Twenty expressions of the dialect `twig`."""

STATEMENT_MAPPING: dict[str, Any] = {"mapping": STATEMENTS}
"""Seventeen expressions and three templates with statements."""

PROPERTIES: dict[str, Any] = {
    "identifier": {"type": "string", "pattern": "^case-[0-9]{8}$"},
    "caseNumber": {"type": "string"},
    "title": {"type": "string", "maxLength": 200},
    "summary": {"type": "string"},
    "status": {"type": "string", "enum": ["open", "in progress", "waiting", "closed", "reopened"]},
    "priority": {"type": "string", "enum": ["high", "normal"]},
    "amount": {"type": "integer", "minimum": 0},
    "paid": {"type": "boolean"},
    "email": {"type": "string", "format": "email"},
    "phone": {"type": "string"},
    "createdAt": {"type": "string", "format": "date-time"},
    "due": {"type": "string", "format": "date"},
    "score": {"type": "number", "minimum": 0, "maximum": 1},
    "owner": {"type": "string"},
    "remark": {"type": "string"},
    "visits": {"type": "integer"},
    "active": {"type": "boolean"},
    "city": {"type": "string"},
    "street": {"type": "string"},
    "tags": {"type": "array", "items": {"type": "string"}},
}
"""What the schema of the target asks of `MIXED_MAPPING`'s results."""
