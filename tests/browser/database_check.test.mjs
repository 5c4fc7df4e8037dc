// The form of the database: Check shows what a query asks and costs before it is run; what is wrong stands by its field.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { startBrowser } from './chromium.mjs';
import { checkOpen } from './page_checks.mjs';
import { SCREENS, follow, openPage, startService } from './service.mjs';

const FORM = '/alerts/query/create/?broker=database';
const OBJECT = 'ZTF21"<b>\'x';
let service, browser, bigquery;
before(async () => {
  bigquery = await startBigQuery();
  service = await startService({ environment: { BIGQUERY_EMULATOR_HOST: bigquery.host } });
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await service?.stop();
  await bigquery?.stop();
});

/** BigQuery as far as dry runs go: it says `bytes`, or `refusal`, and keeps what it was asked. */
async function startBigQuery() {
  const double = { asked: [], bytes: 44_238_061_568, refusal: null };
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const part of request) text += part;
    const body = JSON.parse(text || 'null');
    double.asked.push({ path: `${request.method} ${request.url}`, body });
    const answer = double.refusal ?? {
      jobReference: { projectId: 'local', location: 'US' },
      statistics: { totalBytesProcessed: String(double.bytes), query: { totalBytesProcessedAccuracy: 'UPPER_BOUND' } },
    };
    response.writeHead(double.refusal ? double.refusal.error.code : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  double.host = `127.0.0.1:${server.address().port}`;
  double.stop = () => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  return double;
}

const button = (page, name) => page.getByRole('button', { name, exact: true });
const section = (page) => page.locator('section[aria-labelledby=cost]');

async function checkByObject(page) {
  await page.goto(FORM);
  await page.fill('#id_objectId', OBJECT);
  await page.check('input[name=bands][value=g]');
  await page.fill('#id_query_name', 'mine');
  const answer = await follow(page, button(page, 'Check'));
  assert.equal(answer.status(), 200);
}

for (const [screen, viewport] of Object.entries(SCREENS)) {
  test(`On a ${screen} screen, Check shows statement, parameters and cost, and the form stays as typed`, async () => {
    const page = await openPage(browser, service, { viewport });
    await checkByObject(page);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'cost');
    const box = section(page).locator('.box');
    assert.match(await box.innerText(), /Reads at most 41\.2 GiB \(about \$0\.25\), billed to the project local\./);
    assert.match(await box.innerText(), /refuse it above 45\.3 GiB .* the limit for one query is 100 GiB/);
    assert.match(await box.innerText(), /not partitioned/);

    const statement = await page.locator('#statement').innerText();
    assert.match(statement, /FROM `ardent-cycling-243415\.ztf\.alerts_v4_02`/);
    assert.match(statement, /alert\.objectId = @objectId/);
    assert.ok(!statement.includes('ZTF21'), 'a value is never part of the statement');
    const rows = await section(page).locator('tbody tr').evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.innerText)));
    assert.deepEqual(rows, [['@objectId', 'STRING', OBJECT], ['@fids', 'ARRAY<INT64>', '1'], ['@most_rows', 'INT64', '101']]);

    assert.equal(await page.inputValue('#id_objectId'), OBJECT);
    assert.ok(await page.locator('input[name=bands][value=g]').isChecked());
    assert.equal(await page.inputValue('#id_query_name'), 'mine');
    await page.context().close();
  });
}

test('What is shown is what BigQuery was asked in a dry run, and nothing was started', async () => {
  const page = await openPage(browser, service);
  bigquery.asked.length = 0;
  const runs = await service.countRuns();
  await checkByObject(page);
  assert.equal(bigquery.asked.length, 1);
  const [{ path, body }] = bigquery.asked;
  assert.equal(path, 'POST /bigquery/v2/projects/local/jobs');
  assert.equal(body.configuration.dryRun, true);
  assert.equal(body.configuration.query.query, await page.locator('#statement').textContent());
  assert.equal(body.configuration.query.queryParameters[0].parameterValue.value, OBJECT);
  assert.equal(await service.countRuns(), runs);
  await page.context().close();
});

test('Statement and programs are copied as they stand, and the programs have a cap', async () => {
  const page = await openPage(browser, service, { permissions: ['clipboard-read', 'clipboard-write'] });
  await checkByObject(page);
  for (const [title, id] of [['Statement', 'statement'], ['As Python', 'python'], ['As curl', 'curl']]) {
    const text = page.locator(`#${id}`);
    if (!(await text.isVisible())) await page.locator('summary', { hasText: title }).click();
    await text.waitFor();
    await page.getByRole('button', { name: `Copy ${title}`, exact: true }).click();
    const wanted = await text.textContent();
    await page.waitForFunction(async (expected) => (await navigator.clipboard.readText()) === expected, wanted);
    if (id === 'python') assert.match(wanted, /maximum_bytes_billed=48661867724,/);
    if (id === 'curl') {
      assert.match(wanted, /"maximumBytesBilled":"48661867724"/);
      assert.match(wanted, /^# Prints the first page of the answer/);
    }
  }
  await page.context().close();
});

test('A query that would be refused says so beforehand, and what Google says is told', async () => {
  const page = await openPage(browser, service);
  bigquery.bytes = 300 * 2 ** 30;
  await checkByObject(page);
  assert.match(await section(page).locator('.box.is-bad').innerText(), /300 GiB.*more than the limit of 100 GiB.*It cannot be run/s);
  bigquery.bytes = 44_238_061_568;
  bigquery.refusal = { error: { code: 403, message: 'Access Denied: Project local', errors: [{ reason: 'accessDenied' }] } };
  await checkByObject(page);
  bigquery.refusal = null;
  assert.match(await section(page).locator('.box.is-bad').innerText(), /BigQuery Job User.*Access Denied: Project local/s);
  assert.match(await page.locator('#python').textContent(), /maximum_bytes_billed=107374182400,/);
  await page.context().close();
});

test('What is wrong stands by its field, nothing typed is lost and BigQuery is not asked', async () => {
  const page = await openPage(browser, service);
  bigquery.asked.length = 0;
  await page.goto(FORM);
  const both = 'Only one of either objectId or candid can be used to filter.';
  const wrong = {
    objectId: ['ZTF21abcdefg', both],
    candid: ['2982177112815010003', both],
    own_table: ['alerts; DROP', 'project.dataset.table'],
    observed_before: ['0202-09-12', 'Enter a time in the years 1800 to 2200.'],
    max_results: ['0', ''],
  };
  for (const [name, [value]] of Object.entries(wrong)) await page.fill(`#id_${name}`, value);
  const answer = await follow(page, button(page, 'Check'));
  assert.equal(answer.status(), 422);
  for (const [name, [value, message]] of Object.entries(wrong)) {
    const field = page.locator(`#id_${name}`);
    assert.equal(await field.inputValue(), value);
    assert.equal(await field.getAttribute('aria-invalid'), 'true', name);
    const told = await page.locator(`#id_${name}-errors`).innerText();
    assert.ok(told.trim() && told.includes(message), `${name}: ${told}`);
    assert.equal(await page.locator(`#error-summary a[href='#id_${name}']`).count(), 1, name);
  }
  assert.equal(await section(page).count(), 0);

  for (const name of Object.keys(wrong)) await page.fill(`#id_${name}`, name === 'max_results' ? '100' : '');
  assert.equal((await follow(page, button(page, 'Check'))).status(), 422);
  assert.match(await page.locator('#error-summary').innerText(), /Add an objectId or a candid/);
  assert.deepEqual(bigquery.asked, []);
  await page.context().close();
});

test('A page with a check is accessible and no wider than the screen', async () => {
  const page = await openPage(browser, service);
  await checkByObject(page);
  for (const title of ['As Python', 'As curl']) await page.locator('summary', { hasText: title }).click();
  await checkOpen(page, 'a check');
  await page.context().close();
});
