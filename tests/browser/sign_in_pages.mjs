// What people do on the pages of sign-in and connection, here and at the provider; every selector of them is here.
import assert from 'node:assert/strict';
import { follow } from './service.mjs';

export const LOGIN = '/accounts/login/';
export const CONNECT = '/accounts/connect/';
export const PROFILE = '/accounts/profile/';
export const STREAM_FORM = '/alerts/query/create/?broker=stream-rest';

export const button = (page, name) => page.getByRole('button', { name, exact: true });
export const path = (page) => new URL(page.url()).pathname;
export const content = (page) => page.locator('main').innerText();
const isAtProvider = (page) => path(page).startsWith('/interaction/');

/** Goes through the provider's pages, whichever it shows: `untick` are last words of scopes, `isGranted` is the answer. */
export async function passProvider(page, { email, untick = [], isGranted = true } = {}) {
  while (isAtProvider(page)) {
    if (await page.locator('#email').count()) {
      await page.fill('#email', email);
      await follow(page, page.locator('#continue'));
      continue;
    }
    for (const scope of untick) await page.locator(`#scope-${scope}`).uncheck();
    await follow(page, page.locator(isGranted ? '#allow' : '#deny'));
  }
}

/** Opens a place without a session, is sent to sign in, and does. Comes back wherever that leads. */
export async function signIn(page, email, place = '/') {
  await page.goto(place);
  assert.equal(path(page), LOGIN, `${place} is closed before sign-in`);
  await follow(page, page.getByRole('button', { name: /^Sign in with / }));
  await passProvider(page, { email });
}

/** Presses "Sign out" in the user's menu. */
export async function signOut(page) {
  await page.locator('header summary.user').click();
  return follow(page, page.locator('header').getByRole('button', { name: 'Sign out' }));
}

/** On the page that says what for: goes to the provider and answers there. The answer of the page that follows. */
export async function connect(page, { email, ...answer }) {
  assert.equal(path(page), CONNECT);
  assert.match(await content(page), /Pub\/Sub/, 'the page says what the connection is for');
  await follow(page, button(page, 'Connect to Google'));
  await passProvider(page, { email, ...answer });
}

/** Presses what a page offers after a refusal, and answers at the provider again. */
export async function tryAgain(page, { email, ...answer }) {
  await follow(page, page.locator('main').getByRole('button', { name: /again/i }));
  await passProvider(page, { email, ...answer });
}

/** Connects from the profile, where nothing waits. */
export async function connectOnProfile(page, email) {
  await page.goto(`${CONNECT}?scope=pubsub&next=${encodeURIComponent(PROFILE)}`);
  await connect(page, { email });
  assert.equal(path(page), PROFILE);
}

/** Fills in the form of a stream. Everything that was typed, by field. */
export async function fillStream(page, { topic, project, ...fields }) {
  await page.goto(STREAM_FORM);
  const typed = { subscription_name: topic, project, ...fields };
  for (const [name, value] of Object.entries(typed)) await page.fill(`#id_${name}`, value);
  return typed;
}

/** What the fields of a form hold now. */
export async function valuesOf(page, fields) {
  const values = await Promise.all(Object.keys(fields).map(async (name) => [name, await page.inputValue(`#id_${name}`)]));
  return Object.fromEntries(values);
}

/** Counts of a run, once `isReached` says of them that it is time. */
export async function countsOf(page, id, isReached = () => true) {
  for (;;) {
    const answer = await page.request.get(`/api/runs/${id}/`);
    assert.equal(answer.status(), 200);
    const { counts, state } = await answer.json();
    if (isReached(counts, state)) return { ...counts, state };
    assert.ok(['queued', 'running'].includes(state), `run ${id} is ${state} with ${JSON.stringify(counts)}`);
    await page.waitForTimeout(200);
  }
}
