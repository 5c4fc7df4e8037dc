// Every page, empty, full and failing: rules of accessibility in all colours, widths, keyboard.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBrowser } from './chromium.mjs';
import { checkAll, checkOpen, keyboardProblems } from './page_checks.mjs';
import { SCREENS, follow, openPage, runArchive, startService } from './service.mjs';

let service, browser, page;
before(async () => {
  service = await startService({ damaged: true });
  browser = await startBrowser();
  page = await openPage(browser, service);
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

test('Pages with nothing on them yet break no rule and fit every width', async () => {
  const forms = ['archive', 'stream-rest', 'stream-client'].map((broker) => `/alerts/query/create/?broker=${broker}`);
  await checkAll(page, ['/', '/alerts/query/list/', ...forms, '/runs/', '/targets/', '/targets/create/', '/api/docs/']);
});

test('Pages of errors break no rule and fit every width', async () => {
  const missing = ['/nowhere/', '/runs/999999/', '/targets/999999/', '/alerts/ztf/1/', '/alerts/query/999999/update/'];
  await checkAll(page, missing, 404);
  await checkAll(page, ['/targets/?cone_search=x', '/alerts/query/create/?broker=none', '/runs/?stat=failed'], 422);
  await page.goto('/alerts/query/create/?broker=archive');
  for (const name of ['max_results', 'cone', 'rb_min', 'observed_after', 'mag_min']) await page.fill(`#id_${name}`, '-1e9');
  assert.equal((await follow(page, page.getByRole('button', { name: 'Save', exact: true }))).status(), 422);
  await checkOpen(page, 'refused query');
  await page.goto('/targets/create/');
  for (const name of ['ra', 'dec']) await page.fill(`#id_${name}`, 'abc');
  assert.equal((await follow(page, page.getByRole('button', { name: 'Save target' }))).status(), 422);
  await checkOpen(page, 'refused target');
});

test('Runs that failed, found nothing or met unreadable packets break no rule', async () => {
  const places = [];
  const failed = ['archive', 'archive/damaged.tar.gz', 'missing'].map((folder) => ({ folder, state: 'Failed' }));
  for (const query of [failed[0], failed[1], { mag_max: '-20' }, failed[2]]) {
    places.push(`/runs/${await runArchive(page, query)}/`);
  }
  assert.match(await page.locator('#progress [role=alert]').innerText(), /cannot be read/);
  const unreadable = places.slice(0, 2).map((run) => `${run}unreadable/`);
  await page.goto(unreadable[0]);
  assert.equal(await page.locator('tbody tr').count(), 2);
  await checkAll(page, [...places, ...unreadable]);
});

test('Full pages break no rule, fit every width and can be used with the keyboard alone', async () => {
  await page.goto('/alerts/query/create/?broker=archive');
  await page.fill('#id_query_name', `Faint and ${'long-named'.repeat(9)}`);
  await follow(page, page.getByRole('button', { name: 'Save', exact: true }));
  const run = await runArchive(page, {});
  const alert = await page.locator('table.results tbody th a').first().getAttribute('href');
  await page.locator('input[name=alerts]').first().check();
  await page.locator('input[name=alerts]').nth(1).check();
  await follow(page, page.getByRole('button', { name: 'Create targets', exact: true }));
  await checkOpen(page, 'report of new targets');
  const [target] = (await page.locator('td[data-label=Target] a').first().getAttribute('href')).split('?');
  const query = await (await page.request.get('/api/queries/')).json();
  const saved = `/alerts/query/${query.results[0].id}/`;
  const ofQueries = ['/', '/alerts/query/list/', `${saved}update/`, `${saved}delete/`];
  await checkAll(page, [...ofQueries, '/runs/', `/runs/${run}/?page_size=25`, alert, '/targets/', target, `${target}update/`, `${target}delete/`]);
  for (const place of ['/alerts/query/list/', `/runs/${run}/?page_size=25`, alert, '/api/docs/']) {
    await page.goto(place);
    await page.evaluate(() => document.querySelectorAll('details').forEach((part) => { part.open = true; }));
    await checkOpen(page, `${place} unfolded`);
  }
  const withKeys = ['/', '/alerts/query/list/', '/alerts/query/create/?broker=archive', `/runs/${run}/?page_size=25`, alert, target, `${target}update/`];
  const problems = [];
  for (const viewport of [SCREENS.wide, SCREENS.narrow]) {
    await page.setViewportSize(viewport);
    for (const place of withKeys) {
      await page.goto(place);
      problems.push(...await keyboardProblems(page, `${place} at ${viewport.width} px`));
    }
  }
  await page.setViewportSize(SCREENS.wide);
  assert.deepEqual(problems, []);
});

test('The skip link leads past the navigation, and chosen colours stay', async () => {
  await page.goto('/runs/');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  for (const theme of ['dark', 'red', 'light']) {
    await page.locator('summary[aria-label=Theme]').click();
    await page.locator(`[data-theme-switch] button[value=${theme}]`).click();
    await page.goto('/targets/');
    assert.equal(await page.locator('html').getAttribute('data-theme'), theme);
  }
});
