"""The command line: `s2sauth demo`, `serve`, `policy`, `doctor`, `token`, `inspect`.

Needs the extra `cli`.
"""

import sys

__all__ = ["main"]

# What each third-party module comes with; all of them are in the extra `cli`.
_EXTRAS = {
    "click": "cli",
    "rich": "cli",
    "flask": "flask",
    "werkzeug": "testing",
    "grpc": "grpc",
    "google": "grpc",
}


def main() -> None:
    """Run a command, and end the process; where an extra is missing, say so."""
    try:
        from s2sauth.cli.app import s2sauth

        s2sauth(prog_name="s2sauth")
    except ImportError as error:
        problem = missing_extra(error)
        if problem is None:
            raise
    sys.exit(problem)


def missing_extra(error: ImportError) -> str | None:
    """Return what to install, in one line; None: no extra would help."""
    if str(error).startswith("s2sauth."):  # ours, which says it all
        return str(error)
    name = (error.name or "").partition(".")[0]
    extra = _EXTRAS.get(name)
    if extra is None:
        return None
    return (
        f"s2sauth: this command needs {name}, which isn't installed: "
        f"pip install 's2sauth[{extra}]'"
    )
