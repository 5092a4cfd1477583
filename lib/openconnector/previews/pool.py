"""A few processes for previews, so that a mapping that goes wild costs one request and nothing else.

A child is started when a preview needs one, kept for the next, and killed when a preview takes too long or too much
memory.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process, SubprocessStreamProtocol
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import structlog

from openconnector.errors import TemplateLimit, Unavailable
from openconnector.messages import t
from openconnector.previews import messages

Lookup = Callable[[str], Awaitable[Mapping[str, Any] | None]]
"""Finds a saved mapping by id, slug or reference; None when there is none."""

START_SECONDS: Final = 30.0
"""How long a child may take to be ready: it has to load its libraries on a machine that may be busy."""

STOP_SECONDS: Final = 2.0

BUFFER_BYTES: Final = 64 * 1024
"""How much of an answer is held before it is asked for."""

MAX_WAITING: Final = 50
"""How many previews may wait for a child."""

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewLimits:
    """What previews may cost."""

    processes: int = 2
    """How many are calculated at once."""
    seconds: float = 5.0
    """How long one may take; then its process is killed."""
    memory_mib: int = 512
    """How much memory a process may have, in MiB of address space."""


class Previews:
    """Carries out previews in children. Close it when done."""

    def __init__(self, limits: PreviewLimits | None = None) -> None:
        self.limits = limits or PreviewLimits()
        self._turn = asyncio.Semaphore(self.limits.processes)
        self._idle: list[_Child] = []
        self._waiting = 0

    @property
    def idle(self) -> list[int]:
        """The process ids of the children that wait for work."""
        return [child.pid for child in self._idle]

    async def run(self, task: str, argument: Mapping[str, Any], lookup: Lookup) -> Any:
        """Return what a task of `tasks` gives for its argument.

        Raises `InvalidInput` as the task does, `TemplateLimit` when it takes too long or too much memory, and
        `Unavailable` when too many wait already.
        """
        if self._waiting >= MAX_WAITING:
            raise Unavailable(t("Too many previews are waiting; try again"), retry_after_seconds=1)
        self._waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self._waiting -= 1
        try:
            answer = await self._answered({"task": task, "argument": argument}, lookup)
        finally:
            self._turn.release()
        return _value(answer)

    async def close(self) -> None:
        """End every child that waits for work."""
        while self._idle:
            await self._idle.pop().stop()

    async def _answered(self, request: Mapping[str, Any], lookup: Lookup) -> Any:
        child = await self._child()
        try:
            async with asyncio.timeout(self.limits.seconds):
                answer = await child.ask(request, lookup)
        except TimeoutError:
            logger.warning("preview killed: it took too long", pid=child.pid)
            raise TemplateLimit(
                f"The preview took more than {self.limits.seconds:g} seconds; make the mapping do less"
            ) from None
        except (EOFError, ConnectionError):
            raise await self._broken(child) from None
        else:
            self._idle.append(child)
            return answer
        finally:
            if child not in self._idle:
                await child.kill()

    async def _child(self) -> "_Child":
        while self._idle:
            child = self._idle.pop()
            if child.is_alive:
                return child
            await child.kill()
        return await _Child.started(self.limits)

    async def _broken(self, child: "_Child") -> Exception:
        """Return what the end of a child in the middle of a request means."""
        code = await child.ended()
        logger.warning("preview process ended", pid=child.pid, code=code)
        if code == messages.MEMORY_USED_UP or code < 0:
            return TemplateLimit(
                f"The preview needed more than {self.limits.memory_mib} MiB of memory; "
                "make the mapping produce less"
            )
        return RuntimeError(f"a preview process ended with code {code}")


def _value(answer: Mapping[str, Any]) -> Any:
    if "invalid" in answer:
        raise messages.invalid(answer["invalid"], answer["subject"])
    if "limit" in answer:
        raise TemplateLimit(f"The preview cannot be shown: {answer['limit']}")
    return answer["value"]


class _Child:
    """One process, as its parent sees it."""

    def __init__(
        self, transport: asyncio.SubprocessTransport, protocol: SubprocessStreamProtocol
    ) -> None:
        assert protocol.stdin is not None  # noqa: S101  it was asked for
        assert protocol.stdout is not None  # noqa: S101
        self._transport = transport
        self._process = Process(transport, protocol, asyncio.get_running_loop())
        self._to, self._from = protocol.stdin, protocol.stdout

    @classmethod
    async def started(cls, limits: PreviewLimits) -> "_Child":
        """Start a process and wait until it is ready."""
        # As `create_subprocess_exec` does it, which keeps the transport to itself.
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.subprocess_exec(
            lambda: SubprocessStreamProtocol(limit=BUFFER_BYTES, loop=loop),
            *(sys.executable, "-m", "openconnector.previews.child"),
            *(str(limits.memory_mib), str(limits.seconds)),
            stdin=PIPE,
            stdout=PIPE,
            stderr=None,
            # Nothing of our environment, which holds secrets; only where the program is.
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONSAFEPATH": "1"},
            start_new_session=True,  # Ctrl-C is for us; the children are ended by us
        )
        child = cls(transport, protocol)
        try:
            async with asyncio.timeout(START_SECONDS):
                await child._received()
        except (EOFError, TimeoutError) as error:
            await child.kill()
            raise Unavailable(
                t(
                    "No process for previews could be started (exit code {returncode}); it may need more "
                    "memory than it is allowed",
                    returncode=child._process.returncode,
                )
            ) from error
        except BaseException:
            await child.kill()
            raise
        return child

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, request: Mapping[str, Any], lookup: Lookup) -> Any:
        """Return the answer to a request. Raises `EOFError` or `ConnectionError` when the child ends before."""
        await self._send(request)
        while "resolve" in (answer := await self._received()):
            await self._send({"mapping": await lookup(answer["resolve"])})
        return answer

    async def _send(self, message: Mapping[str, Any]) -> None:
        try:
            self._to.write(messages.packed(message))
        except messages.NoMessage as error:
            raise TemplateLimit(f"The preview cannot be carried out: {error}") from None
        await self._to.drain()

    async def _received(self) -> Any:
        head = await self._from.readexactly(messages.LENGTH_BYTES)
        return messages.unpacked(await self._from.readexactly(messages.length(head)))

    async def stop(self) -> None:
        """Let the child end by itself, or kill it."""
        self._to.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self._process.wait()
        await self.kill()

    async def ended(self) -> int:
        """Return the exit code of a child that is ending; a negative one is a signal's number."""
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                return await self._process.wait()
        await self.kill()
        return await self._process.wait()

    async def kill(self) -> None:
        """End the child at once, with what it was about to say."""
        # The pipes are closed as well: waiting for the end would otherwise wait for somebody to read them.
        self._transport.close()
        await self._process.wait()
