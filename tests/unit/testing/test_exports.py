"""What importing s2sauth.testing costs, and what it exports."""

import os
import subprocess
import sys

import pytest

import s2sauth.testing


def _modules_after(statement):
    script = f"import sys; {statement}; print(*sorted(sys.modules))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement",
    [
        "from s2sauth.testing import FakeClock, StaticTokenSource, StaticVerifier",
        "import s2sauth.testing.plugin",
    ],
)
def test_light_names_load_no_server(statement):
    """The fakes and the plugin don't load the server."""
    loaded = _modules_after(statement)

    assert "s2sauth.testing" in loaded
    assert not {"s2sauth.testing.server", "http.server"} & loaded


def test_every_name_is_there():
    """Each exported name can be had, and `dir` lists it."""
    names = s2sauth.testing.__all__

    assert names == dir(s2sauth.testing)
    assert names == [getattr(s2sauth.testing, name).__name__ for name in names]


def test_another_name_is_an_attribute_error():
    """A misspelt name fails as in any other module."""
    with pytest.raises(AttributeError, match="Nonsense"):
        _ = s2sauth.testing.Nonsense
