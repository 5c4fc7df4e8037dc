// Every page, empty, full and failing: rules of accessibility in all colours, widths, keyboard.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import axe from 'axe-core';
import { SCREENS, follow, openPage, runArchive, startBrowser, startService } from './service.mjs';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const THEMES = ['light', 'dark', 'red'];
const WIDTHS = [320, 390, 768, 1400, 2000];

let service, browser, page;
before(async () => {
  service = await startService({ packets: 60, damaged: true });
  browser = await startBrowser();
  page = await openPage(browser, service);
});
after(async () => {
  await browser?.close();
  await service?.stop();
});

/** What breaks a rule on the page that is open, a line each. */
async function violations(place) {
  await page.evaluate(axe.source);
  const found = [];
  for (const theme of THEMES) {
    const results = await page.evaluate(async ([tags, colours]) => {
      document.documentElement.dataset.theme = colours;
      await Promise.allSettled(document.getAnimations().map((animation) => animation.finished));
      return (await axe.run({ runOnly: tags, resultTypes: ['violations'] })).violations;
    }, [TAGS, theme]);
    for (const { id, help, nodes } of results) {
      for (const node of nodes) found.push(`${place}, ${theme}: ${id} (${help}) at ${node.target.join(' ')}`);
    }
  }
  return found;
}

/** Widths at which the page that is open can be moved sideways. */
async function overflows(place) {
  const found = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    const wide = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      if (scrollWidth <= clientWidth) return null;
      const outside = [...document.querySelectorAll('main *, header *, footer *')].filter((part) => part.getBoundingClientRect().right > clientWidth + 1);
      return `${scrollWidth} px, ${outside.slice(0, 3).map((part) => `${part.tagName}.${part.className}`).join(' ')}`;
    });
    if (wide) found.push(`${place} at ${width} px is as wide as ${wide}`);
  }
  await page.setViewportSize(SCREENS.wide);
  return found;
}

/** Buttons, links and fields of the open page that Tab never reaches, look the same with the focus, or are covered then. */
async function keyboardProblems(place) {
  const wanted = await page.evaluate(() => {
    const look = (part) => [part, part.parentElement].map((element) => {
      const { outline, boxShadow, borderColor, backgroundColor } = getComputedStyle(element);
      return [outline, boxShadow, borderColor, backgroundColor].join();
    }).join();
    document.activeElement.blur();
    const all = [...document.querySelectorAll('a[href], button, summary, select, textarea, input:not([type=hidden])')];
    const reachable = all.filter((part) => part.checkVisibility() && part.tabIndex >= 0 && part.type !== 'radio');
    const looks = new Map(reachable.map((part, n) => [part, [n, look(part)]]));
    window.focused = () => {
      const part = document.activeElement;
      const [n, before] = looks.get(part) ?? [];
      const { left, right, top, bottom } = part.getBoundingClientRect();
      const points = [0.1, 0.5, 0.9].flatMap((x) => [0.1, 0.5, 0.9].map((y) => [left + x * (right - left), top + y * (bottom - top)]));
      const isOpen = points.some(([x, y]) => {
        const hit = document.elementFromPoint(x, y);
        return hit && (part.contains(hit) || hit.contains(part));
      });
      return { n, what: part.outerHTML.slice(0, 80), isSkip: part.matches('a.skip'), isSeen: look(part) !== before, isOpen };
    };
    return reachable.map((part) => `${part.tagName} ${part.textContent.trim() || part.name}`);
  });
  const reached = new Set();
  const found = [];
  for (let presses = 0; presses < wanted.length + 30 && reached.size < wanted.length; presses += 1) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate(() => window.focused());
    if (presses === 0 && !focus.isSkip) found.push(`${place}: Tab reaches ${focus.what} before the skip link`);
    if (focus.n !== undefined) reached.add(focus.n);
    if (!focus.isSeen) found.push(`${place}: the focus cannot be seen on ${focus.what}`);
    if (!focus.isOpen) found.push(`${place}: something covers ${focus.what}`);
  }
  wanted.forEach((what, n) => reached.has(n) || found.push(`${place}: Tab does not reach ${what}`));
  return found;
}

async function checkAll(places, status = 200) {
  const problems = [];
  for (const place of places) {
    const answer = await page.goto(place);
    assert.equal(answer.status(), status, place);
    problems.push(...await violations(place), ...await overflows(place));
  }
  assert.deepEqual(problems, []);
}

const checkOpen = async (place) => assert.deepEqual([...await violations(place), ...await overflows(place)], []);

test('Pages with nothing on them yet break no rule and fit every width', async () => {
  await checkAll(['/', '/alerts/query/list/', '/alerts/query/create/?broker=archive', '/alerts/query/create/?broker=stream-rest', '/runs/', '/targets/', '/targets/create/']);
});

test('Pages of errors break no rule and fit every width', async () => {
  await checkAll(['/nowhere/', '/runs/999999/', '/targets/999999/', '/alerts/ztf/1/', '/alerts/query/999999/update/', '/alerts/query/create/?broker=none'], 404);
  await checkAll(['/targets/?cone_search=x'], 422);
  await page.goto('/alerts/query/create/?broker=archive');
  for (const name of ['max_results', 'cone', 'rb_min', 'observed_after', 'mag_min']) await page.fill(`#id_${name}`, '-1e9');
  assert.equal((await follow(page, page.getByRole('button', { name: 'Save', exact: true }))).status(), 422);
  await checkOpen('refused query');
  await page.goto('/targets/create/');
  for (const name of ['ra', 'dec']) await page.fill(`#id_${name}`, 'abc');
  assert.equal((await follow(page, page.getByRole('button', { name: 'Save target' }))).status(), 422);
  await checkOpen('refused target');
});

test('Runs that failed, found nothing or met unreadable packets break no rule', async () => {
  const places = [];
  for (const query of [{ folder: 'archive' }, { folder: 'archive/damaged.tar.gz' }, { mag_max: '-20' }, { folder: 'missing', state: 'Failed' }]) {
    places.push(`/runs/${await runArchive(page, query)}/`);
  }
  assert.match(await page.locator('#progress [role=alert]').innerText(), /cannot be read/);
  const unreadable = places.slice(0, 2).map((run) => `${run}unreadable/`);
  await page.goto(unreadable[0]);
  assert.equal(await page.locator('tbody tr').count(), 2);
  await checkAll([...places, ...unreadable]);
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
  await checkOpen('report of new targets');
  const target = await page.locator('td[data-label=Target] a').first().getAttribute('href');
  const query = await (await page.request.get('/api/queries/')).json();
  const saved = `/alerts/query/${query.results[0].id}/`;
  const full = ['/', '/alerts/query/list/', `${saved}update/`, `${saved}delete/`, '/runs/', `/runs/${run}/?page_size=25`, alert, '/targets/', target, `${target}update/`, `${target}delete/`];
  await checkAll(full);
  for (const place of ['/alerts/query/list/', `/runs/${run}/?page_size=25`, alert]) {
    await page.goto(place);
    await page.evaluate(() => document.querySelectorAll('details').forEach((part) => { part.open = true; }));
    await checkOpen(`${place} unfolded`);
  }
  const problems = [];
  for (const viewport of [SCREENS.wide, SCREENS.narrow]) {
    await page.setViewportSize(viewport);
    for (const place of ['/', '/alerts/query/list/', '/alerts/query/create/?broker=archive', `/runs/${run}/?page_size=25`, alert, target, `${target}update/`]) {
      await page.goto(place);
      problems.push(...await keyboardProblems(`${place} at ${viewport.width} px`));
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
    await page.locator('summary[aria-label=Colours]').click();
    await page.locator(`[data-theme-switch] button[value=${theme}]`).click();
    await page.goto('/targets/');
    assert.equal(await page.locator('html').getAttribute('data-theme'), theme);
  }
});
