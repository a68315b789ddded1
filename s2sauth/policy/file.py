"""A policy in a TOML file.

::

    denied_clients = []

    [rules."POST /api/payments/charge"]
    all_scopes = ["payments:write"]
"""

import os
import tomllib
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

from s2sauth.errors import ConfigurationError
from s2sauth.policy.rules import Rule
from s2sauth.policy.wording import did_you_mean

__all__ = ["read_policy"]

_TOP = ("denied_clients", "rules")
_OPTIONS = tuple(field.name for field in fields(Rule))


def read_policy(path: str | os.PathLike[str]) -> tuple[dict[str, Rule], Any]:
    """Read the rules and the denied clients (as they stand) of a file.

    Raises:
        ConfigurationError: It can't be read, isn't TOML, or has an unknown option or
            a wrong value; names the file, the rule and the option.
    """
    shown = os.fspath(path)
    document = _parse(shown)
    _check_names(f"{shown}:", "option", document, _TOP)
    rules = document.get("rules", {})
    if not isinstance(rules, dict):
        message = f'{shown}: rules must be tables: [rules."POST /path"]'
        raise ConfigurationError(message)
    read = {key: _rule(shown, key, table) for key, table in rules.items()}
    return read, document.get("denied_clients", [])


def _parse(path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        problem = f"can't be read ({error.strerror})"
    except UnicodeDecodeError:
        problem = "isn't UTF-8"
    except tomllib.TOMLDecodeError as error:
        problem = f"isn't TOML: {error}"
    message = f"the policy file {path} {problem}"
    raise ConfigurationError(message)


def _rule(path: str, key: str, table: object) -> Rule:
    where = f'{path}: [rules."{key}"]:'
    if not isinstance(table, dict):
        message = f"{where} must be a table with the options of a rule"
        raise ConfigurationError(message)
    _check_names(where, "option", table, _OPTIONS)
    try:
        return Rule(**table)
    except ConfigurationError as error:
        message = f"{where} {error}"
    raise ConfigurationError(message)


def _check_names(
    where: str, kind: str, table: Iterable[str], known: tuple[str, ...]
) -> None:
    for name in table:
        if name not in known:
            hint = did_you_mean(name, known) or f"; there are {', '.join(known)}"
            message = f"{where} unknown {kind} {name!r}{hint}"
            raise ConfigurationError(message)
