// A Pub/Sub stream in the browser: the form, a live run, the quarantine, and targets from what came.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { startBrowser } from './chromium.mjs';
import { finishedRun, follow, openPage, startService } from './service.mjs';

const run = promisify(execFile);
const host = process.env.TOM_ALERTS_TEST_PUBSUB;
// Every test run has a project of its own in the emulator.
const project = `browser-${Date.now().toString(36)}`;
const environment = { PUBSUB_EMULATOR_HOST: host, GOOGLE_CLOUD_PROJECT: project };

let service, browser;
before(async () => {
  assert.ok(host, 'TOM_ALERTS_TEST_PUBSUB must name the emulator');
  await publish('stream-one', 30);
  service = await startService({ environment });
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

const button = (page, name) => page.getByRole('button', { name, exact: true });

async function publish(topic, packets, seed = 1) {
  const night = ['--packets', String(packets), '--seed', String(seed), '--rate', '0'];
  await run(process.env.TOM_ALERTS_BIN, ['simulate', '--publish', topic, ...night], {
    env: { PATH: process.env.PATH, ...environment },
  });
}

async function publishJunk(topic) {
  const message = { data: Buffer.from('{"alert_lite": {}}').toString('base64'), attributes: { note: '<b>bold</b>' } };
  const answer = await fetch(`http://${host}/v1/projects/${project}/topics/${topic}:publish`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [message] }),
  });
  assert.ok(answer.ok);
}

/** Opens the form from the list of brokers, as a user does. */
async function openForm(page, backend = 'StreamRest') {
  await page.goto('/alerts/query/list/');
  await follow(page, page.locator('a.broker', { hasText: backend }));
}

test('A stream is queried, what cannot be read is shown, and a target is saved', async () => {
  await publishJunk('stream-one');
  const page = await openPage(browser, service);
  await openForm(page);
  assert.equal(await page.inputValue('#id_subscription_name'), 'ztf-loop');
  await page.fill('#id_subscription_name', 'stream-one');
  await page.fill('#id_project', project);
  await page.fill('#id_timeout', '2');
  await button(page, 'Run').click();
  await finishedRun(page);
  assert.equal(await page.locator('table.results tbody tr').count(), 30);
  assert.match(await page.locator('main').innerText(), /Acknowledged\s+31/);

  await follow(page, page.getByRole('link', { name: '1 unreadable packet' }));
  await page.locator('details.attributes summary').click();
  assert.match(await page.locator('details.attributes').innerText(), /<b>bold<\/b>/);
  await page.goBack();

  await Promise.all([
    page.waitForResponse((response) => response.url().endsWith('/selection/')),
    page.locator('input[name=alerts]').first().click(),
  ]);
  await follow(page, button(page, 'Create targets'));
  assert.match(await page.locator('main').innerText(), /1 created|created/i);
  await page.context().close();
});

test('Without a stop condition nothing runs, the message is by the field, and what was typed stays', async () => {
  const page = await openPage(browser, service);
  await openForm(page);
  await page.fill('#id_subscription_name', 'my-own-name');
  await page.fill('#id_max_results', '');
  await page.fill('#id_timeout', '');
  const answer = await follow(page, button(page, 'Run'));
  assert.equal(answer.status(), 422);
  assert.match(await page.locator('#id_max_results-errors').innerText(), /at least one stopping condition/);
  assert.equal(await page.inputValue('#id_subscription_name'), 'my-own-name');
  await page.context().close();
});

test('A topic that is not there is a failed run that says what to do', async () => {
  const page = await openPage(browser, service);
  await openForm(page);
  await page.fill('#id_subscription_name', 'not-there');
  await page.fill('#id_project', project);
  await button(page, 'Run').click();
  await page.getByText('This run failed').waitFor();
  assert.match(await page.locator('main').innerText(), /A subscription named not-there does not exist/);
  await page.context().close();
});

test('A stream that stays open shows what comes as it comes, and is stopped with what came', async () => {
  await publish('stream-open', 4);
  const page = await openPage(browser, service);
  await openForm(page, 'StreamClient');
  await page.fill('#id_subscription_name', 'stream-open');
  await page.fill('#id_project', project);
  await page.fill('#id_max_results', '');
  await page.fill('#id_timeout', '600');
  await button(page, 'Run').click();
  const counts = page.locator('dl.counts');
  await counts.getByText('4', { exact: true }).first().waitFor();
  await page.getByText('s of at most 600 s without a message').waitFor();
  // The first ones show themselves; what comes later is offered.
  await page.locator('table.results tbody tr').first().waitFor();
  await page.reload();
  assert.equal(await page.locator('table.results tbody tr').count(), 4);

  await publish('stream-open', 3, 2);
  await follow(page, page.getByRole('link', { name: 'Show 3 new alerts' }));
  assert.equal(await page.locator('table.results tbody tr').count(), 7);

  await page.getByRole('button', { name: /^Stop, keep results/ }).click();
  await page.getByText('Stopped on request.').waitFor();
  assert.equal(await page.locator('table.results tbody tr').count(), 7);
  assert.match(await page.locator('main').innerText(), /Acknowledged\s+7/);
  await page.context().close();
});
