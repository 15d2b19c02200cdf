"""What every test may ask for."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def clone() -> Path:
    """Return the folder of the clone."""
    return Path(__file__).resolve().parent.parent
