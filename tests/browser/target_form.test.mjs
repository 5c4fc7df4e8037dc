// Targets made, found, changed and deleted by hand.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBrowser } from './chromium.mjs';
import { follow, openPage, startService } from './service.mjs';

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

async function submit(fields, path = '/targets/create/') {
  if (path) await page.goto(path);
  for (const [name, value] of Object.entries(fields)) await page.fill(`#id_${name}`, value);
  return follow(page, button('Save target'));
}

test('Wrong coordinates are explained beside their fields, and nothing typed is lost', async () => {
  for (const [ra, dec] of [['400', '95'], ['abc', 'def'], ['', '']]) {
    const typed = { name: 'Crab <Nebula>', ra, dec, aliases: 'M 1\nTaurus A', note: 'two\nlines & more' };
    const answer = await submit(typed);
    assert.equal(answer.status(), 422);
    for (const [name, value] of Object.entries(typed)) assert.equal(await page.inputValue(`#id_${name}`), value);
    for (const name of ['ra', 'dec']) {
      assert.equal(await page.getAttribute(`#id_${name}`, 'aria-invalid'), 'true', `${name} ${ra}${dec}`);
      assert.notEqual((await page.locator(`#id_${name}-errors`).innerText()).trim(), '');
    }
    assert.ok(await page.locator('[data-focus]').evaluate((summary) => summary === document.activeElement));
    assert.match(await page.title(), /^2 to correct/);
  }
  await page.goto('/targets/');
  assert.deepEqual(await names(), []);
});

test('A form that was refused is there after going back to it, and loading it again sends nothing', async () => {
  await submit({ name: 'typed once', ra: '400', dec: '5', aliases: '', note: 'a long note' });
  const refused = page.url();
  await page.goto('/runs/');
  await page.goBack();
  for (let time = 0; time < 2; time += 1) {
    assert.equal(page.url(), refused);
    assert.equal(await page.inputValue('#id_note'), 'a long note');
    assert.equal(await page.getAttribute('#id_ra', 'aria-invalid'), 'true');
    await page.reload();
  }
  assert.equal((await submit({ ra: '40' }, null)).status(), 200);
  assert.match(await page.locator('h1').innerText(), /typed once/);
  const made = page.url();
  await page.goBack();
  await page.goForward();
  assert.equal(page.url(), made);
  await page.goto(`${made}delete/`);
  await follow(page, button('Delete target'));
});

test('Enter in the form of a stream looks at it, and in the form of an archive runs it', async () => {
  await page.goto('/alerts/query/create/?broker=stream-rest');
  await page.fill('#id_subscription_name', 'my-loop');
  await page.fill('#id_topic', 'ztf-loop');
  await Promise.all([page.waitForNavigation(), page.press('#id_topic', 'Enter')]);
  assert.match(await page.locator('[role=status]').first().innerText(), /Nothing was run/);
  assert.equal(await page.inputValue('#id_subscription_name'), 'my-loop');
  assert.match(await page.locator('#not-yet').innerText(), /tom-alerts serve --google-project/);
  assert.ok(await page.getByRole('button', { name: 'Run', exact: true }).isDisabled());
  assert.equal(await service.countRuns(), 0);
  await page.goto('/alerts/query/create/?broker=archive');
  await Promise.all([page.waitForNavigation(), page.press('#id_max_results', 'Enter')]);
  assert.match(page.url(), /\/runs\/\d+\/$/);
});

test('A target is made from sexagesimal coordinates', async () => {
  const answer = await submit({ name: 'Crab Nebula', ra: '05:34:31.94', dec: '+22:00:52.2', aliases: 'M 1', note: '' });
  assert.equal(answer.status(), 200);
  assert.match(page.url(), /\/targets\/\d+\/$/);
  assert.match(await page.locator('.flash').innerText(), /Target created/);
  const facts = await page.locator('section[aria-labelledby=key-facts]').innerText();
  assert.match(facts, /05 34 31\.94 \+22 00 52\.2/);
  assert.match(facts, /83\.63308\d* \+22\.01450\d*/);
  assert.match(await page.locator('.lead').innerText(), /also M 1/);
});

test('A name like one that is there is refused, and the target that has it is named', async () => {
  for (const name of ['crab-nebula', 'CRAB (nebula)', 'm_1']) {
    const answer = await submit({ name, ra: '10', dec: '10' });
    assert.equal(answer.status(), 422, name);
    const message = await page.locator('#id_name-errors').innerText();
    assert.ok(message.includes(`A Target matching ${name} already exists. (Crab Nebula)`), message);
    assert.equal(await page.inputValue('#id_name'), name);
    assert.equal(await page.inputValue('#id_ra'), '10');
  }
  assert.equal((await submit({ name: 'Crab Nebula', ra: '10', dec: '10' })).status(), 422);
  assert.match(await page.locator('#id_name-errors').innerText(), /Target with this Name already exists/);
});

test('A cone search finds what lies in it, with the distance, and says how the cone was read', async () => {
  await submit({ name: 'Elsewhere', ra: '200', dec: '-30' });
  await page.goto('/targets/');
  assert.equal((await names()).length, 2);
  await page.fill('#id_cone_search', '05:34:31.94 +22:00:50, 10"');
  await follow(page, button('Search'));
  assert.deepEqual(await names(), ['Crab Nebula']);
  assert.match(await page.locator('td[data-label=Dec]').innerText(), /2\.20″ away/);
  assert.equal(await page.inputValue('#id_cone_search'), '05:34:31.94 +22:00:50, 10"');
  await page.goto('/targets/?cone_search=10+00+24');
  assert.notEqual((await page.locator('#id_cone_search-errors').innerText()).trim(), '');
  await page.goto('/targets/?name=M1');
  assert.deepEqual(await names(), ['Crab Nebula'], 'an alias is found without regard to spaces');
});

test('A target is changed, and an older form cannot undo the change of another', async () => {
  await page.goto('/targets/?name=Elsewhere');
  await follow(page, page.locator('tbody th a'));
  const address = page.url();
  await follow(page, page.getByRole('link', { name: 'Edit', exact: true }));
  assert.equal(await page.inputValue('#id_ra'), '200');
  const old = await page.context().newPage();
  await old.goto(page.url());
  const answer = await submit({ name: 'Here now', ra: '201.5', note: 'moved' }, null);
  assert.equal(answer.status(), 200);
  assert.equal(page.url(), address);
  assert.match(await page.locator('h1').innerText(), /^Here now/);
  assert.match(await page.locator('section[aria-labelledby=notes]').innerText(), /moved/);

  await old.fill('#id_name', 'Undone');
  const refusal = await follow(old, old.getByRole('button', { name: 'Save target' }));
  assert.ok([409, 422].includes(refusal.status()), `answered ${refusal.status()}`);
  await old.close();
  await page.reload();
  assert.match(await page.locator('h1').innerText(), /^Here now/);
});

test('A target is deleted only after a confirmation', async () => {
  await page.goto('/targets/?name=Here+now');
  await follow(page, page.locator('tbody th a'));
  const address = page.url();
  await follow(page, page.getByRole('link', { name: /^Delete/ }));
  assert.match(await page.locator('h1').innerText(), /Delete the target Here now\?/);
  await follow(page, page.getByRole('link', { name: 'Keep it' }));
  assert.equal(page.url(), address);
  await follow(page, page.getByRole('link', { name: /^Delete/ }));
  await follow(page, button('Delete target'));
  assert.match(await page.locator('.flash').innerText(), /Target deleted/);
  assert.deepEqual(await names(), ['Crab Nebula']);
  assert.equal((await page.goto(address)).status(), 404);
});

test('A name of 96 characters without a blank keeps to its table', async () => {
  await submit({ name: 'X'.repeat(96), ra: '10', dec: '10' });
  for (const width of [1400, 390]) {
    await page.setViewportSize({ width, height: 900 });
    await page.goto('/targets/');
    const [table, panel] = await page.locator('table').evaluate((it) => [it.scrollWidth, it.parentElement.clientWidth]);
    assert.ok(table <= panel, `${table} px in ${panel}`);
  }
});
