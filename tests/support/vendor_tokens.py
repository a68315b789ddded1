"""Example tokens of the vendors' own documentation, each with where it stands.

Where a documentation shows a JWT, these are its claims; nothing is changed but where
a comment says so.
"""

from typing import Any

__all__ = [
    "AUTH0_RFC9068_USER",
    "AUTH0_SERVICE",
    "AUTH0_USER",
    "COGNITO_SERVICE",
    "COGNITO_USER",
    "ENTRA_SERVICE",
    "ENTRA_USER_V1",
    "ENTRA_USER_V2",
    "KEYCLOAK_SERVICE",
    "OKTA_SERVICE",
    "OKTA_USER",
]

Claims = dict[str, Any]

# auth0.com/docs/secure/tokens/access-tokens/access-token-profiles,
# "Auth0 profile sample token": a user's.
AUTH0_USER: Claims = {
    "iss": "https://my-domain.auth0.com/",
    "sub": "auth0|123456",
    "aud": [
        "https://example.com/health-api",
        "https://my-domain.auth0.com/userinfo",
    ],
    "azp": "my_client_id",
    "exp": 1311281970,
    "iat": 1311280970,
    "scope": "openid profile read:patients read:admin",
    "my_custom_claim": "my_custom_value",
}
# The same page, "RFC 9068 profile sample token": a user's.
AUTH0_RFC9068_USER: Claims = {
    "iss": "https://my-domain.auth0.com/",
    "sub": "auth0|123456",
    "aud": [
        "https://example.com/health-api",
        "https://my-domain.auth0.com/userinfo",
    ],
    "client_id": "my_client_id",
    "exp": 1311281970,
    "iat": 1311280970,
    "jti": "73WakrfVbNJBaAmhQtEeDv",
    "scope": "openid profile read:patients read:admin",
    "my_custom_claim": "my_custom_value",
}
# A token of the client credentials flow as api.jarden.io, a customer of Auth0's, shows
# it (Auth0's own pages show none whole); the domain is the one above, its ellipses are
# filled, and a scope is added.
AUTH0_SERVICE: Claims = {
    "iss": "https://my-domain.auth0.com/",
    "sub": "aOQ3xxvL6m@clients",
    "aud": "https://api.jarden.io",
    "iat": 1584934625,
    "exp": 1585021025,
    "azp": "aOQ3xxvL6m",
    "scope": "read:prices",
    "gty": "client-credentials",
}

# learn.microsoft.com/entra/identity-platform/access-tokens, the v1.0 example: a
# user's. Its `iss` was made unreadable there by hand, and is `tid`'s here.
ENTRA_USER_V1: Claims = {
    "aud": "ef1da9d4-ff77-4c3e-a005-840c3f830745",
    "iss": "https://sts.windows.net/fa15d692-e9c7-4460-a743-29f2956fd429/",
    "iat": 1537233106,
    "nbf": 1537233106,
    "exp": 1537237006,
    "acr": "1",
    "amr": ["wia"],
    "appid": "75dbe77f-10a3-4e59-85fd-8c127544f17c",
    "appidacr": "0",
    "name": "abeli",
    "oid": "02223b6b-aa1d-42d4-9ec0-1b2bb9194438",
    "rh": "I",
    "scp": "user_impersonation",
    "sub": "l3_roISQU222bULS9yi2k0XpqpOiMz5H3ZACo1GeXA",
    "tid": "fa15d692-e9c7-4460-a743-29f2956fd429",
    "unique_name": "abeli@microsoft.com",
    "uti": "FVsGxYXI30-TuikuuUoFAA",
    "ver": "1.0",
}
# The same page, the v2.0 example: a user's.
ENTRA_USER_V2: Claims = {
    "aud": "6e74172b-be56-4843-9ff4-e66a39bb12e3",
    "iss": "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0",
    "iat": 1537231048,
    "nbf": 1537231048,
    "exp": 1537234948,
    "azp": "6e74172b-be56-4843-9ff4-e66a39bb12e3",
    "azpacr": "0",
    "name": "Abe Lincoln",
    "oid": "690222be-ff1a-4d56-abd1-7e4f7d38e474",
    "preferred_username": "abeli@microsoft.com",
    "rh": "I",
    "scp": "access_as_user",
    "sub": "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ",
    "tid": "72f988bf-86f1-41af-91ab-2d7cd011db47",
    "uti": "fqiBqXLPj0eQa82S-IYFAA",
    "ver": "2.0",
}
# The documentation shows no app-only token whole: this is its v2.0 example with what
# access-token-claims-reference ("The client credential flow uses this set of
# permission in place of user scopes") and optional-claims-reference (`idtyp`) say.
ENTRA_SERVICE: Claims = {
    **{
        name: value
        for name, value in ENTRA_USER_V2.items()
        if name not in {"scp", "name", "preferred_username"}
    },
    "azpacr": "1",
    "idtyp": "app",
    "roles": ["payments:write", "payments:read"],
}

# docs.aws.amazon.com/cognito/latest/developerguide/
# amazon-cognito-user-pools-using-the-access-token.html: a user's.
COGNITO_USER: Claims = {
    "sub": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
    "device_key": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
    "cognito:groups": ["admin"],
    "token_use": "access",
    "scope": "aws.cognito.signin.user.admin",
    "auth_time": 1562190524,
    "iss": "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_example",
    "exp": 1562194124,
    "iat": 1562190524,
    "origin_jti": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
    "jti": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
    "client_id": "57cbishk4j24pabc1234567890",
    "username": "janedoe@example.com",
}
# As zenn.dev/noid11/articles/d36dccd74601ed83d83b shows one of the client credentials
# flow (the guide shows users' only).
COGNITO_SERVICE: Claims = {
    "sub": "57cbishk4j24pabc1234567890",
    "token_use": "access",
    "scope": "sample/read",
    "auth_time": 1633781133,
    "iss": "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_example",
    "exp": 1633784733,
    "iat": 1633781133,
    "version": 2,
    "jti": "39cdbc77-8743-4e1e-9669-96e62b165f1c",
    "client_id": "57cbishk4j24pabc1234567890",
}

# developer.okta.com/docs/api/openapi/okta-oauth/guides/overview, "Access token
# payload": a user's; the placeholders are filled.
OKTA_USER: Claims = {
    "ver": 1,
    "jti": "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE",
    "iss": "https://dev-819633.oktapreview.com/oauth2/default",
    "aud": "https://api.example.com",
    "sub": "00ujmkLgagxeRrAg20g3",
    "iat": 1467145094,
    "exp": 1467148694,
    "cid": "nmdP1fcyvdVO11AL7ECm",
    "uid": "00ujmkLgagxeRrAg20g3",
    "scp": ["openid", "email", "flights", "custom"],
    "auth_time": 1467142021,
    "custom_claim": "CustomValue",
}
# developer.okta.com/blog, "Node API with token authentication": the JWT that a
# request with grant_type=client_credentials got.
OKTA_SERVICE: Claims = {
    "ver": 1,
    "jti": "AT.6he-_nwHrjfHyzn87mHM-cURpT587EQAOczbmPE3dJI",
    "iss": "https://dev-819633.oktapreview.com/oauth2/default",
    "aud": "api://default",
    "iat": 1546764788,
    "exp": 1546768388,
    "cid": "0oaiox8bmsBKVXku30h7",
    "scp": ["customScope"],
    "sub": "0oaiox8bmsBKVXku30h7",
}

# A service account's, as Keycloak 26.4 was seen to give it.
KEYCLOAK_SERVICE: Claims = {
    "exp": 1750000300,
    "iat": 1750000000,
    "jti": "trrtcc:0d1ad4b8-3a6f-4a1c-9a5c-6b2f8a1d9e10",
    "iss": "https://sso.example.com/realms/mycompany",
    "aud": "https://payment-service.internal",
    "sub": "5f1f7a66-31a4-4f1f-9c27-3f8d5f0a1b22",
    "typ": "Bearer",
    "azp": "order-service",
    "acr": "1",
    "realm_access": {"roles": ["offline_access", "ops"]},
    "resource_access": {
        "payment-service": {"roles": ["payer"]},
        "account": {"roles": ["manage-account"]},
    },
    "scope": "profile payments:write",
    "client_id": "order-service",
    "preferred_username": "service-account-order-service",
}
