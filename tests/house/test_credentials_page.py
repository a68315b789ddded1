"""docs/credentials.md: its examples hold, and its tables cite files that are there."""

import re

import pytest

from s2sauth.client.configuration import CREDENTIALS
from s2sauth.client.configuration.kinds import SECRET_SOURCES
from support.commands import ROOT

PAGE = (ROOT / "docs/credentials.md").read_text("utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
# The values of our own services, which the page doesn't explain.
OUTSIDE = {"kms": None, "store": None}


@pytest.mark.parametrize("code", EXAMPLES)
def test_examples_are_short_and_run(code):
    """Files and servers that aren't there are no error until a token is fetched."""
    pytest.importorskip("hvac")
    pytest.importorskip("boto3")
    names = dict(OUTSIDE)

    exec(code, names)

    assert {"credential", "secret"} & names.keys()
    assert len(code.splitlines()) <= 4


def test_every_source_and_credential_has_an_example():
    """What can be configured is shown."""
    shown = set(re.findall(r"(\w+)\(", "".join(EXAMPLES)))
    logins = set(re.findall(r"`(\w+Login)(?:\(\))?`", PAGE))
    there = {*CREDENTIALS.names(), *SECRET_SOURCES.names()}
    assert set() == there - shown - logins


def test_the_tables_cite_tests_that_are_there():
    """Each file that's named exists, and each cell says real or dialect, and where."""
    named = set(re.findall(r"`(tests/[\w/.]+)`", PAGE))
    assert set() == {path for path in named if not (ROOT / path).exists()}
    rows = re.findall(r"^\| `(?:.+?)\| (.+) \|$", PAGE, re.MULTILINE)
    cells = [cell for row in rows for cell in row.split(" | ")]
    assert 18 * 4 <= len(cells)
    assert [] == [
        one for one in cells if not re.fullmatch(r"(real|dialect)( [¹²³⁴-⁹])+", one)
    ]
