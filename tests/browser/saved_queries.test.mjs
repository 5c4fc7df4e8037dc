// Saved queries: save, list, run, copy, change, delete; and what is understood of a field while it is typed.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBrowser } from './chromium.mjs';
import { finishedRun, follow, openPage, startService } from './service.mjs';

const LIST = '/alerts/query/list/';
let service, browser, page;
before(async () => {
  service = await startService();
  browser = await startBrowser();
  page = await openPage(browser, service);
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

const button = (name) => page.getByRole('button', { name, exact: true });
const names = () => page.locator('tbody th a').allTextContents();
const row = (name) => page.locator('tbody tr', { has: page.getByRole('link', { name, exact: true }) });
const openMenu = (name) => row(name).locator('details.menu > summary').click();

test('Saving needs a name, and says so without losing the form', async () => {
  await page.goto('/alerts/query/create/?broker=archive');
  await page.fill('#id_mag_max', '20.5');
  const answer = await follow(page, button('Save'));
  assert.equal(answer.status(), 422);
  assert.match(await page.locator('#id_query_name-errors').innerText(), /required/);
  assert.equal(await page.inputValue('#id_mag_max'), '20.5');
});

test('A query is saved and listed', async () => {
  await page.goto('/alerts/query/create/?broker=archive');
  await page.selectOption('#id_folder', 'archive/night.tar.gz');
  await page.fill('#id_mag_max', '20.5');
  await page.fill('#id_query_name', 'Bright ones');
  await follow(page, button('Save'));
  assert.equal(new URL(page.url()).pathname, LIST);
  assert.match(await page.locator('.flash').innerText(), /Query saved/);
  assert.deepEqual(await names(), ['Bright ones']);
  assert.match(await row('Bright ones').locator('[data-label="Last run"]').innerText(), /never/);
  await page.reload();
  assert.equal(await page.locator('.flash').count(), 0, 'the note is shown once');
});

test('A saved query runs with one click, and the list shows its last run', async () => {
  await page.goto(LIST);
  await row('Bright ones').getByRole('button', { name: /^Run/ }).click();
  await finishedRun(page);
  assert.match(await page.locator('h1').innerText(), /Bright ones/);
  await page.goto(LIST);
  assert.match(await row('Bright ones').locator('[data-label="Last run"]').innerText(), /Finished/);
});

test('A query is copied, and the copy is changed without the first', async () => {
  await page.goto(LIST);
  await openMenu('Bright ones');
  await follow(page, row('Bright ones').getByRole('button', { name: /^Copy/ }));
  assert.deepEqual((await names()).toSorted(), ['Bright ones', 'Copy of Bright ones']);
  await openMenu('Copy of Bright ones');
  await follow(page, row('Copy of Bright ones').getByRole('link', { name: 'Edit', exact: true }));
  assert.equal(await page.inputValue('#id_mag_max'), '20.5');
  await page.fill('#id_mag_max', '18');
  await page.fill('#id_query_name', 'Brighter ones');
  await follow(page, button('Save'));
  assert.deepEqual((await names()).toSorted(), ['Bright ones', 'Brighter ones']);
  await follow(page, page.getByRole('link', { name: 'Bright ones', exact: true }));
  assert.equal(await page.inputValue('#id_mag_max'), '20.5');
  await page.goto(`${LIST}?name=brighter`);
  assert.deepEqual(await names(), ['Brighter ones']);
});

test('A query is deleted only after a confirmation, and its runs stay', async () => {
  await page.goto(LIST);
  await openMenu('Bright ones');
  await follow(page, row('Bright ones').getByRole('link', { name: /^Delete/ }));
  assert.match(await page.locator('h1').innerText(), /Delete the query “Bright ones”\?/);
  await follow(page, page.getByRole('link', { name: 'Keep it' }));
  assert.equal((await names()).length, 2);
  await openMenu('Bright ones');
  await follow(page, row('Bright ones').getByRole('link', { name: /^Delete/ }));
  await follow(page, button('Delete query'));
  assert.match(await page.locator('.flash').innerText(), /Query deleted/);
  assert.deepEqual(await names(), ['Brighter ones']);
  await page.goto('/runs/');
  assert.deepEqual(await page.locator('tbody th a').evaluateAll((links) => links.map((link) => link.firstChild.textContent)), ['Bright ones']);
});

test('What is understood of a cone is shown while it is typed', async () => {
  await page.goto('/alerts/query/create/?broker=archive');
  const echo = page.locator('#id_cone-echo');
  assert.equal(await echo.textContent(), '');
  await page.locator('#id_cone').pressSequentially('10:00:24.12 +02:12:00.4, 30');
  await page.waitForFunction(() => document.querySelector('#id_cone-echo').textContent.includes('150.100500 +2.200111'));
  assert.match(await echo.textContent(), /radius 30″/);
  await page.fill('#id_cone', '10 00 24');
  await page.waitForFunction(() => document.querySelector('#id_cone-echo').textContent === '');
  await page.fill('#id_cone', "150.1, 2.2, 2'");
  await page.waitForFunction(() => document.querySelector('#id_cone-echo').textContent.includes('radius 2′'));
  await page.fill('#id_cone', '');
  await page.waitForFunction(() => document.querySelector('#id_cone-echo').textContent === '');
});
