// Pages of the team, its groups, sharing, history and tokens: rules of accessibility, colours, widths, keyboard, no script.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBrowser } from './chromium.mjs';
import { ADMIN, MEMBER, startDeployment } from './deployment.mjs';
import { checkAll, checkOnBothScreens, keyboardProblems } from './page_checks.mjs';
import { SCREENS, follow, runArchive } from './service.mjs';
import { LOGIN, PROFILE, button, content, path, signIn, signOut } from './sign_in_pages.mjs';
import {
  QUERIES, TEAM, TOKENS, invite, inviteByLink, join, makeGroup, makeTarget, makeToken, putIn, row, saveQuery, setRole, share, shareByDefault, statusOf, told,
} from './team_steps.mjs';

const HISTORY = '/team/history/';
const LONG = 'long-named'.repeat(8);
const VIEWER = `vera.${'long-named'.repeat(4)}@far.example`;

let deployment, browser, page, other;
let group, query, run, target;
before(async () => {
  deployment = await startDeployment();
  browser = await startBrowser();
  page = await deployment.openPage(browser);
  other = await deployment.openPage(browser);
});
after(async () => {
  await browser?.close();
  await deployment?.stop();
});

/** Presses what changes something; whether the answer has this status, and the page that came breaks no rule. */
async function checkAfter(locator, status, place) {
  assert.equal((await follow(page, locator)).status(), status, place);
  await checkOnBothScreens(page, place);
}

test('An invitation by link, fresh, open, used up or made up, breaks no rule', async () => {
  await signIn(page, ADMIN, TEAM);
  const link = await inviteByLink(page, 'viewer');
  await checkOnBothScreens(page, 'a link that was just made');
  await checkAll(other, [link]);
  const vera = await deployment.openPage(browser);
  await join(vera, link, VIEWER);
  await vera.context().close();
  await checkAll(other, [link, '/accounts/join/made-up/'], 404);
  await signIn(other, MEMBER);
});

test('Pages with nothing on them yet break no rule', async () => {
  await checkAll(page, [TEAM, TOKENS, HISTORY, `${HISTORY}?kind=query`, PROFILE]);
});

test('Forms that are refused break no rule, and say why', async () => {
  await page.goto(TEAM);
  await checkAfter(button(page, 'Create group'), 422, 'a group without a name');
  await page.goto(TOKENS);
  await page.fill('#id_days', 'ten');
  await checkAfter(button(page, 'Create token'), 422, 'a token without a name');
  assert.equal(await page.inputValue('#id_days'), 'ten');
  await page.goto(TEAM);
  assert.equal((await setRole(page, 'Ana', 'viewer')).status(), 422);
  await checkOnBothScreens(page, 'the last admin');
  await checkAll(page, [`${HISTORY}?since=yesterday`], 422);
});

test('Full pages break no rule, fit every width and need no mouse', async () => {
  group = await makeGroup(page, `Group ${LONG}`, `What a ${LONG} does`);
  await checkOnBothScreens(page, 'a group that was just made');
  await putIn(page, 'Vera');
  await putIn(page, 'Ben');
  await makeGroup(page, 'Variables');
  await invite(page, `somebody.${'long-named'.repeat(4)}@far.example`, 'member');
  await inviteByLink(page);
  await shareByDefault(other, `Group ${LONG}`);
  query = await saveQuery(other, `Faint and ${LONG}`);
  run = `/runs/${await runArchive(other)}/`;
  target = await makeTarget(other, 'SN 2026abc', 11);
  await makeToken(other, `script ${LONG}`);
  await checkOnBothScreens(other, 'a token that was just made');
  await makeToken(other, 'second', 'write');
  await other.goto(TOKENS);
  await follow(other, row(other, 'second').getByRole('button', { name: /^Revoke/ }));
  assert.match(await told(other), /revoked/);
  const things = [query, run, target];
  const parts = things.flatMap((place) => [`${place}share/`, `${place}history/`]);
  const lists = [QUERIES, '/runs/', '/targets/'].map((place) => `${place}?whose=groups`);
  const places = [TEAM, group, `${group}delete/`, HISTORY, ...parts, `${query}update/`, `${run}?page_size=25`, target];
  await checkAll(page, places);
  await page.goto(TEAM);
  await checkAfter(row(page, 'Vera').getByRole('link', { name: /^Remove/ }), 200, 'asked before somebody is taken out');
  await checkAll(other, [TEAM, TOKENS, PROFILE, group, ...parts, ...lists]);
  const problems = [];
  for (const [opened, all] of [[page, [TEAM, group, HISTORY, `${target}share/`]], [other, [TOKENS, `${target}history/`, QUERIES]]]) {
    for (const viewport of [SCREENS.wide, SCREENS.narrow]) {
      await opened.setViewportSize(viewport);
      for (const place of all) {
        await opened.goto(place);
        problems.push(...await keyboardProblems(opened, `${place} at ${viewport.width} px`));
      }
    }
    await opened.setViewportSize(SCREENS.wide);
  }
  assert.deepEqual(problems, []);
});

test('What others see of it breaks no rule: a viewer, and whoever is refused', async () => {
  await share(other, target, { [`Group ${LONG}`]: ['see'], 'The whole team': ['see'] });
  const vera = await deployment.openPage(browser);
  await signIn(vera, VIEWER);
  await checkAll(vera, ['/', TEAM, group, `${target}share/`, query.concat('update/'), `${run}?page_size=25`, target, '/targets/', QUERIES, TOKENS, PROFILE]);
  await checkAll(vera, [HISTORY, `${target}update/`, '/targets/create/'], 403);
  await vera.context().close();
});

test('Without a script people are invited, groups made, things shared, tokens made and revoked', async () => {
  const plain = await deployment.openPage(browser, { javaScriptEnabled: false });
  await signIn(plain, ADMIN, TEAM);
  assert.match(await inviteByLink(plain), /\/accounts\/join\//);
  await follow(plain, row(plain, 'whoever has the link').first().getByRole('button', { name: /^Withdraw/ }));
  assert.match(await told(plain), /withdrawn/);
  const made = await makeGroup(plain, 'Without a script');
  await putIn(plain, 'Ben');
  await setRole(plain, 'Ben', 'viewer');
  assert.match(await told(plain), /Role changed/);
  assert.equal((await setRole(plain, 'Ana', 'viewer')).status(), 422);
  await plain.locator('summary[aria-label=Theme]').click();
  await follow(plain, plain.locator('[data-theme-switch] button[value=dark]'));
  assert.match(path(plain), /^\/answers\/\d+\/$/, 'the colours lead back to what was refused');
  assert.equal(await plain.locator('html').getAttribute('data-theme'), 'dark');
  await setRole(plain, 'Ben', 'member');
  await share(plain, target, { 'Without a script': ['see', 'change'] });
  assert.match(await told(plain), /Sharing saved/);
  assert.ok(await plain.getByLabel('Without a script: change it').isChecked());
  assert.ok(!await plain.getByLabel('The whole team: see it').isChecked());
  assert.match(await makeToken(plain, 'plain'), /^tomalerts_/);
  await plain.goto(TOKENS);
  await follow(plain, row(plain, 'plain').getByRole('button', { name: /^Revoke/ }));
  assert.match(await told(plain), /revoked/);
  await plain.goto(HISTORY);
  await plain.selectOption('#id_action', 'revoked');
  await follow(plain, button(plain, 'Filter'));
  assert.ok(await row(plain, 'plain').count() > 0);
  assert.equal(await row(plain, 'second').count(), 1);
  await plain.goto(made);
  await follow(plain, plain.getByRole('link', { name: /^Delete group/ }));
  await follow(plain, button(plain, 'Delete group'));
  assert.match(await told(plain), /Group deleted/);
  assert.equal(await statusOf(plain, made), 404);
  assert.equal(await statusOf(plain, target), 404, 'what was shared with it alone is its owner’s alone');
  await signOut(plain);
  assert.equal(path(plain), LOGIN);
  assert.ok(!(await content(plain)).includes('SN 2026abc'));
  await plain.context().close();
});
