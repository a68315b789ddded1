"""Where a token comes from that's to be looked at: a file or a pipe, no argument."""

import sys
from pathlib import Path

import click

__all__ = ["read_token"]

_LONGEST = 64 * 1024  # characters; verifiers take 16 KiB
_SCHEME = "bearer "
_HEADER = "authorization:"


def read_token(file: str) -> str:
    """Return the token in a file, or on standard input (`-`).

    `Bearer` and `Authorization:` before it, as copied from a request, are left out.

    Raises:
        UsageError: There's none; the message repeats nothing of what was given,
            which may be the token itself.
    """
    text = _typed() if file == "-" else _read(file)
    token = text.strip()
    for before in (_HEADER, _SCHEME):
        if token.lower().startswith(before):
            token = token[len(before) :].strip()
    if token:
        return token
    message = "there's no token: what was read is empty"
    raise click.UsageError(message)


def _typed() -> str:
    if sys.stdin.isatty():
        # Not shown while it's pasted.
        pasted: str = click.prompt("token", hide_input=True, err=True)
        return pasted
    return _decoded(sys.stdin.buffer.read(_LONGEST))


def _read(file: str) -> str:
    try:
        with Path(file).open("rb") as opened:
            return _decoded(opened.read(_LONGEST))
    except (OSError, ValueError):  # a name too long, or no name at all
        message = (
            "FILE can't be read. If it was the token itself: it stands in the shell's "
            "history now; have it revoked, or wait for its end. Pass tokens on "
            "standard input"
        )
    raise click.UsageError(message)


def _decoded(data: bytes) -> str:
    # What isn't UTF-8 isn't a token either, and is told so by its checks.
    return data.decode("utf-8", errors="replace")
