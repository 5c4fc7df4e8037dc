// Access tokens of five seconds under a stream of half a minute, and a grant that is taken back in the middle of a run.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBrowser } from './chromium.mjs';
import { ADMIN, startDeployment } from './deployment.mjs';
import { finishedRun, follow } from './service.mjs';
import { CONNECT, button, connect, connectOnProfile, content, countsOf, fillStream, path, signIn } from './sign_in_pages.mjs';

const TOKEN_SECONDS = 5;
const MESSAGES = 60;
const A_SECOND = 2; // messages, so that a run lasts for several tokens

let deployment, browser, page;
before(async () => {
  deployment = await startDeployment({ accessTokenSeconds: TOKEN_SECONDS });
  browser = await startBrowser();
  page = await deployment.openPage(browser);
  await signIn(page, ADMIN);
  await connectOnProfile(page, ADMIN);
});
after(async () => {
  await browser?.close();
  await deployment?.stop();
});

const renewals = () => deployment.provider.tokenRequests('refresh_token');

/** Fills in the form, presses Run, and is not asked for anything. The run's number. */
async function startRun(fields) {
  await fillStream(page, { project: deployment.project, ...fields });
  await follow(page, button(page, 'Run'));
  assert.match(path(page), /^\/runs\/\d+\/$/);
  return Number(path(page).split('/')[2]);
}

test('A run of many times a token’s life is never asked for anything and loses nothing', async () => {
  await deployment.publish('slow-stream', 1);
  const publishing = deployment.publish('slow-stream', MESSAGES - 1, A_SECOND);
  const before = renewals().length;
  const run = await startRun({ topic: 'slow-stream', max_results: String(MESSAGES), timeout: '30' });
  await publishing;
  assert.equal(await finishedRun(page), run);
  const { stored, acknowledged, unreadable } = await countsOf(page, run);
  assert.deepEqual({ stored, acknowledged, unreadable }, { stored: MESSAGES, acknowledged: MESSAGES, unreadable: 0 });
  const during = renewals().slice(before);
  assert.ok(during.length >= MESSAGES / A_SECOND / TOKEN_SECONDS - 2, `${during.length} renewals`);
  assert.deepEqual(during.filter(({ status, email }) => status !== 200 || email !== ADMIN), []);
});

test('An access token that dies early is renewed in the middle of a run', async () => {
  const run = await startRun({ topic: 'slow-stream', max_results: '10', timeout: '30' });
  await deployment.publish('slow-stream', 5);
  await countsOf(page, run, (counts) => counts.stored >= 1);
  deployment.provider.endAccessTokens(ADMIN);
  await deployment.publish('slow-stream', 5);
  assert.equal(await finishedRun(page), run);
});

test('While the provider refuses to answer, a run goes on by itself afterwards', async () => {
  const run = await startRun({ topic: 'slow-stream', max_results: '10', timeout: '60' });
  await deployment.publish('slow-stream', 5);
  await countsOf(page, run, (counts) => counts.stored >= 1);
  deployment.provider.orderTrouble({ status: 503, times: 2 });
  deployment.provider.endAccessTokens(ADMIN);
  await deployment.publish('slow-stream', 5);
  assert.equal(await finishedRun(page), run);
  assert.ok(deployment.provider.tokenRequests().some(({ status }) => status === 503), 'it was refused');
  deployment.provider.endTrouble();
});

test('A grant that is taken back ends the run with a way to connect, keeps what came, and the same query runs again', async () => {
  const run = await startRun({ topic: 'slow-stream', max_results: '', timeout: '60' });
  await deployment.publish('slow-stream', 10);
  const { stored } = await countsOf(page, run, (counts) => counts.stored >= 1);
  const before = renewals().length;
  deployment.provider.revokeGrants(ADMIN);
  await page.locator('#progress .chip', { hasText: 'Failed' }).waitFor();
  await page.goto(`/runs/${run}/`);
  assert.match(await page.locator('#progress [role=alert]').innerText(), /connect/i);
  assert.match(await content(page), /Results so far are kept/);
  assert.ok((await page.locator('table.results tbody tr').count()) >= stored);
  const refused = renewals().slice(before).filter(({ status }) => status !== 200);
  assert.deepEqual(refused.map(({ status, error }) => [status, error]), [[400, 'invalid_grant']], 'a dead grant is tried once');
  assert.match(await page.locator('header').innerText(), /Google: needs sign-in/);

  await follow(page, page.locator('#progress').getByRole('link', { name: /^Connect/ }));
  assert.equal(path(page), CONNECT);
  await connect(page, { email: ADMIN });
  assert.equal(path(page), `/runs/${run}/`, 'back at the run that asked');
  await deployment.publish('slow-stream', 5);
  await follow(page, page.getByRole('button', { name: /^Run again/ }));
  const next = Number(path(page).split('/')[2]);
  assert.notEqual(next, run);
  await countsOf(page, next, (counts) => counts.stored >= 5);
});

test('No secret of all these renewals is in the log or on a page', async () => {
  const { nTexts, found } = await deployment.leaks();
  assert.ok(nTexts > 10, `${nTexts} texts were searched`);
  assert.deepEqual(found, []);
});
