// Answers the requests of the provider's two pages, and hands what a person decided to oidc-provider.
import { errors } from 'oidc-provider';
import { accountPage, consentPage, endedPage } from './pages.mjs';
import { IDENTITY_SCOPES } from './scopes.mjs';

const PATH = /^\/interaction\/[\w-]+$/;
// Forms lead on to the application, wherever that is, so that `form-action` stays open.
const POLICY = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'";
const FORM_LIMIT_BYTES = 16 * 1024;

/** A Koa middleware that answers under `/interaction/` alone. */
export function interactions({ provider, accounts, grants, application }) {
  return async (ctx, next) => {
    if (!PATH.test(ctx.path)) return next();
    ctx.set('content-security-policy', POLICY);
    ctx.set('cache-control', 'no-store');
    ctx.type = 'html';
    try {
      const interaction = await provider.interactionDetails(ctx.req, ctx.res);
      const step = interaction.prompt.name === 'consent' ? consent : account;
      await step({ ctx, provider, accounts, grants, application, interaction });
    } catch (error) {
      if (!(error instanceof errors.SessionNotFound)) throw error;
      ctx.status = 400;
      ctx.body = endedPage();
    }
  };
}

async function account({ ctx, provider, accounts, interaction }) {
  const view = { action: ctx.path, accounts: accounts.all(), hint: interaction.params.login_hint };
  if (ctx.method !== 'POST') {
    ctx.body = accountPage(view);
    return;
  }
  const email = (await form(ctx)).get('email');
  const chosen = accounts.of(email);
  if (!chosen) {
    ctx.status = 422;
    ctx.body = accountPage({ ...view, hint: email ?? '', error: 'Enter an address such as name@observatory.example.' });
    return;
  }
  await finish(ctx, provider, { login: { accountId: chosen.sub }, select_account: {} });
  await leaveOtherAccount(ctx, provider, chosen.sub);
}

async function consent({ ctx, provider, accounts, grants, application, interaction }) {
  const { accountId } = interaction.session;
  const scopes = interaction.params.scope.split(' ');
  const before = (await grants.of(accountId))?.getOIDCScope().split(' ') ?? [];
  const further = scopes.filter((scope) => !IDENTITY_SCOPES.includes(scope));
  const asked = further.filter((scope) => !before.includes(scope));
  if (ctx.method !== 'POST') {
    const granted = further.filter((scope) => before.includes(scope));
    ctx.body = consentPage({ action: ctx.path, application, email: accounts.withSubject(accountId).email, asked, granted });
    return;
  }
  const decided = await form(ctx);
  if (decided.get('decision') !== 'allow') {
    await finish(ctx, provider, { error: 'access_denied', error_description: 'The user denied access' });
    return;
  }
  const identity = scopes.filter((scope) => IDENTITY_SCOPES.includes(scope));
  const ticked = decided.getAll('scope').filter((scope) => asked.includes(scope));
  const grantId = await grants.add(accountId, interaction.params.client_id, [...identity, ...ticked]);
  await finish(ctx, provider, { consent: { grantId } });
}

/** A browser is signed in with one account at a time; the one before keeps its grants. */
async function leaveOtherAccount(ctx, provider, subject) {
  const session = await provider.Session.get(ctx);
  if (!session.accountId || session.accountId === subject) return;
  session.accountId = undefined;
  session.authorizations = undefined;
  await session.persist();
}

async function finish(ctx, provider, result) {
  ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result));
  ctx.status = 303;
}

async function form(ctx) {
  const chunks = [];
  let size = 0;
  for await (const chunk of ctx.req) {
    size += chunk.length;
    if (size > FORM_LIMIT_BYTES) ctx.throw(413);
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString());
}
