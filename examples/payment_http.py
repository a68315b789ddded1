"""The payment service over HTTP: who may call is said where the route is.

README.md says how to run it; in production under a real server, such as
`gunicorn payment_http:app`.
"""

import os

from flask import Flask, request

from s2sauth import keycloak
from s2sauth.observers import log_observer
from s2sauth.server import JwtVerifier, current_identity
from s2sauth.server.flask import FlaskAuth, public, require_scope

provider = keycloak(
    os.environ["S2SAUTH_PROVIDER_URL"], realm=os.environ["S2SAUTH_PROVIDER_REALM"]
)
verifier = JwtVerifier(provider, audience="https://payment-service.internal")

app = Flask(__name__)
FlaskAuth(app, verifier, observers=[log_observer])  # denies what nothing below opens


@app.post("/api/payments/charge")
@require_scope("payments:write")
def charge() -> dict[str, object]:
    """Charge an order."""
    order = request.get_json()
    return {"order_id": order["order_id"], "charged_by": current_identity().client_id}


@app.post("/api/payments/refund")
@require_scope("payments:refund")
def refund() -> dict[str, object]:
    """Give the money of an order back."""
    return {"order_id": request.get_json()["order_id"]}


@app.get("/healthz")
@public
def healthz() -> str:
    """Say that the process lives; needs no token."""
    return "ok"
