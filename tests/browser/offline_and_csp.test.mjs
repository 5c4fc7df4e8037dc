// Nothing is fetched from elsewhere, no rule of the pages' own policy is broken, and hostile texts stay texts.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBrowser } from './chromium.mjs';
import { follow, openPage, runArchive, startService } from './service.mjs';

const HOSTILE = ['<img src=x onerror=alert(1)>', '"><script>alert(2)</script>', "'-alert(3)-'", '{{7*7}}</title><svg onload=alert(4)>', 'javascript:alert(5)'];
const MOST_PAGES = 150;

let service, browser, page;
const strangers = [];
const complaints = [];
const dialogs = [];
let damagedRun;
before(async () => {
  service = await startService({ damaged: true });
  browser = await startBrowser();
  page = await openPage(browser, service);
  page.on('request', (request) => {
    if (!request.url().startsWith(`${service.url}/`)) strangers.push(request.url());
  });
  page.on('console', (message) => {
    // A page that is refused on purpose is reported by its status alone.
    const isStatus = /^Failed to load resource: the server responded with a status of 4\d\d/.test(message.text());
    if (['error', 'warning'].includes(message.type()) && !isStatus) complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
  page.on('dialog', async (dialog) => {
    dialogs.push(`${page.url()}: ${dialog.message()}`);
    await dialog.dismiss();
  });
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

const button = (name) => page.getByRole('button', { name, exact: true });
const silent = () => assert.deepEqual({ strangers, complaints, dialogs }, { strangers: [], complaints: [], dialogs: [] });

/** A page's kind: its address without numbers, so that one alert stands for all. */
const kind = (address) => address.pathname.replace(/\d+/g, 'N') + [...address.searchParams.keys()].sort().join();

/** Visits one page of every kind that links lead to; the kinds. */
async function crawl() {
  const queue = ['/', `/runs/${damagedRun}/`, '/targets/?name=x&cone_search=1,2,3', '/alerts/query/list/?name=x', '/nowhere/', '/runs/?state=failed'];
  const kinds = new Set();
  while (queue.length > 0 && kinds.size < MOST_PAGES) {
    const address = new URL(queue.shift(), service.url);
    if (kinds.has(kind(address))) continue;
    kinds.add(kind(address));
    await page.goto(address.href, { waitUntil: 'load' });
    const links = await page.locator('a[href]:not([download])').evaluateAll((all) => all.map((link) => link.href));
    queue.push(...links.filter((link) => link.startsWith(`${service.url}/`) && !/\/(json|packet)\/$/.test(link)));
  }
  return kinds;
}

test('Names that are scripts are shown as they were typed and never run', async () => {
  for (const [n, name] of HOSTILE.entries()) {
    await page.goto('/targets/create/');
    const fields = { name, ra: String(10 + n), dec: '5', aliases: `alias ${n} ${name}`, note: name };
    for (const [field, value] of Object.entries(fields)) await page.fill(`#id_${field}`, value);
    await follow(page, button('Save target'));
    assert.ok((await page.locator('h1').innerText()).startsWith(name), name);
    await page.goto('/alerts/query/create/?broker=archive');
    await page.fill('#id_query_name', name);
    await follow(page, button('Save'));
    assert.equal(await page.getByRole('link', { name, exact: true }).count(), 1, name);
    await page.goto(`/targets/?name=${encodeURIComponent(name)}&cone_search=${encodeURIComponent(name)}`);
    assert.equal(await page.inputValue('#id_cone_search'), name);
    await page.goto(`/alerts/query/list/?name=${encodeURIComponent(name)}`);
    assert.equal(await page.inputValue('#filter-name'), name);
    const refused = await page.goto(`/alerts/query/list/?broker=${encodeURIComponent(name)}&${encodeURIComponent(name)}=1`);
    assert.equal(refused.status(), 422);
  }
  await page.goto('/alerts/query/create/?broker=archive');
  await page.fill('#id_cone', HOSTILE[0]);
  await page.fill('#id_query_name', HOSTILE[1]);
  assert.equal((await follow(page, button('Save and run'))).status(), 422);
  assert.equal(await page.inputValue('#id_cone'), HOSTILE[0]);
  await page.goto('/');
  silent();
});

test('A run with a hostile name stays quiet from its form to its report', async () => {
  await page.goto('/alerts/query/list/');
  const row = page.locator('tbody tr', { has: page.getByRole('link', { name: HOSTILE[0], exact: true }) });
  await follow(page, row.getByRole('button', { name: /^Run/ }));
  // The first archive has a night that is damaged.
  await page.locator('#progress .chip', { hasText: 'Failed' }).waitFor();
  damagedRun = await runArchive(page, { folder: 'archive', state: 'Failed' });
  await page.locator('input[name=alerts]').first().check();
  await follow(page, button('Create targets'));
  assert.equal(await page.locator('tbody tr').count(), 1);
  silent();
});

test('The page of an alert draws its light curve', async () => {
  await runArchive(page);
  await follow(page, page.locator('table.results tbody th a').first());
  const plot = page.locator('figure.lc svg.plot');
  const box = await plot.boundingBox();
  assert.ok(box.width > 200 && box.height > 100, JSON.stringify(box));
  assert.ok((await plot.locator('.is-current .dot').count()) === 1, 'this alert is marked');
  assert.match(await plot.locator('desc').textContent(), /\S/);
  const current = plot.locator('.is-current');
  const band = /\bb-\w+/.exec(await current.getAttribute('class'))[0];
  await page.locator(`#show-${band}`).uncheck();
  assert.equal(await plot.locator(`g.${band} .dot`).first().isVisible(), false, 'a band can be hidden');
  await page.locator(`#show-${band}`).check();
  assert.ok(await current.locator('.dot').isVisible());
  silent();
});

test('A crawl of every kind of page asks no other host and breaks no policy', async () => {
  const kinds = await crawl();
  // Most addresses carry the way back besides.
  const paths = new Set([...kinds].map((it) => it.slice(0, it.lastIndexOf('/') + 1)));
  for (const wanted of [
    '/', '/alerts/query/list/', '/alerts/query/create/broker', '/alerts/query/N/update/', '/alerts/query/N/delete/', '/runs/', '/runs/N/',
    '/runs/N/order', '/runs/N/unreadable/', '/alerts/ztf/N/', '/targets/', '/targets/create/', '/targets/N/', '/targets/N/update/', '/targets/N/delete/',
  ]) assert.ok(kinds.has(wanted) || paths.has(wanted), `${wanted} is among ${[...kinds].join(' ')}`);
  assert.ok(kinds.size < MOST_PAGES, 'the crawl comes to an end');
  silent();
});

test('The policy that keeps scripts and other hosts out is sent with every page', async () => {
  for (const address of ['/', '/nowhere/', '/targets/', '/alerts/query/create/?broker=archive']) {
    const policy = (await page.goto(address)).headers()['content-security-policy'];
    assert.match(policy, /default-src '(none|self)'/);
    assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval|https?:/);
  }
  await page.evaluate(() => { document.body.insertAdjacentHTML('beforeend', '<img src="x" onerror="alert(9)">'); });
  await page.waitForFunction(() => [...document.images].every((image) => image.complete));
  assert.deepEqual(dialogs, []);
  assert.ok(complaints.some((text) => /Content Security Policy/.test(text)), 'what breaks the policy is noticed');
});
