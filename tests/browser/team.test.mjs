// Three people in three browsers, on two replicas: invited, in a group, sharing, refused, given a role, taken out.
import assert from 'node:assert/strict';
import { text as readText } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { startBrowser } from './chromium.mjs';
import { ADMIN, startDeployment } from './deployment.mjs';
import { finishedRun, follow } from './service.mjs';
import { LOGIN, button, connectOnProfile, content, countsOf, fillStream, passProvider, path, signIn } from './sign_in_pages.mjs';
import {
  ARCHIVE, ARCHIVE_FORM, QUERIES, TEAM, TOKENS, invite, inviteByLink, join, makeGroup, makeTarget, makeToken, names, outcomes, putIn, row, saveQuery, setRole,
  share, shareByDefault, statusOf, takeOut, told,
} from './team_steps.mjs';

// Neither address is of the domain that comes in without an invitation.
const BEA = 'bea@elsewhere.example';
const CYD = 'cyd@far.example';
const HISTORY = '/team/history/';
const EVERYBODY = 'The whole team';

let deployment, browser;
let ana, bea, cyd; // a page in a browser of their own each
let link, token; // secrets that are shown once
let group, query, run, target, shared; // addresses
const complaints = []; // of the browser: scripts, policies
const failures = []; // answers of 5xx
before(async () => {
  deployment = await startDeployment({ replicas: 2 });
  browser = await startBrowser();
  [ana, bea, cyd] = [await openPage(), await openPage(), await openPage()];
});
after(async () => {
  await browser?.close();
  await deployment?.stop();
});

async function openPage() {
  const page = await deployment.openPage(browser);
  page.on('response', (answer) => {
    if (answer.status() >= 500) failures.push(`${answer.status()} for ${answer.url()}`);
  });
  page.on('console', (message) => {
    // A page that is refused on purpose is reported by its status alone.
    const isStatus = /^Failed to load resource: the server responded with a status of 4\d\d/.test(message.text());
    if (['error', 'warning'].includes(message.type()) && !isStatus) complaints.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
  return page;
}

/** Sends a form by hand, from a page of ours that has no such form; the answer. */
const sendByHand = (page, place, fields = {}) => page.evaluate(async ([action, body]) => {
  const answer = await fetch(action, { method: 'POST', body: new URLSearchParams(body), redirect: 'manual' });
  return { status: answer.status, text: await answer.text() };
}, [place, fields]);

/** Asks for a target of this number; what came of it: a status, or `told` that there is one of that name. */
async function makeTwin(page, n) {
  const { status, text } = await sendByHand(page, '/targets/create/', { name: `Twin ${n}`, ra: String(n), dec: '5' });
  return status === 422 && /A target with this name|already/i.test(text) ? 'told' : status;
}

const callApi = (place, scheme, { headers, ...options } = {}) =>
  fetch(`${deployment.url}${place}`, { ...options, headers: { Authorization: `${scheme} ${token}`, ...headers } });
const has = (page, name) => page.getByRole('link', { name, exact: true }).or(page.getByRole('button', { name, exact: true })).count();

test('One comes in by a link, which lets in one, and another by address; neither may invite', async () => {
  await signIn(ana, ADMIN, TEAM);
  link = await inviteByLink(ana);
  assert.ok(link.startsWith(`${deployment.url}/accounts/join/`), link);
  await invite(ana, CYD, 'viewer');
  assert.match(await told(ana), /Invited/);
  assert.ok(!(await ana.content()).includes(link), 'the link is shown once');
  await join(bea, link, BEA);
  assert.equal(path(bea), '/');
  assert.equal(await statusOf(cyd, link), 404);
  assert.match(await content(cyd), /This invitation is no longer valid/);
  await signIn(cyd, CYD, TEAM);
  assert.match(await row(cyd, 'Cyd').innerText(), /you[\s\S]*viewer/);
  assert.match(await row(cyd, 'Bea').innerText(), /member/);
  for (const page of [bea, cyd]) {
    await page.goto(TEAM);
    assert.equal(await page.locator('#id_email').count(), 0);
    assert.equal(await statusOf(page, HISTORY), 403);
    assert.equal((await sendByHand(page, TEAM, { email: BEA, by: 'link' })).status, 403);
  }
  assert.equal(await has(cyd, 'Create group'), 0, 'a viewer makes no group');
  await ana.goto(TEAM);
  assert.match(await ana.locator('section[aria-labelledby=invited]').innerText(), /None/);
});

test('What is shared with a group is seen there and by admins, and is not there for others', async () => {
  group = await makeGroup(ana, 'SN', 'Supernovae');
  await putIn(ana, 'Bea');
  await follow(ana, row(ana, 'Bea').getByRole('button', { name: /^Make leader/ }));
  await follow(ana, ana.getByRole('button', { name: /^Leave group/ }));
  assert.match(await row(ana, 'Bea').innerText(), /leader/);
  await shareByDefault(bea, 'SN');
  query = await saveQuery(bea, 'Young supernovae');
  assert.match(await row(bea, 'Young supernovae').innerText(), /SN/);
  assert.deepEqual(await names(cyd, QUERIES), []);
  for (const part of ['update/', 'share/', 'history/', 'delete/']) assert.equal(await statusOf(cyd, `${query}${part}`), 404, part);
  assert.deepEqual(await names(ana, QUERIES), ['Young supernovae'], 'an admin sees what is shared with anybody');
  assert.equal(await statusOf(ana, `${query}update/`), 200);
  await bea.goto(QUERIES);
  await follow(bea, row(bea, 'Young supernovae').getByRole('button', { name: /^Run/ }));
  run = `/runs/${await finishedRun(bea)}/`;
  assert.equal(await statusOf(cyd, run), 404);
  assert.deepEqual(await names(cyd, '/runs/'), []);
});

test('Two who press Create targets at once make one target of each object, and are both told', async () => {
  const results = `${run}?page_size=25`;
  for (const page of [ana, bea]) {
    await page.goto(results);
    assert.match(await content(page), /Bea/, 'the run says who started it');
    for (const box of await page.locator('input[name=alerts]').all()) await box.check();
  }
  // Bea shares with her group, Ana with everybody: both see both.
  await Promise.all([ana, bea].map((page) => follow(page, button(page, 'Create targets'))));
  const told = [...await outcomes(ana), ...await outcomes(bea)];
  assert.ok(told.length === 50, `${told.length} alerts`);
  assert.deepEqual(told.filter(({ outcome }) => !['Created', 'Already a target'].includes(outcome)), []);
  const objects = [...new Set(told.map(({ object }) => object))];
  const twice = objects.filter((object) => {
    const lines = told.filter((line) => line.object === object);
    return new Set(lines.map((line) => line.target)).size !== 1 || lines.filter((line) => line.outcome === 'Created').length !== 1;
  });
  assert.deepEqual(twice, [], 'each object is one target, which one of the two has made');
  assert.deepEqual((await names(ana, '/targets/')).sort(), objects.sort());

  const answers = [];
  // A few pairs at a time: each waits for those before it, and a busy machine is slow.
  for (let first = 0; first < 20; first += 4) {
    const pairs = [0, 1, 2, 3].flatMap((n) => [ana, bea].map((page) => makeTwin(page, first + n)));
    answers.push(...await Promise.all(pairs));
  }
  // A script sees nothing of an answer that leads to another page.
  const count = (answer) => answers.filter((given) => given === answer).length;
  assert.deepEqual([count(0), count('told')], [20, 20], `${answers}`);
  assert.equal((await names(ana, '/targets/?name=Twin')).length, 20);
});

test('What its owner makes private is gone for everybody else, and there for its owner', async () => {
  target = await makeTarget(bea, 'SN 2026abc', 11);
  await share(bea, target, { [EVERYBODY]: ['see'] });
  assert.equal(await statusOf(cyd, target), 200);
  await share(bea, target, {});
  assert.match(await told(bea), /Sharing saved/);
  for (const page of [cyd, ana]) assert.equal(await statusOf(page, target), 404);
  assert.equal(await statusOf(bea, target), 200);
  assert.match(await bea.locator('.head').innerText(), /private/);
  const theirs = await makeTarget(ana, 'SN 2026abc', 12);
  assert.notEqual(theirs, target, 'the name of what is private is free for others');
});

test('A viewer has no buttons, and a form sent by hand is refused with a sentence; made a member, the next page has them', async () => {
  shared = await makeTarget(bea, 'SN 2026xyz', 13);
  await share(bea, shared, { [EVERYBODY]: ['see', 'change', 'share'] });
  await share(bea, query, { [EVERYBODY]: ['see'] });
  await share(bea, run, { [EVERYBODY]: ['see'] });
  const changes = [
    ['/', 'Query a broker'], [QUERIES, /^Run/], [ARCHIVE_FORM, 'Run'], ['/targets/', 'New target'], [run, 'Create targets'], [run, /^Run again/],
    [shared, 'Edit'],
  ];
  const found = async () => {
    const seen = [];
    for (const [place, name] of changes) {
      await cyd.goto(place);
      const parts = ['link', 'button', 'heading'].map((role) => cyd.locator('main').getByRole(role, { name, exact: true }));
      if (await parts[0].or(parts[1]).or(parts[2]).count()) seen.push(`${place} ${name}`);
    }
    return seen;
  };
  assert.deepEqual(await found(), []);
  const ids = [run, query, shared].map((place) => /\d+/.exec(place)[0]);
  const alert = await bea.request.get(`/api/runs/${ids[0]}/alerts/`).then((answer) => answer.json());
  for (const [place, fields] of [
    ['/targets/create/', { name: 'By hand', ra: '1', dec: '2' }], [`${query}run/`], [`${query}copy/`], [`${shared}delete/`], [`${shared}share/`],
    [`${run}run/`], ['/alerts/alert/create/', { run_id: ids[0], alerts: String(alert.results[0].id) }], ['/team/groups/', { name: 'By hand' }],
    ['/alerts/query/create/', { broker: 'archive', folder: ARCHIVE, action: 'run' }], [`${run}selection/`, { action: 'page' }],
  ]) {
    const { status, text } = await sendByHand(cyd, place, fields);
    assert.equal(status, 403, `${place} ${text.slice(0, 900)}`);
    assert.match(text, /You are a viewer: .* An admin can change your role\./, place);
  }
  await cyd.goto('/targets/');
  await setRole(ana, 'Cyd', 'member');
  await cyd.reload();
  assert.equal(await has(cyd, 'New target'), 1, 'the very next page');
  assert.equal((await found()).length, changes.length);
});

test('Rights to see, to change and to share are apart, and decide which buttons there are', async () => {
  const buttons = async (page) => {
    await page.goto(shared);
    const found = [await has(page, 'Edit'), await has(page, 'Delete…')];
    await page.goto(`${shared}share/`);
    return [...found, await has(page, 'Save sharing')];
  };
  await share(bea, shared, { SN: ['see', 'change', 'share'], [EVERYBODY]: ['see'] });
  assert.deepEqual(await buttons(cyd), [0, 0, 0]);
  assert.match(await content(cyd), /Only its owner, an admin or who may share it can change this/);
  const { status, text } = await sendByHand(cyd, `${shared}share/`, { readers: '0', writers: '0' });
  assert.equal(status, 403, text);
  assert.equal(await statusOf(cyd, `${shared}update/`), 403);
  assert.match(await content(cyd), /Ask its owner or an admin/);
  await share(bea, shared, { [EVERYBODY]: ['see', 'change'] });
  assert.deepEqual(await buttons(cyd), [1, 0, 0]);
  await cyd.goto(`${shared}update/`);
  await cyd.fill('#id_note', 'A host at z = 0.02');
  await follow(cyd, button(cyd, 'Save target'));
  await share(bea, shared, { [EVERYBODY]: ['see', 'share'] });
  assert.deepEqual(await buttons(cyd), [0, 0, 1]);
  for (const page of [ana, bea]) assert.deepEqual(await buttons(page), [1, 1, 1]);
});

test('Lists show mine, my groups’ or all, and keep to it', async () => {
  await saveQuery(cyd, 'Variables of Cyd');
  await share(bea, query, { SN: ['see'] });
  await share(bea, run, { SN: ['see'] });
  const lists = { [QUERIES]: /^(Young|Variables)/, '/runs/': /./, '/targets/': /^SN / };
  const seen = async (page) => {
    const found = {};
    for (const [place, pattern] of Object.entries(lists)) {
      for (const [whose, label] of [['mine', 'Mine'], ['groups', 'My groups\''], ['', 'All']]) {
        await page.goto(place);
        await page.selectOption('#filter-whose', { label });
        await follow(page, page.getByRole('button', { name: /^(Filter|Search)$/ }));
        assert.equal(await page.inputValue('#filter-whose'), whose, `${place} keeps to ${label}`);
        found[`${place} ${whose}`] = (await names(page, page.url())).filter((name) => pattern.test(name)).sort();
      }
    }
    return found;
  };
  const hers = ['Young supernovae'];
  const cyds = ['Variables of Cyd'];
  assert.deepEqual(await seen(bea), {
    [`${QUERIES} mine`]: hers, [`${QUERIES} groups`]: hers, [`${QUERIES} `]: [...cyds, ...hers],
    '/runs/ mine': hers, '/runs/ groups': hers, '/runs/ ': hers,
    '/targets/ mine': ['SN 2026abc', 'SN 2026xyz'], '/targets/ groups': [], '/targets/ ': ['SN 2026abc', 'SN 2026abc', 'SN 2026xyz'],
  });
  assert.deepEqual(await seen(cyd), {
    [`${QUERIES} mine`]: cyds, [`${QUERIES} groups`]: [], [`${QUERIES} `]: cyds,
    '/runs/ mine': [], '/runs/ groups': [], '/runs/ ': [],
    '/targets/ mine': [], '/targets/ groups': [], '/targets/ ': ['SN 2026abc', 'SN 2026xyz'],
  });
});

test('A token is shown once, opens the API both ways until it is revoked, and only reads', async () => {
  token = await makeToken(bea, 'nightly script');
  assert.match(token, /^tomalerts_[\w-]{40,}$/);
  await bea.reload();
  assert.equal(await bea.locator('#fresh-token').count(), 0, 'neither it nor another one');
  assert.equal(await row(bea, 'nightly script').count(), 1);
  for (const scheme of ['Bearer', 'Token']) {
    const answer = await callApi('/api/targets/', scheme);
    assert.equal(answer.status, 200, scheme);
    assert.ok((await answer.json()).results.some(({ name }) => name === 'SN 2026xyz'));
  }
  const body = JSON.stringify({ name: 'By a token', ra: 1, dec: 2 });
  const refused = await callApi('/api/targets/', 'Bearer', { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
  assert.equal(refused.status, 403, 'it may only read');
  assert.equal((await callApi('/targets/', 'Bearer')).status, 401, 'pages take no token');
  await bea.goto(TOKENS);
  assert.doesNotMatch(await row(bea, 'nightly script').innerText(), /never/, 'the page says that it was used');
  await follow(bea, row(bea, 'nightly script').getByRole('button', { name: /^Revoke/ }));
  assert.match(await told(bea), /Token revoked/);
  for (const scheme of ['Bearer', 'Token']) assert.equal((await callApi('/api/targets/', scheme)).status, 401, scheme);
  assert.match(await row(bea, 'nightly script').innerText(), /ended/);
});

test('The history says who did what, of one thing and of all, can be filtered and taken along', async () => {
  await bea.goto(shared);
  await follow(bea, bea.getByRole('link', { name: 'History', exact: true }));
  const lines = await bea.locator('tbody tr').allInnerTexts();
  for (const wanted of [/Bea[\s\S]*created/, /Bea[\s\S]*shared/, /Cyd[\s\S]*changed/]) {
    assert.ok(lines.some((line) => wanted.test(line)), `${wanted} in ${lines}`);
  }
  assert.equal(await statusOf(bea, HISTORY), 403);
  await ana.goto(HISTORY);
  await ana.selectOption('#id_who', { label: 'Bea' });
  await ana.selectOption('#id_kind', 'target');
  await follow(ana, button(ana, 'Filter'));
  const shown = await ana.locator('tbody tr').count();
  assert.ok(shown > 3);
  const [download] = await Promise.all([ana.waitForEvent('download'), ana.getByRole('link', { name: /^Download/ }).click()]);
  const rows = (await readText(await download.createReadStream())).trim().split('\n').map((line) => JSON.parse(line));
  assert.equal(rows.length, shown);
  assert.ok(rows.every(({ actor, kind, action, at }) => actor === 'Bea' && kind === 'target' && action && Date.parse(at)), JSON.stringify(rows[0]));
  await ana.goto(HISTORY);
  assert.match(await ana.locator('tbody tr').first().innerText(), /Ana[\s\S]*exported/);
  await ana.fill('#id_since', 'yesterday');
  assert.equal((await follow(ana, button(ana, 'Filter'))).status(), 422);
  assert.equal(await ana.inputValue('#id_since'), 'yesterday', 'what was typed stays');
});

test('Whoever is taken out in mid-work is out at the next click; runs stop, and what was made stays with its author’s name', async () => {
  await connectOnProfile(bea, BEA);
  await deployment.publish('night-watch', 5);
  await fillStream(bea, { topic: 'night-watch', project: deployment.project, max_results: '500', timeout: '600' });
  await follow(bea, button(bea, 'Run'));
  const live = path(bea);
  await countsOf(bea, Number(live.split('/')[2]), ({ stored }) => stored === 5);
  token = await makeToken(bea, 'forgotten script', 'write');
  await bea.goto(ARCHIVE_FORM);
  await bea.fill('#id_query_name', 'half an <idea>');
  await bea.fill('#id_mag_max', '18.25');

  await takeOut(ana, 'Bea');
  assert.match(await told(ana), /Removed from the team/);
  assert.deepEqual(deployment.provider.accessTokens().filter(({ email }) => email === BEA), [], 'her tokens are dead at the provider');
  assert.equal((await follow(bea, button(bea, 'Save'))).status(), 401);
  assert.match(await content(bea), /What you typed is kept[\s\S]*[Ss]ign in/);
  assert.equal(await bea.locator('input[name=query_name]').inputValue(), 'half an <idea>');
  assert.equal(await bea.locator('input[name=mag_max]').inputValue(), '18.25');
  await bea.goto(shared);
  assert.equal(path(bea), LOGIN);
  assert.equal((await callApi('/api/targets/', 'Token')).status, 401);
  await follow(bea, bea.getByRole('button', { name: /^Sign in with / }));
  await passProvider(bea, { email: BEA });
  assert.match(await content(bea), /No access yet/);

  await ana.goto(live);
  await ana.locator('#progress .chip', { hasText: /Stopped|Cancelled/ }).waitFor();
  assert.match(await ana.locator('.head').innerText(), /Bea/);
  assert.equal((await countsOf(ana, Number(live.split('/')[2]), () => true)).stored, 5, 'what had come is kept');
  await ana.goto(shared);
  assert.match(await ana.locator('section[aria-labelledby=key-facts]').innerText(), /By\s+Bea/);
  assert.equal(await statusOf(ana, target), 404, 'what is private stays so');
  await ana.goto(TEAM);
  assert.equal(await row(ana, 'Bea').count(), 0);
});

test('The last admin cannot leave or become less; with another one they can', async () => {
  const answer = await takeOut(ana, 'Ana', 'Leave');
  assert.equal(answer.status(), 422);
  assert.match(await content(ana), /This is the last admin, and the team needs one/);
  assert.equal((await setRole(ana, 'Ana', 'viewer')).status(), 422);
  await setRole(ana, 'Cyd', 'admin');
  await takeOut(ana, 'Ana', 'Leave');
  assert.equal(path(ana), LOGIN);
  assert.equal(await statusOf(cyd, HISTORY), 200);
  assert.match(await cyd.locator('tbody tr').first().innerText(), /Ana[\s\S]*left/);
  assert.equal(await statusOf(cyd, group), 200);
});

test('No page broke a rule of the browser, no request failed, and secrets were on the page that shows them once', async () => {
  assert.deepEqual({ complaints, failures, proxy: deployment.roundRobin.failures }, { complaints: [], failures: [], proxy: [] });
  const { found } = await deployment.leaks([['link', new URL(link).pathname.split('/')[3]], ['token', token]]);
  const places = new Set(found.map((place) => place.replace(/join\/.*/, 'join/')));
  assert.deepEqual([...places].sort(), ['link in /accounts/join/', 'link in /team/', `token in ${TOKENS}`]);
});
