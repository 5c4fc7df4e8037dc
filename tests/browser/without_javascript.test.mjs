// Everything works in a browser that runs no script.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBrowser } from './chromium.mjs';
import { NIGHT_ALERTS } from './night.mjs';
import { follow, openPage, startService } from './service.mjs';

const MOST_RELOADS = 60;
const ON_A_PAGE = 50;
let service, browser, page;
before(async () => {
  service = await startService();
  browser = await startBrowser();
  page = await openPage(browser, service, { javaScriptEnabled: false });
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

const button = (name) => page.getByRole('button', { name, exact: true });
const selected = async () => Number(await page.locator('[data-selected]').innerText());
const tick = (row) => page.locator('input[name=alerts]').nth(row);

/** Loads a run's page anew until the run has ended. */
async function reloadUntilFinished() {
  const finished = page.locator('#progress .chip', { hasText: 'Finished' });
  for (let reloads = 0; reloads < MOST_RELOADS && (await finished.count()) === 0; reloads += 1) {
    assert.equal(await page.locator('noscript').count(), 1, 'a live run loads itself anew');
    await page.reload();
  }
  assert.equal(await finished.count(), 1);
  assert.equal(await page.locator('[data-poll]').count(), 0);
}

test('A query is corrected and run', async () => {
  await page.goto('/');
  await follow(page, page.locator('a.broker', { hasText: 'archive' }));
  await page.selectOption('#id_folder', 'archive/night.tar.gz');
  await page.fill('#id_max_results', '0');
  assert.equal((await follow(page, button('Run'))).status(), 422);
  assert.match(await page.locator('#id_max_results-errors').innerText(), /\S/);
  await page.fill('#id_max_results', '');
  await follow(page, button('Run'));
  assert.match(page.url(), /\/runs\/\d+\/$/);
  await reloadUntilFinished();
  assert.equal(await page.locator('table.results tbody tr').count(), ON_A_PAGE);
});

test('Ticks are kept by a button, over pages, and become targets', async () => {
  await tick(0).check();
  await tick(1).check();
  await follow(page, button('Save selection'));
  assert.equal(await selected(), 2);
  assert.ok(await tick(1).isChecked());
  await tick(1).uncheck();
  await follow(page, button('Save selection'));
  assert.equal(await selected(), 1);
  await follow(page, page.locator('a[rel=next]').first());
  await follow(page, button('Select this page'));
  assert.equal(await selected(), 1 + NIGHT_ALERTS - ON_A_PAGE);
  await follow(page, button('Clear'));
  assert.equal(await selected(), 0);
  await tick(3).check();
  await follow(page, button('Create targets'));
  assert.match(await page.locator('p[role=status]').innerText(), /^1 target created/);
});

test('All alerts of a run are selected and become targets', async () => {
  await follow(page, page.getByRole('link', { name: 'Back to the run' }));
  await follow(page, button(`Select all ${NIGHT_ALERTS} in this run`));
  assert.equal(await selected(), NIGHT_ALERTS);
  await follow(page, button('Create targets'));
  const summary = await page.locator('p[role=status]').innerText();
  const [created, existing] = summary.match(/\d+/g).map(Number);
  assert.equal(created + existing, NIGHT_ALERTS, summary);
  assert.equal(await page.locator('.chip.is-bad').count(), 0);
  assert.equal(await page.locator('tbody tr').count(), NIGHT_ALERTS);
});

test('Menus, colours and deletion work', async () => {
  await page.goto('/targets/');
  await page.locator('summary[aria-label=Theme]').click();
  await follow(page, page.locator('[data-theme-switch] button[value=red]'));
  assert.equal(new URL(page.url()).pathname, '/targets/');
  assert.equal(await page.locator('html').getAttribute('data-theme'), 'red');
  const name = await page.locator('tbody th a').first().innerText();
  await follow(page, page.locator('tbody th a').first());
  await follow(page, page.getByRole('link', { name: /^Delete/ }));
  await follow(page, button('Delete target'));
  assert.match(await page.locator('.flash').innerText(), /Target deleted/);
  await page.goto(`/targets/?name=${name}`);
  assert.equal(await page.locator('tbody th a', { hasText: name }).count(), 0);
});
