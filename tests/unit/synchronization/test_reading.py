"""Promises of reading ahead."""

from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from openconnector.errors import Unavailable
from openconnector.records import Page
from openconnector.synchronization.reading import prefetched


class Pages:
    """A source without end, or with an error at its end; it notes how far it was read."""

    def __init__(self, count: int | None = None) -> None:
        self.count = count
        self.read = 0

    async def __call__(self) -> AsyncIterator[Page]:
        while self.read != self.count:
            self.read += 1
            yield Page(records=[self.read])
        raise Unavailable("503")


async def test_what_the_source_raises_comes_after_the_pages_before_it():
    pages = prefetched(Pages(3)())

    taken = [(await anext(pages)).records for _ in range(3)]

    assert taken == [[1], [2], [3]]
    with pytest.raises(Unavailable):
        await anext(pages)


async def test_at_most_two_pages_wait_for_the_reader_and_none_is_read_after_he_left():
    source = Pages()

    async with aclosing(prefetched(source())) as pages:
        async for page in pages:
            if page.records == [5]:
                break
        read = source.read

    assert read <= 5 + 2
    assert source.read == read
