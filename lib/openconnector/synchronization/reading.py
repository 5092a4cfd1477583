"""Read ahead: the next page is fetched while this one is worked on."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from openconnector.records import Page


async def prefetched(pages: AsyncIterator[Page]) -> AsyncGenerator[Page, None]:
    """Yield the pages in order, always fetching one ahead; what the source raises is raised in its place.

    Close it, or the source goes on being read for a while after the reader has left.
    """
    queue: asyncio.Queue[Page | BaseException | None] = asyncio.Queue(maxsize=1)

    async def fetch() -> None:
        try:
            async for page in pages:
                await queue.put(page)
            await queue.put(None)
        except Exception as error:  # noqa: BLE001  handed on to the reader, in order
            await queue.put(error)

    fetching = asyncio.create_task(fetch())
    try:
        while (item := await queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        fetching.cancel()
        await asyncio.gather(fetching, return_exceptions=True)
