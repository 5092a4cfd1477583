"""Recognising the dead, with real processes."""

import os
import signal
import subprocess
import sys

from openconnector.jobs.owner import is_surely_dead, new_owner

NAMED = "from openconnector.jobs.owner import new_owner; print(new_owner(), flush=True); input()"


def started() -> tuple["subprocess.Popen[str]", str]:
    """Start a process and return it with the name it gives itself."""
    process = subprocess.Popen(
        [sys.executable, "-c", NAMED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def test_a_process_is_dead_once_it_was_killed_even_before_its_parent_knows():
    process, owner = started()
    with process:
        alive = is_surely_dead(owner)
        process.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

        unnoticed = is_surely_dead(owner)
        process.wait()

    assert (alive, unnoticed, is_surely_dead(owner)) == (False, True, True)


def test_another_process_that_got_the_same_number_is_not_taken_for_the_dead_one():
    where, pid, begun, rest = new_owner().rsplit("/", 3)

    assert is_surely_dead(f"{where}/{pid}/{int(begun) - 1}/{rest}")


def test_who_is_elsewhere_or_has_no_proper_name_is_never_taken_for_dead():
    _, pid, begun, rest = new_owner().rsplit("/", 3)

    assert not is_surely_dead(f"another-boot/pid:[1]/{pid}/{int(begun) - 1}/{rest}")
    assert not is_surely_dead("")
    assert not is_surely_dead("a/b/c/d")
