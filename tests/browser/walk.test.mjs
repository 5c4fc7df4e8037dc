// The way most users go: query, correct, look, tick, save as targets; on a wide and on a narrow screen.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBrowser } from './chromium.mjs';
import { SCREENS, finishedRun, follow, openPage, runArchive, startService } from './service.mjs';

let service, browser;
before(async () => {
  service = await startService();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

const button = (page, name) => page.getByRole('button', { name, exact: true });
const tick = (page, row) => page.locator('input[name=alerts]').nth(row);
const magnitudes = async (page) =>
  (await page.locator('td[data-label=Mag] .mag > span:first-of-type').allTextContents()).map(Number);

/** Ticks a row and waits until the server has kept it. */
async function tickAndKeep(page, row) {
  await Promise.all([page.waitForResponse((response) => response.url().endsWith('/selection/')), tick(page, row).click()]);
}

async function fillInWrongAndCorrect(page) {
  await page.goto('/');
  await follow(page, page.locator('a.broker', { hasText: 'archive' }));
  await page.selectOption('#id_folder', 'archive/night.tar.gz');
  const wrong = { max_results: '0', cone: '10 00 24', rb_min: '2' };
  for (const [name, value] of Object.entries(wrong)) await page.fill(`#id_${name}`, value);
  await page.check('input[name=bands][value=g]');
  await page.fill('#id_query_name', 'kept <as> typed');
  const answer = await follow(page, button(page, 'Run'));

  assert.equal(answer.status(), 422);
  for (const [name, value] of Object.entries(wrong)) {
    const field = page.locator(`#id_${name}`);
    assert.equal(await field.inputValue(), value);
    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    assert.ok((await field.getAttribute('aria-describedby')).includes(`id_${name}-errors`));
    assert.notEqual((await page.locator(`#id_${name}-errors`).innerText()).trim(), '');
    assert.equal(await page.locator(`#error-summary a[href='#id_${name}']`).count(), 1);
  }
  assert.ok(await page.locator('input[name=bands][value=g]').isChecked());
  assert.equal(await page.inputValue('#id_query_name'), 'kept <as> typed');
  assert.equal(await page.inputValue('#id_folder'), 'archive/night.tar.gz');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'error-summary');

  await page.locator("#error-summary a[href='#id_cone']").click();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'id_cone');
  for (const name of Object.keys(wrong)) await page.fill(`#id_${name}`, '');
  await page.uncheck('input[name=bands][value=g]');
  await button(page, 'Run').click();
  return finishedRun(page);
}

for (const [screen, viewport] of Object.entries(SCREENS)) {
  test(`On a ${screen} screen, wrong values are explained, nothing typed is lost, and corrected they run`, async () => {
    const page = await openPage(browser, service, { viewport });
    await fillInWrongAndCorrect(page);
    assert.ok((await page.locator('table.results tbody tr').count()) > 0);
    await page.context().close();
  });

  test(`On a ${screen} screen, reload, back and forward never start a second run`, async () => {
    const page = await openPage(browser, service, { viewport });
    const before = await service.countRuns();
    const run = await runArchive(page);
    assert.equal(await service.countRuns(), before + 1);
    await page.reload();
    await page.goBack();
    assert.match(page.url(), /\/alerts\/query\/create\//);
    await page.goForward();
    assert.equal(await finishedRun(page), run);
    assert.equal(await service.countRuns(), before + 1);
    await page.context().close();
  });

  test(`On a ${screen} screen, results are sorted and paged, and back leads to the page before`, async () => {
    const page = await openPage(browser, service, { viewport });
    await runArchive(page);
    const heading = page.locator('th[aria-sort]', { hasText: 'Mag' });
    assert.equal(await heading.getAttribute('aria-sort'), 'none');
    await follow(page, heading.locator('a'));
    assert.equal(await heading.getAttribute('aria-sort'), 'ascending');
    const first = await magnitudes(page);
    assert.equal(first.length, 50);
    assert.deepEqual(first, first.toSorted((a, b) => a - b));
    const address = page.url();
    await follow(page, page.locator('a[rel=next]').first());
    const second = await magnitudes(page);
    assert.ok(second[0] >= first.at(-1), 'the second page goes on where the first ended');
    await page.goBack();
    assert.equal(page.url(), address);
    assert.deepEqual(await magnitudes(page), first);
    await page.context().close();
  });
}

test('Columns are chosen on the page of a run, stay over its pages, and the ticks with them', async () => {
  const page = await openPage(browser, service);
  await runArchive(page);
  const headings = () => page.locator('table.results thead th').evaluateAll((all) => all.map((it) => it.innerText.split('\n')[0].trim()));
  const usual = await headings();
  await tickAndKeep(page, 0);
  await page.getByText('Columns', { exact: true }).click();
  for (const name of ['RA', 'Dec']) await page.getByLabel(name, { exact: true }).uncheck();
  await page.getByLabel('drb', { exact: true }).check();
  await follow(page, page.getByRole('button', { name: 'Show', exact: true }));
  const chosen = usual.filter((it) => !/^(RA|Dec)/.test(it));
  chosen.splice(-1, 0, 'drb');
  assert.deepEqual(await headings(), chosen);
  assert.equal(await page.locator('[data-selected]').innerText(), '1');
  await follow(page, page.locator('a[rel=next]').first());
  assert.deepEqual(await headings(), chosen);
  await page.getByText('Columns', { exact: true }).click();
  await follow(page, page.getByRole('link', { name: 'The usual ones' }));
  assert.deepEqual(await headings(), usual);
  await page.context().close();
});

test('Ticks are kept over pages, become targets once, and the results say so', async () => {
  const page = await openPage(browser, service);
  const run = await runArchive(page);
  const results = page.url();
  // Objects are seen once each here, so that three rows are three targets.
  const names = (await page.locator('table.results tbody th a').allTextContents()).slice(0, 2);
  await tickAndKeep(page, 0);
  await tickAndKeep(page, 1);
  await follow(page, page.locator('a[rel=next]').first());
  const other = await page.locator('table.results tbody th a').allTextContents();
  const row = other.findIndex((name) => !names.includes(name));
  await tickAndKeep(page, row);
  names.push(other[row]);
  assert.equal(new Set(names).size, 3);
  assert.equal(await page.locator('[data-selected]').innerText(), '3');
  await page.reload();
  assert.equal(await page.locator('[data-selected]').innerText(), '3');
  assert.ok(await tick(page, row).isChecked());
  const second = page.url();

  await follow(page, button(page, 'Create targets'));
  assert.match(await page.locator('p[role=status]').innerText(), /^3 targets created$/);
  assert.equal(await page.locator('.chip.is-good', { hasText: 'Created' }).count(), 3);
  assert.equal(await page.locator('tbody tr').count(), 3);

  await page.reload();
  assert.match(await page.locator('p[role=status]').innerText(), /^3 targets created$/);
  await follow(page, page.locator('td[data-label=Target] a').first());
  await page.goBack();
  assert.match(await page.locator('p[role=status]').innerText(), /^3 targets created$/);

  await page.goBack();
  assert.equal(page.url(), second);
  await page.goto(results);
  for (const place of [0, 1]) if (!(await tick(page, place).isChecked())) await tickAndKeep(page, place);
  await page.goto(second);
  if (!(await tick(page, row).isChecked())) await tickAndKeep(page, row);
  await follow(page, button(page, 'Create targets'));
  assert.match(await page.locator('p[role=status]').innerText(), /^0 targets created, 3 existed already$/);
  await page.goto('/targets/');
  assert.deepEqual((await page.locator('tbody th a').allTextContents()).toSorted(), names.toSorted());

  await follow(page, page.locator('tbody th a', { hasText: names[0] }));
  assert.equal(await page.locator('h1').evaluate((heading) => heading.firstChild.textContent), names[0]);
  assert.equal(await page.locator('section[aria-labelledby=alerts] tbody tr').count(), 1);
  assert.equal(await page.getByRole('link', { name: `Run ${run}`, exact: true }).count(), 1);
  await follow(page, page.locator('section[aria-labelledby=alerts] tbody th a'));
  assert.match(await page.title(), new RegExp(names[0]));

  await page.goto(results);
  const chips = page.locator('table.results tbody tr', { has: page.locator('td[data-label=Target] a.chip') });
  assert.ok((await chips.locator('th a').allTextContents()).includes(names[0]));
  assert.ok((await chips.locator('th a').allTextContents()).includes(names[1]));
  await page.context().close();
});

test('Two tabs of one run keep the ticks of both, and a tab that clears one clears no other', async () => {
  const one = await openPage(browser, service);
  await runArchive(one);
  const other = await one.context().newPage();
  await other.goto(one.url());
  await tickAndKeep(one, 0);
  await tickAndKeep(other, 1);
  // What was kept is no change of the form: sent again as a whole, it undoes nothing that the other tab has cleared since.
  await one.reload();
  assert.deepEqual([await tick(one, 0).isChecked(), await tick(one, 1).isChecked()], [true, true]);
  assert.equal(await one.locator('[data-selected]').innerText(), '2');
  await tickAndKeep(one, 2);
  await other.reload();
  await tickAndKeep(other, 2);
  const names = await one.locator('table.results tbody th a').allTextContents();
  await follow(one, button(one, 'Create targets'));
  const created = await one.locator('tbody th a').allTextContents();
  assert.deepEqual(created.toSorted(), names.slice(0, 2).toSorted());
  await one.context().close();
});

test('With Shift and with the box of the page, just what changes is sent', async () => {
  const page = await openPage(browser, service);
  await runArchive(page);
  const sent = async (act) => {
    const [request] = await Promise.all([page.waitForRequest((request) => request.url().endsWith('/selection/')), act()]);
    const form = new URLSearchParams(request.postData());
    await request.response();
    return ['on_page', 'alerts', 'was_ticked'].map((name) => form.getAll(name).length);
  };
  assert.deepEqual(await sent(() => tick(page, 1).click()), [1, 1, 0]);
  assert.deepEqual(await sent(() => tick(page, 4).click({ modifiers: ['Shift'] })), [3, 3, 0]);
  assert.deepEqual(await sent(() => page.locator('[data-tick-page]').click()), [46, 46, 0]);
  assert.deepEqual(await sent(() => tick(page, 0).click()), [1, 0, 1]);
  assert.equal(await page.locator('[data-selected]').innerText(), '49');
  await page.reload();
  assert.equal(await page.locator('[data-selected]').innerText(), '49');
  await page.context().close();
});

test('A tick that was not kept goes with the next one, with a link and with other columns, or the page says that it is not', async () => {
  const page = await openPage(browser, service);
  await runArchive(page);
  const told = (text) => page.locator('[data-unkept]', { hasText: text }).waitFor();
  const selected = () => page.locator('[data-selected]').innerText();
  const tickInVain = async (row, { times } = {}) => {
    await page.route('**/selection/', (route) => route.abort(), { times });
    await tick(page, row).click();
    await told('not kept yet');
  };
  await tickInVain(0, { times: 1 });
  await tickAndKeep(page, 1);
  await page.waitForFunction(() => document.querySelector('[data-unkept]').textContent === '');
  await page.reload();
  assert.equal(await selected(), '2');
  await tickInVain(2, { times: 1 });
  const before = page.url();
  await follow(page, page.locator('a[rel=next]').first());
  assert.notEqual(page.url(), before);
  assert.equal(await selected(), '3');
  await tickInVain(0, { times: 1 });
  await page.getByText('Columns', { exact: true }).click();
  await page.getByLabel('drb', { exact: true }).check();
  await follow(page, page.getByRole('button', { name: 'Show', exact: true }));
  assert.equal(await selected(), '4');
  // Who leaves all the same goes without it.
  await tickInVain(1);
  const here = page.url();
  await page.locator('a[rel=prev]').first().click();
  await told('1 change is not kept yet. Leave once more');
  assert.equal(page.url(), here);
  await follow(page, page.locator('a[rel=prev]').first());
  assert.equal(await selected(), '4');
  await page.context().close();
});

test('From an alert one comes back to the page of results that it was opened from', async () => {
  const page = await openPage(browser, service);
  await runArchive(page);
  await follow(page, page.locator('th[aria-sort]', { hasText: 'Mag' }).locator('a'));
  await follow(page, page.locator('a[rel=next]').first());
  const results = page.url();
  await follow(page, page.locator('table.results tbody th a').first());
  await follow(page, page.locator('.crumbs a'));
  assert.equal(page.url(), results);
  await page.context().close();
});

test('Create targets without a tick says that a tick is needed', async () => {
  const page = await openPage(browser, service);
  await runArchive(page);
  await follow(page, button(page, 'Create targets'));
  assert.match(await page.locator('.flash').innerText(), /select at least one alert/);
  await page.context().close();
});
