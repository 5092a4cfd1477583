from collections.abc import Callable
from typing import Any

import pytest

from openconnector.definitions.entries import Contents
from openconnector.definitions.notation import Document
from openconnector.definitions.predecessor.takeover import take_over

TakeOver = Callable[..., Contents]


@pytest.fixture
def taken() -> TakeOver:
    """Translate values as if each were a file."""

    def translate(*values: Any) -> Contents:
        return take_over(Document(value=value, lines={}) for value in values)

    return translate
