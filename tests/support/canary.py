"""Looks for a token wherever something of it could show."""

import base64
import logging
import pickle
import traceback
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import FrameType, GeneratorType, TracebackType
from typing import Any
from urllib.parse import quote, quote_plus

import requests

import s2sauth
from s2sauth.values import AccessToken

__all__ = ["our_tokens", "secret_forms", "shown", "texts"]

PACKAGE = str(Path(s2sauth.__file__).parent)
# These hold live tokens by their nature; what counts is that they don't show them.
KEEPERS = ("Source", "Secret", "Adapter", "Flow", "Auth", "Session", "Manager")


def shown(*things: Any) -> str:
    """Return, in one text, everything that these things show to whoever looks."""
    return "\n".join(text for thing in things for text in texts(thing))


def secret_forms(client_id: str, secret: str) -> list[str]:
    """Return every way in which a client's secret goes over the wire."""
    plain = [secret, quote(secret, safe=""), quote_plus(secret)]
    pairs = [f"{client_id}:{one}" for one in (secret, quote_plus(secret))]
    basic = [base64.b64encode(pair.encode()) for pair in pairs]
    return [*plain, *(one.decode().rstrip("=") for one in basic)]


def texts(root: Any) -> Iterator[str]:
    """Yield each text that can be reached from `root`, reprs and tracebacks included.

    Errors lead to their causes, contexts, requests and the locals of our frames;
    answers to their requests, their history and their pickles.
    """
    todo, seen = [root], {}
    while todo:
        thing = todo.pop()
        if id(thing) in seen:
            continue
        seen[id(thing)] = thing  # kept: an id is its object's only while that lives
        if isinstance(thing, (str, bytes)):
            yield thing if isinstance(thing, str) else thing.decode("latin-1")
            continue
        yield repr(thing)
        yield str(thing)
        yield from _own_texts(thing)
        todo.extend(_next(thing))


def our_tokens(*things: Any) -> list[str]:
    """Name what holds a token: locals of our frames in errors, hooks of answers."""
    frames = [
        frame
        for error in things
        if isinstance(error, BaseException)
        for one in _chain(error)
        for frame in _our_frames(one.__traceback__)
    ]
    held = [
        (f"{frame.f_code.co_qualname}: {name}", value)
        for frame in frames
        for name, value in frame.f_locals.items()
    ] + [
        (f"{hook}: {name}", value)
        for answer in things
        if isinstance(answer, requests.Response)
        for hook in answer.request.hooks["response"]
        for name, value in vars(hook).items()
    ]
    return [where for where, value in held if _holds_token(value)]


def _holds_token(value: Any) -> bool:
    if isinstance(value, GeneratorType) and value.gi_frame is not None:
        return any(map(_holds_token, value.gi_frame.f_locals.values()))
    return isinstance(value, AccessToken)


def _own_texts(thing: Any) -> Iterable[str]:
    if isinstance(thing, BaseException):
        yield from _traceback_texts(thing)
        if type(thing).__module__.startswith("s2sauth."):
            yield pickle.dumps(thing).decode("latin-1")
    if isinstance(thing, logging.LogRecord):
        yield thing.getMessage()
    if hasattr(thing, "__getstate__") and hasattr(thing, "status_code"):
        yield pickle.dumps(thing).decode("latin-1")


def _traceback_texts(error: BaseException) -> Iterator[str]:
    """Yield the traceback as error reporters show it: with the locals of our frames."""
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    yield from told.format_exception_only()
    for frame in told.stack:
        if frame.filename.startswith(PACKAGE):
            yield from (frame.locals or {}).values()


def _next(thing: Any) -> Iterator[Any]:
    if isinstance(thing, Mapping):
        yield from thing.keys()
        yield from thing.values()
    elif isinstance(thing, (list, tuple, set, frozenset)):
        yield from thing
    elif isinstance(thing, BaseException):
        yield from (thing.__cause__, thing.__context__, thing.args, vars(thing))
        for frame in _our_frames(thing.__traceback__):
            yield from frame.f_locals.values()
    elif not type(thing).__name__.endswith(KEEPERS) and _is_worth_opening(thing):
        yield vars(thing)


def _is_worth_opening(thing: Any) -> bool:
    module = type(thing).__module__
    return hasattr(thing, "__dict__") and module.startswith(
        ("requests.", "s2sauth.", "urllib3.", "logging")
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _our_frames(trace: TracebackType | None) -> Iterator[FrameType]:
    while trace is not None:
        if trace.tb_frame.f_code.co_filename.startswith(PACKAGE):
            yield trace.tb_frame
        trace = trace.tb_next
