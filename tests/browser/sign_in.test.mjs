// From a closed door to a run that acts as oneself: sign-in, connection, what is refused on the way, and sign-out.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBrowser } from './chromium.mjs';
import { ADMIN, MEMBER, STRANGER, startDeployment } from './deployment.mjs';
import { finishedRun, follow } from './service.mjs';
import {
  CONNECT, LOGIN, PROFILE, button, connect, content, countsOf, fillStream, passProvider, path, signIn, signOut, tryAgain, valuesOf,
} from './sign_in_pages.mjs';

const TYPED = { max_results: '12', timeout: '2', mag_max: '25', query_name: 'kept <as> typed' };

let deployment, browser;
let firstRun; // the admin's
let memberPage; // where the member stays signed in
const sessions = []; // values of session cookies, which are secrets too
before(async () => {
  deployment = await startDeployment();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await deployment?.stop();
});

/** The cookie that says who is signed in, by its name on http. */
async function sessionCookie(page) {
  const cookies = await page.context().cookies(deployment.url);
  const cookie = cookies.find(({ name }) => name === 'sid');
  if (cookie) sessions.push(['session', cookie.value]);
  return cookie;
}

test('Whoever opens a page signs in, comes back to it, and is asked for Pub/Sub only when a query needs it', async () => {
  await deployment.publish('stream-one', 20);
  const page = await deployment.openPage(browser);
  await signIn(page, ADMIN, '/runs/?state=finished');
  assert.equal(page.url(), `${deployment.url}/runs/?state=finished`);
  const cookie = await sessionCookie(page);
  assert.ok(cookie.httpOnly && cookie.sameSite === 'Lax', JSON.stringify({ ...cookie, value: '' }));
  assert.deepEqual(await deployment.provider.grantedScopes(ADMIN), ['openid', 'email', 'profile'], 'sign-in asks for nothing else');

  const typed = await fillStream(page, { topic: 'stream-one', project: deployment.project, ...TYPED });
  await follow(page, button(page, 'Run'));
  await connect(page, { email: ADMIN });
  assert.match(page.url(), /\/alerts\/query\/create\/\?.*broker=stream-rest/);
  assert.deepEqual(await valuesOf(page, typed), typed);

  await button(page, 'Run').click();
  firstRun = await finishedRun(page);
  assert.equal(await page.locator('table.results tbody tr').count(), 12);
  assert.match(await content(page), new RegExp(ADMIN.replaceAll('.', '\\.')), 'the run says as whom it acted');
  assert.deepEqual(deployment.pubsub.emails(), [ADMIN]);
  assert.deepEqual([deployment.pubsub.refusals(401), deployment.pubsub.refusals(403)], [0, 0]);
  await page.context().close();
});

test('Consent that is declined or left in part is explained, can be given again, and costs nothing that was typed', async () => {
  await deployment.publish('stream-two', 5);
  const page = memberPage = await deployment.openPage(browser);
  await signIn(page, MEMBER);
  const typed = await fillStream(page, { topic: 'stream-two', project: deployment.project, ...TYPED });
  await follow(page, button(page, 'Run'));

  await connect(page, { email: MEMBER, isGranted: false });
  assert.match(await content(page), /not connected/i);
  assert.match(await page.locator('main [role=alert]').innerText(), /declined/i);
  const before = deployment.pubsub.calls.length;

  await tryAgain(page, { email: MEMBER, untick: ['pubsub'] });
  assert.match(await page.locator('main [role=alert]').innerText(), /Pub\/Sub.*(not ticked|not granted|missing)/i);
  assert.equal(deployment.pubsub.calls.length, before, 'Pub/Sub is not called without the right');

  await tryAgain(page, { email: MEMBER });
  assert.match(page.url(), /\/alerts\/query\/create\/\?.*broker=stream-rest/);
  assert.deepEqual(await valuesOf(page, typed), typed);
  await button(page, 'Run').click();
  const run = await finishedRun(page);
  assert.equal((await countsOf(page, run)).stored, 5);
  assert.ok(deployment.pubsub.emails().includes(MEMBER));
  await sessionCookie(page);
});

test('An account that nobody invited sees why, and nothing of the team', async () => {
  const page = await deployment.openPage(browser);
  await page.goto(`/runs/${firstRun}/`);
  await follow(page, page.getByRole('button', { name: /^Sign in with / }));
  await passProvider(page, { email: STRANGER });
  const text = await page.locator('body').innerText();
  assert.match(text, /No access yet/);
  assert.ok(text.includes(STRANGER), 'the page says which account it was');
  assert.doesNotMatch(text, /kept <as> typed|Targets|ZTF\d\d/);
  assert.equal(await sessionCookie(page), undefined);
  await page.goto('/targets/');
  assert.equal(path(page), LOGIN);
  await page.context().close();
});

test('After sign-out nothing private comes back, the old cookie is dead, and visiting the address signs nobody out', async () => {
  const page = await deployment.openPage(browser);
  await signIn(page, ADMIN, `/runs/${firstRun}/`);
  assert.equal(path(page), `/runs/${firstRun}/`);
  const object = (await page.locator('table.results tbody th a').first().innerText()).trim();

  assert.equal((await page.request.get('/accounts/logout/')).status(), 405);
  await page.evaluate(() => new Promise((resolve) => {
    const image = new Image();
    image.onload = image.onerror = resolve;
    image.src = '/accounts/logout/';
  }));
  await page.reload();
  assert.equal(path(page), `/runs/${firstRun}/`, 'still signed in');

  const old = await sessionCookie(page);
  const thief = await deployment.openPage(browser);
  await thief.context().addCookies([old]);
  await thief.goto(`/runs/${firstRun}/`);
  assert.equal(path(thief), `/runs/${firstRun}/`, 'the cookie is all that it takes');
  await page.goto('/runs/');
  await signOut(page);
  assert.equal(path(page), LOGIN);
  assert.equal(await sessionCookie(page), undefined, 'the browser has no cookie any more');
  for (let steps = 0; steps < 2; steps += 1) {
    await page.goBack();
    assert.ok(!(await page.locator('body').innerText()).includes(object));
    assert.equal(path(page), LOGIN);
  }

  await thief.goto(`/runs/${firstRun}/`);
  assert.equal(path(thief), LOGIN);
  assert.equal((await thief.request.get('/api/runs/')).status(), 401);
  await thief.context().close();

  await signIn(page, ADMIN, `/runs/${firstRun}/`);
  assert.equal(path(page), `/runs/${firstRun}/`);
  assert.notEqual((await sessionCookie(page)).value, old.value, 'every sign-in has an id of its own');
  await page.context().close();
});

test('A grant is tested, ended here and at the provider, and asked for anew', async () => {
  const page = memberPage;
  await page.goto(PROFILE);
  assert.match(await page.locator('header').innerText(), /Google: connected/);
  await follow(page, button(page, 'Test now'));
  assert.match(await page.locator('main [role=status]').innerText(), /Works/);

  await page.goto(PROFILE);
  await follow(page, page.getByRole('link', { name: 'Disconnect', exact: true }));
  await follow(page, button(page, 'Disconnect'));
  assert.match(await page.locator('header').innerText(), /Google: not connected/);
  assert.deepEqual(deployment.provider.accessTokens().filter(({ email }) => email === MEMBER), [], 'its tokens are dead at the provider');

  await fillStream(page, { topic: 'stream-two', project: deployment.project });
  await follow(page, button(page, 'Run'));
  assert.equal(path(page), CONNECT);
});

test('No secret of all this is in the log or on a page', async () => {
  const { nTexts, found } = await deployment.leaks(sessions);
  assert.ok(nTexts > 20 && sessions.length > 2, `${nTexts} texts were searched`);
  assert.deepEqual(found, []);
  assert.deepEqual(deployment.provider.failures, []);
});
