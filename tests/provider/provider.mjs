// A real OpenID provider for tests that behaves like Google where it matters, and what tests may do behind its back.
import { createServer } from 'node:http';
import { randomBytes } from 'node:crypto';
import { Provider } from 'oidc-provider';
import { Accounts } from './accounts.mjs';
import { configuration } from './configuration.mjs';
import { addToCallbacks, wordTokenAnswers } from './google_manners.mjs';
import { Grants } from './grants.mjs';
import { interactions } from './interactions.mjs';
import { close, listen } from './loopback.mjs';
import { Observations } from './observations.mjs';
import { Store } from './store.mjs';
import { Trouble } from './trouble.mjs';

const CALLBACK = '/accounts/callback/';

/**
 * Starts the provider. `host` is its name in URLs: as `localhost` it is another site than applications on 127.0.0.1,
 * as Google is. Google never replaces refresh tokens; with `rotateRefreshTokens` each is good for one use.
 */
export async function startProvider({
  host = '127.0.0.1', port: wantedPort = 0, accessTokenSeconds = 3600, rotateRefreshTokens = false,
  clientId = 'tom-alerts', clientSecret = randomBytes(24).toString('base64url'),
} = {}) {
  // The issuer's name holds the port, so that the port comes first.
  let answer = (_, response) => response.writeHead(503).end();
  const server = createServer((request, response) => answer(request, response));
  const port = await listen(server, wantedPort);
  const url = `http://${host}:${port}`;

  const accounts = new Accounts();
  const store = new Store();
  const grants = new Grants(store);
  const observations = new Observations(accounts);
  const trouble = new Trouble();
  const client = { id: clientId, secret: clientSecret, callback: CALLBACK };
  const provider = new Provider(url, configuration({ client, accounts, store, grants, accessTokenSeconds, rotateRefreshTokens }));
  grants.attach(provider);
  observations.attach(provider);
  observations.keep('client secret', clientSecret);
  addToCallbacks(provider, accounts);
  for (const layer of [observations.watch, trouble.make, wordTokenAnswers, interactions({ provider, accounts, grants, application: clientId })]) provider.use(layer);
  const failures = [];
  provider.on('server_error', (_, error) => failures.push(error));
  answer = provider.callback();

  const liveToken = ({ jti, accountId, scope = '', exp }) =>
    ({ token: jti, email: accounts.withSubject(accountId)?.email, scopes: scope.split(' '), expires: exp });
  const accessTokens = () => store.live('AccessToken').map(liveToken);
  return {
    url,
    clientId,
    clientSecret,
    /** Access tokens that are good at this moment: `{ token, email, scopes, expires }`. */
    accessTokens,
    /** The same of one token; null if it is not good. */
    findAccessToken: (token) => accessTokens().find((live) => live.token === token) ?? null,
    /** Token requests, all or of one grant type: `{ grantType, email, status, error }`. */
    tokenRequests: (grantType) => observations.tokenRequests(grantType),
    /** Every secret that passed, as `[kind, value]`. */
    secrets: () => observations.secrets(),
    /** What an account granted. */
    grantedScopes: async (email) => (await grants.of(accounts.of(email).sub))?.getOIDCScope().split(' ') ?? [],
    /** Ends all that an account granted: its tokens die, a refresh is answered `invalid_grant`. */
    revokeGrants: (email) => grants.revoke(accounts.of(email).sub),
    /** Ends an account's access tokens; they can be renewed. */
    endAccessTokens: (email) => grants.endAccessTokens(accounts.of(email).sub),
    /** Changes claims of an account, such as `{ email_verified: false }`. */
    changeAccount: (email, claims) => accounts.change(email, claims),
    /** `{ status, delayMs, times }`: what the next token requests meet. */
    orderTrouble: (order) => trouble.order(order),
    endTrouble: () => trouble.end(),
    /** Faults of the provider itself. */
    failures,
    stop: () => close(server),
  };
}
