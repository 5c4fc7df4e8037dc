// A run that waits for its turn: what stops it is named after what it does, while its page is open.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { startBrowser } from './chromium.mjs';
import { openPage, startService } from './service.mjs';

const run = promisify(execFile);
// Every test run has a project of its own in the emulator.
const project = `queued-${Date.now().toString(36)}`;
const environment = { PUBSUB_EMULATOR_HOST: process.env.TOM_ALERTS_TEST_PUBSUB, GOOGLE_CLOUD_PROJECT: project };

let service, browser;
before(async () => {
  const night = ['--packets', '2', '--seed', '1', '--rate', '0'];
  await run(process.env.TOM_ALERTS_BIN, ['simulate', '--publish', 'stream-one', ...night], {
    env: { PATH: process.env.PATH, ...environment },
  });
  service = await startService({ environment, flags: ['--runs-at-once', '1'] });
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

const stopping = (page, options) => page.locator('.head form[action$="/cancel/"] button', options);

/** Begins a run that goes on until somebody stops it. */
async function begin(page) {
  await page.goto('/alerts/query/create/?broker=stream-rest');
  await page.fill('#id_subscription_name', 'stream-one');
  await page.fill('#id_project', project);
  await page.fill('#id_max_results', '');
  await page.fill('#id_timeout', '600');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.waitForURL(/\/runs\/\d+\//);
}

test('The button of a run that waits says Cancel, and Stop once it has begun', async () => {
  const first = await openPage(browser, service);
  await begin(first);
  await first.locator('#progress .chip', { hasText: 'Running' }).waitFor();
  const second = await openPage(browser, service);
  await begin(second);
  await second.locator('#progress .chip', { hasText: 'Queued' }).waitFor();
  assert.match(await stopping(second).innerText(), /^Cancel/);
  // It is the same page all the time.
  await second.evaluate(() => { globalThis.isSamePage = true; });

  await stopping(first).click();
  await second.locator('#progress .chip', { hasText: 'Running' }).waitFor();
  await stopping(second, { hasText: 'Stop, keep results' }).waitFor();
  assert.equal(await second.evaluate(() => globalThis.isSamePage), true);
  await stopping(second).click();
  await second.getByText('Stopped on request.').waitFor();
  await first.context().close();
  await second.context().close();
});

test('A page that was nearly left shows all the same how its run ended', async () => {
  const first = await openPage(browser, service);
  await begin(first);
  await first.locator('#progress .chip', { hasText: 'Running' }).waitFor();
  const second = await openPage(browser, service);
  await begin(second);
  await second.locator('#progress .chip', { hasText: 'Queued' }).waitFor();
  // As if a link had been followed, and broken off with Esc.
  await second.evaluate(() => { dispatchEvent(new Event('beforeunload')); });
  const cancelled = await second.request.post(new URL('cancel/', second.url()).href, { headers: { origin: service.url } });
  assert.ok(cancelled.ok());
  await second.waitForFunction(() => !document.querySelector('[data-poll]'));
  await stopping(first).click();
  await first.context().close();
  await second.context().close();
});
