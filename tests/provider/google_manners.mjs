// Google's manners where they differ from oidc-provider's: names of scopes, additions to callbacks, sentences of errors.
import { asAnswered } from './scopes.mjs';

/** A Koa middleware that rewrites answers of the token endpoint as Google words them. */
export async function wordTokenAnswers(ctx, next) {
  await next();
  if (ctx.path !== '/token' || typeof ctx.body !== 'object' || ctx.body === null) return;
  if (ctx.body.scope) ctx.body.scope = asAnswered(ctx.body.scope);
  if (ctx.body.error === 'invalid_grant' && ctx.oidc?.params?.grant_type === 'refresh_token') {
    ctx.body.error_description = 'Token has been expired or revoked.';
  }
}

/** Google's callback says what was granted, by which of the browser's accounts, and what the user was asked. */
export function addToCallbacks(provider, accounts) {
  provider.on('authorization.success', (ctx, answer) => {
    const { entities, result, account } = ctx.oidc;
    const hd = accounts.withSubject(account.accountId)?.hd;
    answer.scope = asAnswered(entities.AuthorizationCode.scope);
    answer.authuser = '0';
    if (hd) answer.hd = hd;
    answer.prompt = result?.consent ? 'consent' : 'none';
  });
}
