// How oidc-provider is set up, so that it behaves like Google where it matters to an application.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { interactionPolicy } from 'oidc-provider';
import { SCOPES } from './scopes.mjs';

const { Check, Prompt, base } = interactionPolicy;

const HOUR_S = 3600;
const HALF_YEAR_S = 182 * 24 * HOUR_S;

/** Configuration of oidc-provider. What Google keeps for long is kept for half a year here. */
export function configuration({ client, accounts, store, grants, accessTokenSeconds, rotateRefreshTokens }) {
  return {
    adapter: store.adapter,
    clients: [registered(client)],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post'],
    jwks: { keys: [signingKey()] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    responseTypes: ['code'],
    pkce: { required: () => true },
    scopes: SCOPES,
    claims: { openid: ['sub', 'hd'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: false,
    enabledJWA: { idTokenSigningAlgValues: ['RS256'] },
    extraParams: ['access_type', 'include_granted_scopes', 'hd'],
    findAccount: async (_, subject) => {
      const claims = accounts.withSubject(subject);
      return claims ? { accountId: subject, claims: async () => ({ ...claims }) } : undefined;
    },
    loadExistingGrant: (ctx) => grants.load(ctx),
    issueRefreshToken: async (_, __, code) => grants.hasRefreshToken(code),
    rotateRefreshToken: rotateRefreshTokens,
    // A token outlives the browser's session at the provider.
    expiresWithSession: async () => false,
    // At Google revoking any token ends the whole grant.
    revokeGrantPolicy: () => true,
    interactions: { policy: policy(accounts), url: (_, interaction) => `/interaction/${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: (_, caller, token) => caller.clientId === token.clientId },
      revocation: { enabled: true, allowedPolicy: (_, caller, token) => caller.clientId === token.clientId },
    },
    ttl: {
      AccessToken: accessTokenSeconds,
      AuthorizationCode: 60,
      IdToken: HOUR_S,
      Interaction: HOUR_S,
      RefreshToken: HALF_YEAR_S,
      Grant: HALF_YEAR_S,
      Session: HALF_YEAR_S,
    },
  };
}

// A native client may come back on any port of the loopback interface: tests choose free ones.
function registered({ id, secret, callback }) {
  return {
    client_id: id,
    client_secret: secret,
    // Both ways of sending the secret are taken, whichever is registered.
    token_endpoint_auth_method: 'client_secret_basic',
    application_type: 'native',
    redirect_uris: ['127.0.0.1', 'localhost', '[::1]'].map((host) => `http://${host}${callback}`),
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  };
}

function signingKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomBytes(8).toString('hex'), use: 'sig', alg: 'RS256' };
}

/** When somebody is asked to choose an account, and when to consent: only for what is not granted yet. */
function policy(accounts) {
  const prompts = base();
  prompts.get('login').checks.add(new Check('login_hint', 'another account is meant', 'login_required', (ctx) => {
    const { params, session, result } = ctx.oidc;
    const present = accounts.withSubject(session.accountId)?.email;
    return Boolean(params.login_hint && present && present !== params.login_hint.toLowerCase() && !result?.login);
  }));
  prompts.add(new Prompt({ name: 'select_account', requestable: true }), 0);
  prompts.remove('consent');
  prompts.add(new Prompt({ name: 'consent', requestable: true }, new Check('scopes_missing', 'not granted yet', 'consent_required', (ctx) => {
    const { grant, requestParamOIDCScopes, result } = ctx.oidc;
    const granted = new Set(grant.getOIDCScope().split(' '));
    return !result?.consent && [...requestParamOIDCScopes].some((scope) => !granted.has(scope));
  })));
  return prompts;
}
