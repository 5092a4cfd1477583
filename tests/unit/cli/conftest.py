import pytest


@pytest.fixture(autouse=True)
def _logs_as_before(logs_as_before: None) -> None:
    """Every command says where logs go."""
