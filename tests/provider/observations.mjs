// What a test wants to know of the provider's traffic: its token requests, and every secret that passed.

export class Observations {
  #accounts;
  #secrets = new Map(); // value to kind
  #tokenRequests = [];

  constructor(accounts) {
    this.#accounts = accounts;
  }

  /** A Koa middleware that looks and changes nothing. */
  watch = async (ctx, next) => {
    await next();
    if (ctx.oidc?.route === 'authorization') this.#authorization(ctx);
    if (ctx.path === '/token') this.#token(ctx);
  };

  attach(provider) {
    provider.on('authorization.success', (_, answer) => this.keep('code', answer.code));
  }

  keep(kind, value) {
    if (value) this.#secrets.set(value, kind);
  }

  /** Every secret that passed, as `[kind, value]`. */
  secrets() {
    return [...this.#secrets].map(([value, kind]) => [kind, value]);
  }

  /** Token requests in their order, `{ grantType, email, status, error }`; one that met ordered trouble was not read: its `grantType` is null. */
  tokenRequests(grantType) {
    return this.#tokenRequests.filter((request) => !grantType || request.grantType === grantType);
  }

  #authorization(ctx) {
    const { state, nonce } = ctx.oidc.params ?? {};
    this.keep('state', state);
    this.keep('nonce', nonce);
  }

  #token(ctx) {
    const { params = {}, body, account } = ctx.oidc ?? {};
    const answer = typeof ctx.body === 'object' && ctx.body !== null ? ctx.body : {};
    this.keep('PKCE verifier', params.code_verifier ?? body?.code_verifier);
    this.keep('access token', answer.access_token);
    this.keep('refresh token', answer.refresh_token);
    this.keep('ID token', answer.id_token);
    this.#tokenRequests.push({
      grantType: params.grant_type ?? body?.grant_type ?? null,
      email: this.#accounts.withSubject(account?.accountId)?.email ?? null,
      status: ctx.status,
      error: answer.error ?? null,
    });
  }
}
