"""Tokens whose text is nearly right, and what is no text at all."""

from collections.abc import Callable
from typing import Any

from s2sauth.errors import Reason
from support.bad_tokens.entry import BadToken
from support.bad_tokens.pairs import entry
from support.bad_tokens.spoiling import claims, constant, text, with_stray_bits
from support.tokens import Signer

__all__ = ["MORE_SPELLINGS"]

_MALFORMED = Reason.TOKEN_MALFORMED
_SEGMENTS = ("header", "payload", "signature")


def _segment(index: int, edit: Callable[[str], str]) -> Callable[[Signer], Any]:
    """Return what edits one segment of a good token."""

    def one(token: str) -> str:
        parts = token.split(".")
        parts[index] = edit(parts[index])
        return ".".join(parts)

    return text(one)


def _with_bits(index: int) -> tuple[Callable[[Signer], Any], Callable[[Signer], str]]:
    """Return what makes a token whose segment has stray bits, and its sibling."""

    def sibling(signer: Signer) -> str:
        # The subject is as long as leaves characters over after groups of four.
        for length in range(4):
            token = signer.token(
                {"x": "x" * length}, claims={"sub": "s" * (length + 1)}
            )
            if len(token.split(".")[index]) % 4:
                return token
        message = "no length leaves anything over"
        raise AssertionError(message)

    def make(signer: Signer) -> str:
        parts = sibling(signer).split(".")
        parts[index] = with_stray_bits(parts[index])
        return ".".join(parts)

    return make, sibling


def _in_segments() -> list[BadToken]:
    edits: dict[str, Callable[[str], str]] = {
        "with padding": lambda segment: segment + "=",
        "with a space inside": lambda segment: f"{segment[:9]} {segment[9:]}",
        "with a tab inside": lambda segment: f"{segment[:9]}\t{segment[9:]}",
        "with a line end inside": lambda segment: f"{segment[:8]}\r\n{segment[8:]}",
        "with NUL behind": lambda segment: segment + "\0",
        "with a plus": lambda segment: "+" + segment[1:],
        "with a percent sign": lambda segment: "%2" + segment[2:],
        "with a tilde": lambda segment: segment[:-1] + "~",
        "of a single character": lambda _: "A",
        "with one character over": lambda segment: (
            segment + "A" * ((1 - len(segment)) % 4 or 4)
        ),
        "empty": lambda _: "",
    }
    return [
        *(
            entry(f"{name} {what}", _MALFORMED, _segment(index, edit))
            for index, name in enumerate(_SEGMENTS)
            for what, edit in edits.items()
        ),
        *(
            entry(f"{name} with stray bits", _MALFORMED, *_with_bits(index))
            for index, name in enumerate(_SEGMENTS)
        ),
    ]


def _around() -> list[BadToken]:
    edits: dict[str, Callable[[str], Any]] = {
        "its scheme before": lambda token: "Bearer " + token,
        "quotes around": lambda token: f'"{token}"',
        "angle brackets around": lambda token: f"<{token}>",
        "a comma behind": lambda token: token + ",",
        "another token behind": lambda token: f"{token},{token}",
        "another token after a space": lambda token: f"{token} {token}",
        "a dot before": lambda token: "." + token,
        "a dot behind": lambda token: token + ".",
        "two dots between": lambda token: token.replace(".", "..", 1),
        "encoded dots": lambda token: token.replace(".", "%2E"),
        "fullwidth dots": lambda token: token.replace(".", "\uff0e"),
        "colons for dots": lambda token: token.replace(".", ":"),
        "a BOM before": lambda token: "\ufeff" + token,
        "a zero-width space behind": lambda token: token + "\u200b",
        "a vertical tab behind": lambda token: token + "\v",
        "a no-break space before": lambda token: "\xa0" + token,
        "the whole encoded once more": lambda token: token.encode().hex(),
        "a Cyrillic letter": lambda token: token.replace("e", "\u0435", 1),
        "all in capitals": lambda token: token.upper().replace("-", ".", 1),
        "a fourth segment in front": lambda token: "e30." + token,
        "header and payload alone": lambda token: token.rpartition(".")[0] + "..",
    }
    return [entry(what, _MALFORMED, text(edit)) for what, edit in edits.items()]


def _no_strings() -> list[BadToken]:
    edits: dict[str, Callable[[str], Any]] = {
        "a list of its segments": lambda token: token.split("."),
        "a tuple with it": lambda token: (token,),
        "an object with it": lambda token: {"token": token},
        "a bytearray": lambda token: bytearray(token.encode()),
        "a memoryview": lambda token: memoryview(token.encode()),
    }
    values = {"True": True, "a float": 0.5, "an object": object(), "an empty dict": {}}
    return [
        *(entry(what, _MALFORMED, text(edit)) for what, edit in edits.items()),
        *(entry(what, _MALFORMED, constant(value)) for what, value in values.items()),
    ]


def _giants() -> list[BadToken]:
    return [
        entry(
            "one claim too long for any header",
            _MALFORMED,
            claims(extra="x" * 13_000),
            claims(extra="x" * 11_000),
        ),
        entry("16385 letters", _MALFORMED, constant("A" * 16_385)),
        entry(
            "a token after a megabyte of blanks",
            _MALFORMED,
            text(lambda t: " " * 10**6 + t),
        ),
        entry("ten thousand segments", _MALFORMED, constant("e30." * 4000 + "e30")),
    ]


MORE_SPELLINGS = [*_in_segments(), *_around(), *_no_strings(), *_giants()]
