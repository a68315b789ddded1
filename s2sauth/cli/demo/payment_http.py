"""The payment service over HTTP: a Flask application that needs scopes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from s2sauth.events import Observer
from s2sauth.server import current_identity
from s2sauth.server.flask import FlaskAuth, require_scope
from s2sauth.values import Verifier

__all__ = ["payment_over_http"]


@contextmanager
def payment_over_http(verifier: Verifier, observer: Observer) -> Iterator[str]:
    """Serve on a free port of 127.0.0.1, and give the URL."""
    app = _application(verifier, observer)
    server = make_server(
        "127.0.0.1", 0, app, threaded=True, request_handler=_QuietHandler
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _application(verifier: Verifier, observer: Observer) -> Flask:
    app = Flask("payment_service")
    FlaskAuth(app, verifier, observers=(observer,))

    @app.post("/charge")
    @require_scope("payments:write")
    def charge() -> dict[str, str | None]:
        return {"client_id": current_identity().client_id}

    @app.post("/refund")
    @require_scope("payments:refund")
    def refund() -> dict[str, str | None]:
        return {"client_id": current_identity().client_id}

    return app


class _QuietHandler(WSGIRequestHandler):
    """Keeps connections open, and logs nothing."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's
        """Log nothing: what happens is in the table."""
