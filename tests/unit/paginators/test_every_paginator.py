"""Every way to page gives exactly the flat list of records, and proves that it ended."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openconnector.kinds.paginator import Paginator
from openconnector.paginators.auto import Auto
from openconnector.records import Page
from openconnector.sources.rest import RestSource
from openconnector.testing import http_for
from tests.fakes.paged_api import BASE, STYLES, PagedApi
from tests.fakes.reach import reach_with

BY_HAND = [name for name, style in STYLES.items() if style.paginator]
DETECTED = [name for name, style in STYLES.items() if style.is_detected]


def numbered(count: int) -> list:
    return [{"id": number} for number in range(count)]


lists = st.integers(0, 30).map(numbered)
short_lists = st.integers(0, 12).map(numbered)
"""For what reads again from every page: the requests grow with the square of the pages."""


async def pages_of(api: PagedApi, paginator: Paginator | None, cursor=None) -> list[Page]:
    source = RestSource(location=BASE, paginator=paginator or Auto(), max_pages=100)
    reach = reach_with(http=http_for(api))
    return [page async for page in source.read(reach, cursor)]


def flat(pages: list[Page]) -> list:
    return [record for page in pages for record in page.records]


@pytest.mark.parametrize("style", BY_HAND)
@settings(max_examples=8)
@given(records=lists, size=st.integers(1, 12))
async def test_the_fitting_paginator_gives_the_flat_list(style, records, size):
    api = PagedApi(records=records, size=size, style=style)

    pages = await pages_of(api, STYLES[style].paginator)

    assert flat(pages) == records
    assert [page.is_end for page in pages] == [False] * (len(pages) - 1) + [True]


@pytest.mark.parametrize("style", DETECTED)
@settings(max_examples=8)
@given(records=lists, size=st.integers(1, 12))
async def test_auto_gives_the_flat_list(style, records, size):
    api = PagedApi(records=records, size=size, style=style)

    pages = await pages_of(api, Auto())

    assert flat(pages) == records
    assert [page.is_end for page in pages] == [False] * (len(pages) - 1) + [True]


@pytest.mark.parametrize("style", DETECTED)
@settings(max_examples=4)
@given(records=short_lists, size=st.integers(1, 5))
async def test_a_read_goes_on_from_every_cursor_it_gave(style, records, size):
    api = PagedApi(records=records, size=size, style=style)
    pages = await pages_of(api, Auto())

    for number, page in enumerate(pages[:-1], start=1):
        rest = await pages_of(api, Auto(), page.cursor)

        assert flat(pages[:number]) + flat(rest) == records
        assert rest[-1].is_end


async def test_auto_does_not_trust_a_refusal_in_the_middle():
    api = PagedApi(records=[{"id": n} for n in range(7)], size=2, style="pages that end in 404")

    pages = await pages_of(api, Auto())

    assert flat(pages) == api.records
    assert not pages[-1].is_end
    assert pages[-1].incomplete == (
        "Page 5 was refused with status 404; set the paginator that fits this source"
    )
