"""Link headers are read as RFC 8288 says, and nothing in them raises."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openconnector.paginators.link_header import next_link, parse_links

SUITE = Path(__file__).parents[4] / "shared/data/suites/link-header/vectors.json"
VECTORS = json.loads(SUITE.read_text()) if SUITE.exists() else []
BASE = "https://api.test/items?page=2"


@pytest.mark.skipif(not VECTORS, reason=f"the Link header vectors are not at {SUITE}")
def test_the_vectors_are_there():
    assert len(VECTORS) >= 27


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_vector_leads_to_its_next_page(vector):
    link = next_link(", ".join(vector["headers"]), vector["base"])

    assert vector["next"] in ("unspecified", link)


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS if v["links"] is not None], ids=lambda vector: vector["name"]
)
def test_a_vector_has_its_relations(vector):
    links = list(parse_links(", ".join(vector["headers"])))

    assert [of.get("rel", "").lower().split() for _, of in links] == [
        link["rels"] for link in vector["links"]
    ]


@pytest.mark.parametrize(
    ("header", "link"),
    [
        ('<?page=3>; rel="next"', "https://api.test/items?page=3"),
        ("<?page=3>;rel=next", "https://api.test/items?page=3"),
        ('<?a=1,2;b>; title="x, y; \\"z\\""; REL="Next"', "https://api.test/items?a=1,2;b"),
        ('<?page=1>; rel=prev, <?page=3>; rel="last next"', "https://api.test/items?page=3"),
        ('<?page=3>; rel="nexthop"', None),
        ('<?page=3>; rel=last; rel="next"', None),
        ('<?page=3>; rel="next"; anchor="/other"', None),
        ('<http://[broken>; rel="next"', None),
        ("", None),
    ],
)
def test_the_next_page_is_the_link_with_that_relation(header, link):
    assert next_link(header, BASE) == link


@given(st.text(alphabet='<>;,="\\ \tnextrel?/:#[]', max_size=60))
def test_no_header_raises(header):
    next_link(header, BASE)
