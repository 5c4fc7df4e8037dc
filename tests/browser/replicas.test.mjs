// Two replicas behind a proxy that sends each request to the next one: any of them serves any session, run and token.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBrowser } from './chromium.mjs';
import { ADMIN, startDeployment } from './deployment.mjs';
import { finishedRun, follow } from './service.mjs';
import { LOGIN, PROFILE, button, connect, countsOf, fillStream, path, signIn } from './sign_in_pages.mjs';

const MESSAGES = 30;
const A_SECOND = 2;

let deployment, browser, page;
const failures = []; // answers of 5xx, and requests without an answer
before(async () => {
  // A refresh token that is used twice ends the grant here: so it is seen whether the replicas take turns.
  deployment = await startDeployment({ replicas: 2, accessTokenSeconds: 5, rotateRefreshTokens: true });
  browser = await startBrowser();
  page = await openPage();
});
after(async () => {
  await browser?.close();
  await deployment?.stop();
});

async function openPage() {
  const opened = await deployment.openPage(browser);
  opened.on('response', (response) => {
    if (response.status() >= 500) failures.push(`${response.status()} for ${response.url()}`);
  });
  return opened;
}

/** Sends every request to one replica, or to both in turn. */
function useOnly(index) {
  for (const n of [0, 1]) {
    if (index === n || index === undefined) deployment.roundRobin.bringBack(n);
    else deployment.roundRobin.takeOut(n);
  }
}

/** Sends a request twice, so that each replica answers it once. */
const onBoth = async (ask) => [await ask(), await ask()];

test('Whoever signed in on one replica connects and runs on the other, and follows the run on both', async () => {
  useOnly(0);
  await signIn(page, ADMIN);
  useOnly(1);
  await deployment.publish('shared-stream', 10);
  const fields = { topic: 'shared-stream', project: deployment.project, max_results: '10', timeout: '5' };
  const typed = await fillStream(page, fields);
  await follow(page, button(page, 'Run'));
  useOnly(0);
  await connect(page, { email: ADMIN });
  useOnly();
  for (const [name, value] of Object.entries(typed)) assert.equal(await page.inputValue(`#id_${name}`), value, name);
  await button(page, 'Run').click();
  const run = await finishedRun(page);
  const counts = await onBoth(() => countsOf(page, run));
  assert.deepEqual(counts.map(({ stored }) => stored), [10, 10]);
  assert.ok(deployment.roundRobin.counts().every((count) => count > 3), `${deployment.roundRobin.counts()}`);
});

test('Runs on both replicas renew one grant in turn, and no refresh token is used twice', async () => {
  useOnly();
  const runs = [];
  for (const [n, topic] of ['stream-left', 'stream-right'].entries()) {
    await deployment.publish(topic, 1);
    useOnly(n);
    await fillStream(page, { topic, project: deployment.project, max_results: String(MESSAGES), timeout: '30' });
    await follow(page, button(page, 'Run'));
    runs.push(Number(path(page).split('/')[2]));
  }
  useOnly();
  await Promise.all(['stream-left', 'stream-right'].map((topic) => deployment.publish(topic, MESSAGES - 1, A_SECOND)));
  for (const run of runs) {
    const { stored } = await countsOf(page, run, (_, state) => state === 'finished');
    assert.equal(stored, MESSAGES);
  }
  assert.equal(await finishedRun(page), runs.at(-1));
  const renewals = deployment.provider.tokenRequests('refresh_token');
  assert.ok(renewals.length >= 2, `${renewals.length} renewals`);
  assert.deepEqual(renewals.filter(({ status }) => status !== 200), []);
});

test('Sessions are listed on every replica, and signing out everywhere else ends another browser’s', async () => {
  useOnly();
  const other = await openPage();
  await signIn(other, ADMIN, '/runs/');
  assert.equal(path(other), '/runs/');
  await onBoth(async () => {
    await page.goto(PROFILE);
    assert.equal(await page.locator('section[aria-labelledby=sessions] tbody tr').count(), 2);
  });
  await follow(page, page.locator('section[aria-labelledby=sessions]').getByRole('button', { name: /everywhere else|all others/i }));
  await onBoth(async () => {
    await other.goto('/runs/');
    assert.equal(path(other), LOGIN);
  });
  await onBoth(async () => {
    await page.goto(PROFILE);
    assert.equal(path(page), PROFILE);
    assert.equal(await page.locator('section[aria-labelledby=sessions] tbody tr').count(), 1);
  });
  await other.context().close();
});

test('A sign-out on one replica holds on the other at once', async () => {
  useOnly();
  const other = await openPage();
  await signIn(other, ADMIN, '/runs/');
  await page.goto(PROFILE);
  const row = page.locator('section[aria-labelledby=sessions] tbody tr').filter({ has: page.getByRole('button', { name: /^End/ }) });
  assert.equal(await row.count(), 1);
  useOnly(0);
  await follow(page, row.getByRole('button', { name: /^End/ }));
  useOnly(1);
  await other.goto('/runs/');
  assert.equal(path(other), LOGIN);
  useOnly();
  await other.context().close();
});

test('No request failed, and no secret is in a log or on a page', async () => {
  assert.deepEqual(failures, []);
  assert.deepEqual(deployment.roundRobin.failures, []);
  assert.deepEqual((await deployment.leaks()).found, []);
});
