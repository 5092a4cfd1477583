"""The process that calculates previews: one request after the other from standard input, each answered.

A message is four bytes with its length and then JSON. A request names a task of `tasks`; while it is carried out the
child may ask for saved mappings. The child holds no secret, opens no file and cannot outlive its time.
"""

import os
import resource
import signal
import sys
import traceback
from typing import Any, Final

from openconnector.errors import InvalidInput, NotFound
from openconnector.mapping.mapper import Resolve
from openconnector.mapping.spec import MappingSpec
from openconnector.previews import messages
from openconnector.previews.tasks import TASKS

GRACE_SECONDS: Final = 1.0
"""How much later than its parent the child ends itself; it matters when the parent is gone."""

MIB: Final = 1024 * 1024


def main(memory_mib: int, seconds: float) -> None:
    """Answer requests until standard input ends."""
    with os.fdopen(os.dup(0), "rb") as incoming, os.fdopen(os.dup(1), "wb") as outgoing:
        os.dup2(2, 1)  # what a library prints must not get between our messages
        _limit(memory_mib)
        messages.write(outgoing, {"ready": True})
        while (request := messages.read(incoming)) is not None:
            signal.setitimer(signal.ITIMER_REAL, seconds + GRACE_SECONDS)
            answer = answered(request, _Mappings(incoming, outgoing).resolve)
            signal.setitimer(signal.ITIMER_REAL, 0)
            messages.write(outgoing, answer)


def _limit(memory_mib: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_mib * MIB,) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)  # answers to others come first


def answered(request: Any, resolve: Resolve) -> dict[str, Any]:
    """Return what is answered to a request: its `value`, or why there is none."""
    try:
        value = TASKS[request["task"]](request["argument"], resolve)
        answer = {"value": value}
        messages.packed(answer)
    except InvalidInput as error:
        return {"invalid": messages.problems(error), "subject": error.subject}
    except messages.NoMessage as error:
        return {"limit": str(error)}
    except MemoryError:
        os._exit(messages.MEMORY_USED_UP)
    return answer


class _Mappings:
    """The saved mappings, which only the parent can read."""

    def __init__(self, incoming: Any, outgoing: Any) -> None:
        self._incoming = incoming
        self._outgoing = outgoing

    def resolve(self, key: str) -> MappingSpec:
        """Return a saved mapping. Raises `NotFound`."""
        messages.write(self._outgoing, {"resolve": key})
        answer = messages.read(self._incoming)
        if answer is None:
            sys.exit()  # nobody waits for the result any more
        if answer["mapping"] is None:
            raise NotFound("mapping", key)
        return MappingSpec.model_validate(answer["mapping"])


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), float(sys.argv[2]))
    except MemoryError:
        os._exit(messages.MEMORY_USED_UP)
    except Exception:  # noqa: BLE001  a fault of ours: told where logs go, and by the exit code
        traceback.print_exc()
        sys.exit(1)
