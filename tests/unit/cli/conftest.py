from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """Commands say where logs go; the next test must not find that."""
    yield
    structlog.reset_defaults()
