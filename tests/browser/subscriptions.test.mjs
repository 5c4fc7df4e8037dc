// Subscriptions in the browser: one is made, looked into, moved in time and deleted, and its pages break no rule.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { startBrowser } from './chromium.mjs';
import { checkAll, checkOnBothScreens, keyboardProblems } from './page_checks.mjs';
import { follow, openPage, startService } from './service.mjs';

const host = process.env.TOM_ALERTS_TEST_PUBSUB;
// Every test run has a project of its own in the emulator.
const project = `subscriptions-${Date.now().toString(36)}`;
const environment = { PUBSUB_EMULATOR_HOST: host, GOOGLE_CLOUD_PROJECT: project };
const LIST = '/subscriptions/';

let service, browser, page;
before(async () => {
  assert.ok(host, 'TOM_ALERTS_TEST_PUBSUB must name the emulator');
  await promisify(execFile)(process.env.TOM_ALERTS_BIN, ['simulate', '--publish', 'night', '--packets', '3', '--rate', '0'], {
    env: { PATH: process.env.PATH, ...environment },
  });
  service = await startService({ environment });
  browser = await startBrowser();
  page = await openPage(browser, service);
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

const button = (name) => page.getByRole('button', { name, exact: true });

test('A subscription that cannot be is refused by its field, and what was typed stays', async () => {
  await page.goto(LIST);
  await page.fill('#id_subscription_name', 'two words');
  assert.equal((await follow(page, button('Create subscription'))).status(), 422);
  assert.notEqual((await page.locator('#id_subscription_name-errors').innerText()).trim(), '');
  assert.equal(await page.inputValue('#id_subscription_name'), 'two words');
  await checkOnBothScreens(page, 'refused subscription');
});

test('A subscription is made, peeked into, moved in time and deleted after a confirmation', async () => {
  await page.goto(LIST);
  await page.fill('#id_subscription_name', 'of-the-night');
  await page.fill('#id_topic', 'night');
  await page.fill('#id_project', project);
  await follow(page, button('Create subscription'));
  assert.match(await page.locator('.flash').innerText(), /Subscription created/);
  await checkAll(page, [LIST]);
  await follow(page, page.getByRole('link', { name: 'of-the-night', exact: true }));
  const address = page.url();
  await checkOnBothScreens(page, 'a subscription');
  assert.deepEqual(await keyboardProblems(page, 'a subscription'), []);

  await follow(page, button('Peek'));
  assert.match(await page.locator('[aria-labelledby=waiting] [role=status]').innerText(), /No messages are waiting/);
  await checkOnBothScreens(page, 'an empty peek');
  await page.goto(address);
  await page.fill('#id_to', 'yesterday or so');
  assert.equal((await follow(page, button('Seek'))).status(), 422);
  await checkOnBothScreens(page, 'a refused seek');

  await page.goto(address);
  await follow(page, page.getByRole('link', { name: /^Delete/ }));
  await checkOnBothScreens(page, 'the question');
  await follow(page, button('Delete subscription'));
  assert.equal((await page.goto(address)).status(), 404);
});
