"""The command `s2sauth`: its help, its errors, and what it says without its extras."""

import sys

import pytest

import s2sauth
from support.commands import run, s2sauth_command

# Puts a module that can't be found in the way of each one named, then runs the command.
WITHOUT = """
import sys
for name in sys.argv.pop(1).split(","):
    sys.modules[name] = None
from s2sauth.cli import main
main()
"""


def without(modules, *arguments):
    """Run the command where some modules aren't installed."""
    return run([sys.executable, "-c", WITHOUT, modules, *arguments])


@pytest.mark.cli
def test_help_names_every_command():
    """`s2sauth --help` says what there is, and how to begin."""
    done = run(s2sauth_command("--help"))
    assert 0 == done.code
    for name in ("demo", "serve", "policy", "s2sauth serve --config idp.toml"):
        assert name in done.out


@pytest.mark.cli
@pytest.mark.parametrize(
    "command", ["demo", "serve", "policy", "policy show", "policy check"]
)
def test_every_command_explains_itself(command):
    """`--help` of each command says more than its usage, without running it."""
    done = run(s2sauth_command(*command.split(), "--help"))
    assert 0 == done.code
    assert len(done.out.splitlines()) > 5


@pytest.mark.cli
def test_version():
    """`s2sauth --version` is the package's."""
    done = run(s2sauth_command("--version"))
    assert f"s2sauth, version {s2sauth.__version__}\n" == done.out


@pytest.mark.cli
@pytest.mark.parametrize(
    "wrong",
    [["fly"], ["serve"], ["serve", "--config", "nowhere.toml"], ["policy", "fly"]],
)
def test_a_wrong_command_line_ends_with_2(wrong):
    """What can't be understood is said on stderr, and ends with 2."""
    done = run(s2sauth_command(*wrong))
    assert (2, "") == (done.code, done.out)
    assert "Usage:" in done.err


@pytest.mark.parametrize(
    ("missing", "arguments", "extra"),
    [
        ("click", ["--help"], "cli"),
        ("rich", ["--help"], "cli"),
        pytest.param("flask", ["demo"], "flask", marks=pytest.mark.cli),
        pytest.param("werkzeug", ["demo"], "testing", marks=pytest.mark.cli),
        pytest.param("grpc", ["demo"], "grpc", marks=pytest.mark.cli),
        pytest.param("google", ["demo"], "grpc", marks=pytest.mark.cli),
    ],
)
def test_a_missing_extra_is_said_in_one_line(missing, arguments, extra):
    """Without an extra the command names it and the pip command, and fails."""
    done = without(missing, *arguments)
    assert 1 == done.code
    assert 1 == len(done.err.splitlines())
    assert f"pip install 's2sauth[{extra}]'" in done.err


@pytest.mark.cli
def test_another_missing_module_is_no_extra():
    """What no extra brings isn't blamed on one."""
    done = without("tomllib", "--help")
    assert 1 == done.code
    assert "ModuleNotFoundError" in done.err
    assert "pip install" not in done.err
