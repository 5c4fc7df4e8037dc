// A saved query that is kept running, in the browser: started, counts that rise by themselves, paused, gone on with.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { startBrowser } from './chromium.mjs';
import { checkOpen } from './page_checks.mjs';
import { follow, openPage, startService } from './service.mjs';

const run = promisify(execFile);
const host = process.env.TOM_ALERTS_TEST_PUBSUB;
// Every test run has a project of its own in the emulator.
const project = `listener-${Date.now().toString(36)}`;
const environment = { PUBSUB_EMULATOR_HOST: host, GOOGLE_CLOUD_PROJECT: project };

let service, browser;
before(async () => {
  assert.ok(host, 'TOM_ALERTS_TEST_PUBSUB must name the emulator');
  await publish(5);
  service = await startService({ environment });
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

const button = (page, name) => page.getByRole('button', { name, exact: true });
const count = (page, name) => page.locator('.counts > div', { has: page.locator('dt', { hasText: name }) }).locator('dd');

async function publish(packets, seed = packets) {
  const what = ['--packets', String(packets), '--seed', String(seed), '--rate', '0'];
  await run(process.env.TOM_ALERTS_BIN, ['simulate', '--publish', 'listened', ...what], {
    env: { PATH: process.env.PATH, ...environment },
  });
}

/** Keeps events of runs from a page, until what comes back is called. */
async function hold(page, place) {
  let open;
  const isOpen = new Promise((resolve) => { open = resolve; });
  await page.route(place, async (route) => {
    await isOpen;
    // The page may have been left meanwhile.
    await route.continue().catch(() => {});
  });
  return open;
}

async function saveQuery(page, name) {
  await page.goto('/alerts/query/create/?broker=stream-rest');
  await page.fill('#id_subscription_name', 'listened');
  await page.fill('#id_project', project);
  await page.fill('#id_query_name', name);
  await follow(page, button(page, 'Save'));
  await follow(page, page.getByRole('link', { name, exact: true }));
  await follow(page, page.getByRole('link', { name: 'Listener', exact: true }));
}

test('A query is listened to: counts rise by themselves, Pause stops it, Resume goes on', async () => {
  // The checks of a page wait for its animations, and a live one's has no end.
  const page = await openPage(browser, service, { reducedMotion: 'reduce' });
  await saveQuery(page, 'all that comes');
  assert.match(await page.locator('main').innerText(), /Not listening[\s\S]*keeps this query running/);
  await checkOpen(page, 'listener, off');
  await follow(page, button(page, 'Listen all that comes'));
  await count(page, 'Stored').filter({ hasText: /^5$/ }).waitFor();
  await publish(7);
  // Without a reload.
  await count(page, 'Stored').filter({ hasText: /^12$/ }).waitFor();
  await page.reload();
  assert.match(await page.locator('.listener-state').innerText(), /Listening[\s\S]*Last message/);
  assert.match(await page.locator('.days tbody').innerText(), /today[\s\S]*12/);
  await checkOpen(page, 'listener, on');

  await page.goto('/alerts/query/list/');
  await follow(page, page.getByRole('link', { name: 'Listening to all that comes' }));
  // A page that sees a run end loads itself anew, and a note is shown once: until it is read, the page sees nothing.
  const letEventsThrough = await hold(page, /\/events\//);
  await follow(page, button(page, 'Pause all that comes'));
  assert.match(await page.locator('main').innerText(), /Paused\. Results so far are kept\./);
  letEventsThrough();
  // Its run puts away what it has.
  await page.locator('.table .chip', { hasText: 'Cancelled' }).waitFor();
  assert.match(await page.locator('main').innerText(), /Cancelled[\s\S]*Listening was paused/);
  await checkOpen(page, 'listener, paused');
  await publish(3);
  await follow(page, button(page, 'Resume all that comes'));
  await count(page, 'Stored').filter({ hasText: /^3$/ }).waitFor();
  // Somebody else stops its run while the button's answer is on its way: the page must not load itself anew in its place.
  const letFormThrough = await hold(page, /\/listener\/stop\//);
  const isEvents = (request) => /\/events\//.test(request.url());
  const lastEvent = Promise.race(['requestfinished', 'requestfailed'].map((end) => page.waitForEvent(end, isEvents)));
  const answered = follow(page, button(page, 'Stop listening all that comes'));
  const { results: [run] } = await (await page.request.get('/api/runs/')).json();
  assert.equal((await page.request.post(`/api/runs/${run.id}/cancel/`, { data: {} })).status(), 202);
  await lastEvent;
  letFormThrough();
  await answered;
  assert.match(await page.locator('main').innerText(), /Stopped listening/);
  assert.match(await page.locator('.days tbody').innerText(), /15/);
  await page.context().close();
});

test('Without JavaScript the same pages do', async () => {
  const page = await openPage(browser, service, { javaScriptEnabled: false });
  await saveQuery(page, 'plain');
  await follow(page, button(page, 'Listen plain'));
  await page.locator('.chip', { hasText: 'Listening' }).waitFor();
  await follow(page, button(page, 'Pause plain'));
  assert.match(await page.locator('main').innerText(), /Nothing is stored now/);
  await page.context().close();
});
