"""For all races: switch threads as often as the interpreter can."""

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _hectic() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)
