"""The public API is what it was, unless someone said yes to the change."""

import pytest

from house.public_api import SNAPSHOT, describe

pytestmark = [pytest.mark.grpc, pytest.mark.flask]


def test_the_public_api_is_the_snapshot():
    """A name or parameter that comes, goes or moves is seen (public_api.py --write)."""
    assert SNAPSHOT.read_text(encoding="utf-8") == describe()
