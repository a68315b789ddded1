// oidc-provider over https, as the JSON file named by the only argument says.
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import Provider, { errors } from "oidc-provider";

const said = JSON.parse(readFileSync(process.argv[2], "utf8"));

// On a resumed TLS session there's none to be had.
function certificateOf(ctx) {
  const raw = ctx.socket.getPeerCertificate().raw;
  return raw && new X509Certificate(raw);
}

function resourceServer(_ctx, resource) {
  const found = said.resources[resource];
  if (!found) throw new errors.InvalidTarget();
  return { audience: resource, accessTokenTTL: 300, ...found };
}

const provider = new Provider(said.issuer, {
  jwks: said.jwks,
  scopes: said.scopes,
  clients: said.clients.map((client) => ({
    redirect_uris: [],
    response_types: [],
    grant_types: ["client_credentials"],
    id_token_signed_response_alg: "ES256", // there's no RSA key; none is issued
    ...client,
  })),
  clientAuthMethods: [
    "client_secret_basic",
    "client_secret_post",
    "client_secret_jwt",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
  ],
  enabledJWA: {
    clientAuthSigningAlgValues: ["HS256", "RS256", "PS256", "ES256", "Ed25519", "EdDSA"],
  },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      getResourceServerInfo: resourceServer,
      useGrantedResource: () => false,
    },
    mTLS: {
      enabled: true,
      certificateBoundAccessTokens: true,
      tlsClientAuth: true,
      selfSignedTlsClientAuth: true,
      getCertificate: certificateOf,
      certificateAuthorized: (ctx) => ctx.socket.authorized,
      certificateSubjectMatches: (ctx, property, expected) =>
        property === "tls_client_auth_subject_dn" && certificateOf(ctx).subject === expected,
    },
  },
});

const failures = ["server_error", "grant.error", "introspection.error", "revocation.error"];
for (const name of failures) {
  provider.on(name, (_ctx, error) => console.error(name, error.error_detail ?? error));
}

const tls = {
  key: readFileSync(said.tls.key),
  cert: readFileSync(said.tls.cert),
  ca: readFileSync(said.tls.ca),
  requestCert: true,
  rejectUnauthorized: false, // self-signed ones get in; the provider judges them
};
createServer(tls, provider.callback()).listen(Number(new URL(said.issuer).port), "127.0.0.1");
