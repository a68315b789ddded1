"""How to mend what an error says, for a person who is on call at night."""

from collections.abc import Mapping

from s2sauth.errors import Reason

__all__ = ["cure_for"]

_SECRET = (
    "Check that client id and secret belong together, and to this very server, realm "
    "and environment. If the secret was changed lately, this service still has the "
    "old one: give it the new one. If both are right, the server may want another "
    "way to prove it: see the client's authentication method there."
)
_SCOPE = (
    "Have the scope granted to this client at the server, or ask for one that it has: "
    "names are compared letter by letter."
)
_AVAILABLE = (
    "Nothing here can mend that: see whether the server is up, and what its log and "
    "the load balancer before it say. Calls go on with the tokens that still live."
)
_CLOCKS = (
    "Compare the clocks of this machine and of the server (`timedatectl` shows "
    "whether this one is synchronised)."
)
_REALM = (
    "The token comes from another server, realm or environment than the verifier "
    "trusts, or the server calls itself by another name than we do (a proxy before "
    "it, http for https, a slash at the end): write the issuer exactly as in iss."
)
_KEYS = (
    "The server signs with a key that it doesn't publish: with several nodes, one "
    "may be behind; with a cache before the key set, it may be old. If the token "
    "comes from another server or realm, ask the right one."
)

_CURES: Mapping[Reason, str] = {
    Reason.INVALID_CLIENT: _SECRET,
    Reason.UNAUTHORIZED_CLIENT: (
        "The client may not use the client credentials grant: switch it on at the "
        "server (Keycloak: the client's service account)."
    ),
    Reason.UNSUPPORTED_GRANT_TYPE: (
        "Switch the client credentials grant on at the server, for this client."
    ),
    Reason.INVALID_SCOPE: _SCOPE,
    Reason.SCOPES_NOT_GRANTED: _SCOPE,
    Reason.INSUFFICIENT_SCOPE: _SCOPE,
    Reason.INVALID_TARGET: (
        "The server doesn't know the audience or resource, or doesn't let this client "
        "have tokens for it: have it registered, or write it as it's registered."
    ),
    Reason.ACCESS_DENIED: (
        "A rule of the server forbids it: have the client granted access to this "
        "audience and these scopes."
    ),
    Reason.INVALID_REQUEST: (
        "The server wants the request otherwise: read its words above; some servers "
        "need --audience, or a scope."
    ),
    Reason.INVALID_GRANT: (
        "The server refuses what proves who we are: a workload's token or an "
        "assertion that it doesn't trust, or that has ended."
    ),
    Reason.REFUSED: (
        "See that the address is that of the token endpoint: that url, realm or "
        "tenant are written as the server has them."
    ),
    Reason.SECRET_UNAVAILABLE: (
        "Nothing was sent. See that the file, variable or secret store named above "
        "is there, and that this user may read it."
    ),
    Reason.SERVER_UNAVAILABLE: _AVAILABLE,
    Reason.TOKEN_TIMEOUT: _AVAILABLE,
    Reason.RATE_LIMITED: (
        "The server is asked too often: wait, then look for who asks without keeping "
        "its tokens. One TokenManager per process, shared by all threads, is enough."
    ),
    Reason.TLS_FAILED: (
        "Pass the authority that signed the server's certificate (--ca here, ca= in "
        "the code, or REQUESTS_CA_BUNDLE); where the server refused ours, see that "
        "it trusts the authority of our certificate, and that it hasn't ended."
    ),
    Reason.DISCOVERY_FAILED: (
        "Write the issuer exactly as the server does, trailing slash and path "
        "included; or name the provider (keycloak, entra, …), which needs no look-up."
    ),
    Reason.INVALID_RESPONSE: (
        "Something else than the token endpoint answers there, a login page or a "
        "proxy for example: check the address, and what stands between."
    ),
    Reason.TOKEN_MALFORMED: (
        "It's no JWT as servers write them: see whether it was cut off or changed on "
        "its way. An opaque token can only be asked about (introspection)."
    ),
    Reason.TOKEN_ALGORITHM: (
        "Have the server sign with an algorithm that the verifier allows, or allow "
        "the server's: algorithms= in the code, --algorithm here."
    ),
    Reason.TOKEN_TYPE: (
        "It's another kind of token, such as an ID token or a refresh token: send "
        "the access token."
    ),
    Reason.TOKEN_SIGNATURE: (
        "The token was changed, or signed by another key of the same name: get a new "
        "one from the right server. If that fails too, the key set is wrong: see what "
        "the server publishes, and any cache before it."
    ),
    Reason.KEY_UNKNOWN: _KEYS,
    Reason.TOKEN_CLAIMS: (
        "The server writes this claim as no verifier of ours reads it: look at its "
        "mappers, and at the provider that the configuration names."
    ),
    Reason.TOKEN_EXPIRED: f"Get a new token. If that has expired as well: {_CLOCKS}",
    Reason.TOKEN_NOT_YET_VALID: _CLOCKS,
    Reason.TOKEN_BOUND: "Have the server give this client plain bearer tokens.",
    Reason.USER_TOKEN: (
        "Have the calling service get a token of its own (client credentials), or "
        "let users in by users=True."
    ),
    Reason.ISSUER: _REALM,
    Reason.AUDIENCE: (
        "Have the server put the audience into this client's tokens (Keycloak: an "
        "audience mapper; elsewhere: ask for it with --audience), or write it as the "
        "called service's verifier has it, letter by letter."
    ),
    Reason.KEYS_UNAVAILABLE: (
        "The called services can't get the server's keys either: see whether the "
        "address of the key set is right, and reachable from where they run."
    ),
}


def cure_for(reason: Reason) -> str:
    """Return how to mend what an error of this reason says; "" where it says it."""
    return _CURES.get(reason, "")
