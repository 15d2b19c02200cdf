"""What every test may ask for."""

import signal
import threading
from pathlib import Path

import pytest

if threading.current_thread() is threading.main_thread():
    # A shell starts what runs in the background with Ctrl-C ignored, and so do its children:
    # the tests of interruptions need it heard.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def clone() -> Path:
    """Return the folder of the clone."""
    return Path(__file__).resolve().parent.parent
