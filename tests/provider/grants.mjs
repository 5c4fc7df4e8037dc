// What people granted: one grant for an account, which grows with each consent (Google's incremental authorisation).

const TOKENS = ['AccessToken', 'RefreshToken', 'AuthorizationCode'];

export class Grants {
  #store;
  #provider;
  #idOf = new Map(); // of a subject's grant
  #offlineCodes = new Set(); // codes that a refresh token comes with

  constructor(store) {
    this.#store = store;
  }

  attach(provider) {
    this.#provider = provider;
    provider.on('authorization.success', (ctx) => {
      const { params, result, entities } = ctx.oidc;
      // Google: only for access while the user is away, and only when the user has just been asked.
      if (params.access_type === 'offline' && result?.consent) this.#offlineCodes.add(entities.AuthorizationCode.jti);
    });
  }

  /** The grant of whoever is at the browser. With `include_granted_scopes` all that it has is in the tokens to come. */
  async load(ctx) {
    const { params, account } = ctx.oidc;
    const grant = await this.of(account.accountId);
    if (grant && params.include_granted_scopes === 'true') {
      params.scope = [...new Set([...params.scope.split(' '), ...grant.getOIDCScope().split(' ')])].join(' ');
    }
    return grant;
  }

  async of(subject) {
    const id = this.#idOf.get(subject);
    return id && this.#provider.Grant.find(id);
  }

  /** Adds to what somebody granted. Its id. */
  async add(subject, clientId, scopes) {
    const grant = (await this.of(subject)) ?? new this.#provider.Grant({ accountId: subject, clientId });
    grant.addOIDCScope(scopes.join(' '));
    const id = await grant.save();
    this.#idOf.set(subject, id);
    return id;
  }

  hasRefreshToken(code) {
    return this.#offlineCodes.delete(code.jti);
  }

  /** Ends a grant as its owner does on Google's page of connected applications. */
  revoke(subject) {
    this.#store.drop([...TOKENS, 'Grant'], (entry) => entry.accountId === subject);
  }

  /** Ends the access tokens alone: they can be renewed. */
  endAccessTokens(subject) {
    this.#store.drop(['AccessToken'], (entry) => entry.accountId === subject);
  }
}
