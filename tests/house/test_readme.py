"""The README's code is tried as it's written; only addresses are put in its place."""

import ast
import re
import sys
import threading
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import grpc
import pytest
import requests
from werkzeug.serving import make_server

from s2sauth import cli
from support.commands import EXAMPLES, ROOT, run
from support.tls import make_ca

pytestmark = [pytest.mark.grpc, pytest.mark.flask, pytest.mark.cli]

README = (ROOT / "README.md").read_text("utf-8")
PAGES = [ROOT / "README.md", EXAMPLES / "README.md", *(ROOT / "docs").glob("*.md")]
SECRET = "s3cr3t+/%&=é"
AUDIENCE = "https://payment-service.internal"

OWN_SERVICE = """
from flask import Flask
from s2sauth.server.flask import FlaskAuth, require_scope

def create_app(verifier):
    app = Flask(__name__)
    FlaskAuth(app, verifier)
    app.post("/api/payments/charge")(require_scope("payments:write")(lambda: "done"))
    return app
"""


def block(name):
    """Return the code below `<!-- test: name -->`."""
    found = re.findall(rf"<!-- test: {name} -->\n```\w+\n(.*?)```", README, re.DOTALL)
    assert 1 == len(found), f"the README has {len(found)} blocks named {name}"
    return found[0]


def put(code, *pairs):
    """Put addresses in place of the README's; each must be there."""
    for old, new in pairs:
        assert old in code
        code = code.replace(old, new)
    return code


def own_lines(code):
    """Count the lines that aren't imports, the application, or the handler itself."""
    counted = 0
    for node in ast.parse(code).body:
        if isinstance(node, ast.FunctionDef):
            counted += len(node.decorator_list)
        elif isinstance(node, ast.Assign) and "Flask(" in ast.unparse(node):
            continue
        elif not isinstance(node, (ast.Import, ast.ImportFrom)):
            counted += node.end_lineno - node.lineno + 1
    return counted


@pytest.fixture
def idp(authorization_server):
    """Give the embedded server with the README's caller."""
    authorization_server.add_client(
        "order-service", SECRET, scopes=["payments:write"], audiences=[AUDIENCE]
    )
    return authorization_server


@pytest.fixture
def environ(idp, tmp_path):
    """Give what the README exports, for the embedded server."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET, "utf-8")
    exported = put(
        block("environment"),
        ("https://sso.example.com", base_url(idp)),
        ("=mycompany", "=test"),
        ("/run/secrets/order-service", str(secret)),
    )
    return dict(
        word.split("=", 1) for word in exported.split() if word.startswith("S2SAUTH_")
    )


def base_url(idp):
    """Return what stands before `/realms`."""
    return idp.issuer.removesuffix("/realms/test")


def protected(idp, name):
    """Run a block that protects a service, and return its names."""
    code = put(
        block(name),
        ("https://sso.example.com", base_url(idp)),
        ('realm="mycompany"', 'realm="test"'),
    )
    names = {"__name__": "payments"}
    exec(compile(code, "README.md", "exec"), names)  # the very code of the README
    return SimpleNamespace(**names)


@contextmanager
def over_http(app) -> Iterator[str]:
    """Serve a Flask application, and give its URL."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@contextmanager
def over_grpc(server, folder) -> Iterator[tuple[str, Path]]:
    """Serve the examples' Payments over TLS; give the target and the authority."""
    import payments_pb2
    import payments_pb2_grpc

    class Payments(payments_pb2_grpc.PaymentsServicer):
        def Charge(self, request, context):  # noqa: N802 - as in the .proto
            from s2sauth.server import current_identity

            return payments_pb2.ChargeReply(charged_by=current_identity().client_id)

    authority = make_ca()
    pair = authority.issue("localhost")
    credentials = grpc.ssl_server_credentials([(pair.key_pem, pair.cert_pem)])
    payments_pb2_grpc.add_PaymentsServicer_to_server(Payments(), server)
    port = server.add_secure_port("localhost:0", credentials)
    server.start()
    yield f"localhost:{port}", authority.write(folder)
    server.stop(0).wait()


@pytest.fixture
def generated(monkeypatch):
    """Have the examples' generated modules found, as the README's are."""
    monkeypatch.syspath_prepend(str(EXAMPLES))


def test_five_lines_protect_and_three_call():
    """What must be written beside the imports is as little as the README says."""
    assert own_lines(block("protect-http")) <= 5
    assert own_lines(block("protect-grpc")) <= 5
    assert own_lines(block("call-http")) <= 3
    assert own_lines(block("call-grpc")) <= 3


def test_the_http_blocks_work_together(idp, environ):
    """The caller is let in by the service, which sees who called."""
    with over_http(protected(idp, "protect-http").app) as url:
        code = put(
            block("call-http"),
            (f'ServiceSession("{AUDIENCE}"', f'ServiceSession("{url}"'),
        )
        done = run([sys.executable, "-c", code + "print(answer.text)"], env=environ)
        bare = requests.post(f"{url}/api/payments/charge", timeout=10)
    assert ('{"charged_by":"order-service"}', 401) == (
        done.out.strip(),
        bare.status_code,
    )


def test_the_http_block_denies_what_nothing_opens(idp):
    """As the README says: 403 to a verified caller, 401 to who has no good token."""
    app = protected(idp, "protect-http").app
    app.get("/forgotten")(lambda: "open")
    good = {"Authorization": f"Bearer {idp.mint('order-service')}"}
    client = app.test_client()
    assert 403 == client.get("/forgotten", headers=good).status_code
    assert 401 == client.get("/forgotten").status_code


@pytest.mark.usefixtures("generated")
def test_the_grpc_blocks_work_together(idp, environ, tmp_path):
    """The caller is let in by the service, which sees who called."""
    server = protected(idp, "protect-grpc").server
    with over_grpc(server, tmp_path) as (target, ca):
        code = put(block("call-grpc"), ("payment-service.internal:443", target))
        done = run(
            [sys.executable, "-c", code + "print(reply.charged_by)"],
            env={**environ, "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(ca)},
            paths=[EXAMPLES],
        )
    assert "order-service\n" == done.out


def test_the_variables_are_those_that_are_read():
    """The README and the table name every variable of `from_env`, and no other."""
    read = (ROOT / "s2sauth/client/environment.py").read_text("utf-8")
    known = set(re.findall(r"S2SAUTH_[A-Z_]+", read))
    table = (ROOT / "docs/operations.md").read_text("utf-8")
    assert known == set(re.findall(r"^\| `(S2SAUTH_[A-Z_]+)…?`", table, re.MULTILINE))
    families = tuple(name for name in known if name.endswith("_"))
    named = re.findall(r"S2SAUTH_[A-Z_]+", README)
    assert [] == [
        name for name in named if name not in known and not name.startswith(families)
    ]


def test_the_test_of_ones_own_service_passes(tmp_path):
    """The README's test runs with the fixture, and fails if the scope isn't needed."""
    (tmp_path / "test_payments.py").write_text(block("pytest"))
    (tmp_path / "payments.py").write_text(OWN_SERVICE)
    assert 0 == pytest_of(tmp_path).code
    for_all = put(OWN_SERVICE, ('require_scope("payments:write")', "require_scope()"))
    (tmp_path / "payments.py").write_text(for_all)
    assert 1 == pytest_of(tmp_path).code


def pytest_of(folder):
    """Run pytest in a folder, with the plugin as if it were installed."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "s2sauth.testing.plugin"]
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
    return run(command, env=alone, paths=[folder], cwd=folder)


def test_the_proto_lies_where_protoc_is_told():
    """`-I` with what the README's line prints finds s2sauth/v1/auth.proto."""
    (line,) = re.findall(r"python -c '([^']+)'", block("protoc"))
    done = run([sys.executable, "-c", line])
    found = Path(done.out.strip(), "s2sauth/v1/auth.proto")
    assert found.read_text() == (ROOT / "protos/s2sauth/v1/auth.proto").read_text()


@pytest.mark.skipif(find_spec("grpc_tools") is None, reason="needs grpcio-tools")
def test_the_protoc_line_works(tmp_path):
    """The README's proto is compiled by the README's line."""
    (tmp_path / "payments.proto").write_text(block("proto"))
    line = put(block("protoc"), ("python -", f"{sys.executable} -"))
    done = run(["/bin/sh", "-ec", line], cwd=tmp_path)
    assert (0, "") == (done.code, done.err)
    assert (tmp_path / "payments_pb2_grpc.py").is_file()


def test_the_commands_name_what_there_is():
    """The extras, the command and the test folders of the two commands exist."""
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    extras = set(setup["options.extras_require"])
    pages = "".join(page.read_text("utf-8") for page in PAGES)
    named = set(re.findall(r"(?:\.|s2sauth)\[([a-z,]+)\]", pages))
    assert set() == {one for names in named for one in names.split(",")} - extras
    scripts = setup["options.entry_points"]["console_scripts"].split()
    assert ["s2sauth", "=", "s2sauth.cli:main"] == scripts
    assert callable(cli.main)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    """Every relative link of a page is a file or a folder of the repository."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text("utf-8"))
    assert [] == [link for link in links if not (page.parent / link).exists()]


def test_every_block_of_code_is_tried():
    """No block of the README is left without a test, but for its two commands."""
    blocks = re.findall(r"(<!-- test: .+ -->\n)?```\w+\n(.*?)```", README, re.DOTALL)
    untried = [code.strip() for mark, code in blocks if not mark]
    install = "python3 -m venv .venv && .venv/bin/pip install"
    assert [
        f"{install} '.[all]' && .venv/bin/s2sauth demo",
        f"{install} -e '.[all,dev]' && .venv/bin/pytest",
    ] == untried
