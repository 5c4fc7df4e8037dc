// Stands before the Pub/Sub emulator, which takes any token or none, and demands a live one as Google does.
import { createServer } from 'node:http';
import { forward } from './forward.mjs';
import { close, listen } from './loopback.mjs';

const PUBSUB_SCOPE = 'https://www.googleapis.com/auth/pubsub';

/**
 * Starts the proxy before `pubsub` ("HOST:PORT"); tokens are those of `provider`, with the right `scope`.
 * Credentials go no further than here.
 */
export async function startTokenProxy({ provider, pubsub, scope = PUBSUB_SCOPE }) {
  const [host, port] = pubsub.split(':');
  const calls = [];
  const server = createServer(async (request, response) => {
    const call = { method: request.method, path: request.url, email: null, billedProject: request.headers['x-goog-user-project'] ?? null, status: null };
    calls.push(call);
    const { refusal, token } = judge(request.headers.authorization, provider, scope);
    call.email = token?.email ?? null;
    if (refusal) {
      call.status = refusal.body.error.code;
      request.resume();
      response.writeHead(call.status, { 'content-type': 'application/json; charset=UTF-8', 'www-authenticate': refusal.challenge });
      response.end(JSON.stringify(refusal.body));
      return;
    }
    call.status = await forward(request, response, { host, port }, { without: ['authorization', 'cookie'] });
  });
  const url = `http://127.0.0.1:${await listen(server)}`;
  return {
    url,
    /** Every call in its order: `{ method, path, email, billedProject, status }`. */
    calls,
    /** How many were refused with a status. */
    refusals: (status) => calls.filter((call) => call.status === status).length,
    /** The accounts that calls acted as. */
    emails: () => [...new Set(calls.filter((call) => call.status < 400).map((call) => call.email))],
    stop: () => close(server),
  };
}

/** What Google says to a call with this header, and whose token it is. */
function judge(authorization, provider, scope) {
  if (!authorization) return { refusal: unauthenticated('Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.', 'CREDENTIALS_MISSING') };
  const token = provider.findAccessToken(/^Bearer ([^\s,]+)$/i.exec(authorization)?.[1]);
  if (!token) return { refusal: unauthenticated('Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.', 'ACCESS_TOKEN_TYPE_UNSUPPORTED') };
  return token.scopes.includes(scope) ? { token } : { token, refusal: insufficient(scope) };
}

function unauthenticated(message, reason) {
  return {
    challenge: 'Bearer realm="https://accounts.google.com/", error="invalid_token"',
    body: refusal(401, 'UNAUTHENTICATED', message, reason),
  };
}

function insufficient(scope) {
  return {
    challenge: `Bearer realm="https://accounts.google.com/", error="insufficient_scope", scope="${scope}"`,
    body: refusal(403, 'PERMISSION_DENIED', 'Request had insufficient authentication scopes.', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT'),
  };
}

function refusal(code, status, message, reason) {
  const detail = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com', metadata: { service: 'pubsub.googleapis.com' } };
  return { error: { code, message, status, details: [detail] } };
}
