"""What an import adds to `import requests`, in fresh interpreters that take turns.

It's the process's CPU: what the wall shows on a machine that does nothing else and has
read the files before.
"""

import json

from harness import peers
from harness.rows import MS, Result, Row, Target
from harness.services import run_python
from harness.timing import Samples, Scale, interleave

_LIMIT = 60.0
_OURS = "import s2sauth"
_UNWANTED = ("grpc", "google.protobuf", "flask", "werkzeug", "click", "rich")
_SOURCE = """
import json, sys, time
import requests
began = time.process_time()
exec(sys.argv[1])
took = time.process_time() - began
print(json.dumps([took, sorted(sys.modules)]))
"""
_STATEMENTS = {
    "s2sauth": _OURS,
    "google-auth": ("import google.auth.credentials, google.auth.transport.requests"),
    "Authlib": "from authlib.integrations.requests_client import OAuth2Session",
    "requests-oauth2client": "import requests_oauth2client",
}
_MORE = ("import s2sauth.client.requests", "import s2sauth.server")


def measure(scale: Scale) -> Result:
    statements = [
        statement
        for name, statement in _STATEMENTS.items()
        if name == "s2sauth" or peers.installed(name)
    ]
    cases = {one: lambda one=one: _import(one)[0] for one in (*statements, *_MORE)}
    found = interleave(cases, scale.rounds(20))
    _, loaded = _import(_OURS)
    unwanted = [name for name in _UNWANTED if name in loaded]
    rows = [_row(name, samples, found[_OURS]) for name, samples in found.items()]
    rows.append(
        Row(
            what=f"{_OURS}: optional packages loaded",
            unit="",
            best=len(unwanted),
            target=Target("no grpc", 0, len(unwanted)),
            facts={"those": ", ".join(unwanted)} if unwanted else {},
        )
    )
    return Result(
        name="imports",
        title="import, after import requests",
        baseline="s2sauth",
        rows=tuple(rows),
        left_out=peers.missing(tuple(_STATEMENTS)[1:]),
    )


def _import(statement: str) -> tuple[float, list[str]]:
    took, loaded = json.loads(run_python(_SOURCE, statement))
    return took, loaded


def _row(name: str, samples: Samples, ours: Samples) -> Row:
    best = samples.best * MS
    return Row(
        what=name,
        unit="ms",
        best=best,
        median=samples.median * MS,
        ratio=samples.best / ours.best,
        target=Target("≤ 60 ms", _LIMIT, best) if name == _OURS else None,
    )
