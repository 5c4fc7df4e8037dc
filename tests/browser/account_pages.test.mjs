// The pages of sign-in, connection, profile and team: rules of accessibility in all colours, widths, keyboard.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startBrowser } from './chromium.mjs';
import { ADMIN, MEMBER, STRANGER, startDeployment } from './deployment.mjs';
import { checkAll, checkOpen, keyboardProblems } from './page_checks.mjs';
import { SCREENS, follow } from './service.mjs';
import { CONNECT, LOGIN, PROFILE, button, connect, fillStream, passProvider, path, signIn, tryAgain } from './sign_in_pages.mjs';

const TEAM = '/team/';
const DISCONNECT = '/accounts/disconnect/';

let deployment, browser, page;
before(async () => {
  deployment = await startDeployment();
  browser = await startBrowser();
  page = await deployment.openPage(browser);
});
after(async () => {
  await browser?.close();
  await deployment?.stop();
});

async function checkKeyboard(...places) {
  const problems = [];
  for (const viewport of [SCREENS.wide, SCREENS.narrow]) {
    await page.setViewportSize(viewport);
    for (const place of places) {
      await page.goto(place);
      problems.push(...await keyboardProblems(page, `${place} at ${viewport.width} px`));
    }
  }
  await page.setViewportSize(SCREENS.wide);
  assert.deepEqual(problems, []);
}

test('The page of sign-in breaks no rule and needs no mouse', async () => {
  const wanted = `${LOGIN}?next=${encodeURIComponent(`/targets/?name=${'long-named'.repeat(9)}`)}`;
  await checkAll(page, [LOGIN, wanted]);
  await checkKeyboard(LOGIN);
});

test('The page for accounts without access breaks no rule', async () => {
  const other = await deployment.openPage(browser);
  await other.goto(LOGIN);
  await follow(other, other.getByRole('button', { name: /^Sign in with / }));
  await passProvider(other, { email: STRANGER });
  await checkOpen(other, 'no access');
  await other.goto('/accounts/callback/?code=made-up&state=made-up');
  await checkOpen(other, 'an answer that nobody asked for');
  await other.context().close();
});

test('Profile and team break no rule before anything is connected', async () => {
  await signIn(page, ADMIN, TEAM);
  await checkAll(page, [TEAM, PROFILE, `${CONNECT}?scope=pubsub&next=/`]);
  await page.goto(PROFILE);
  await page.fill('#id_project', 'No Project!');
  assert.equal((await follow(page, button(page, 'Save project'))).status(), 422);
  await checkOpen(page, 'refused project');
});

test('Consent that was declined or left in part is explained by pages that break no rule', async () => {
  await fillStream(page, { topic: 'a-stream', project: deployment.project });
  await follow(page, button(page, 'Run'));
  assert.equal(path(page), CONNECT);
  await checkOpen(page, 'connect, with a form that waits');
  await connect(page, { email: ADMIN, isGranted: false });
  await checkOpen(page, 'declined consent');
  await tryAgain(page, { email: ADMIN, untick: ['pubsub'] });
  await checkOpen(page, 'partial consent');
  await tryAgain(page, { email: ADMIN });
  await checkOpen(page, 'the form after consent');
});

test('Full profile and team break no rule and need no mouse', async () => {
  const other = await deployment.openPage(browser);
  await signIn(other, MEMBER, TEAM);
  await page.goto(TEAM);
  await page.fill('#id_email', 'not an address');
  assert.equal((await follow(page, button(page, 'Invite'))).status(), 422);
  await checkOpen(page, 'refused invitation');
  await page.fill('#id_email', `somebody.${'long-named'.repeat(4)}@far.example`);
  await follow(page, button(page, 'Invite'));
  await checkOpen(page, 'invited');
  const elsewhere = await deployment.openPage(browser);
  await signIn(elsewhere, ADMIN, PROFILE);
  await checkAll(page, [PROFILE, TEAM, DISCONNECT]);
  await checkAll(other, [PROFILE, TEAM]);
  await page.goto(PROFILE);
  await follow(page, button(page, 'Test now'));
  await checkOpen(page, 'a tested connection');
  await checkKeyboard(PROFILE, TEAM, `${CONNECT}?scope=pubsub&next=/`);
  await page.goto(PROFILE);
  await page.locator('header summary.user').click();
  await checkOpen(page, 'the open menu of the user');
  await other.context().close();
  await elsewhere.context().close();
});

test('A run that needs its owner to connect, and a profile in that state, break no rule', async () => {
  deployment.provider.revokeGrants(ADMIN);
  await fillStream(page, { topic: 'a-stream', project: deployment.project, timeout: '5' });
  await follow(page, button(page, 'Run'));
  await page.locator('#progress .chip', { hasText: 'Failed' }).waitFor();
  await page.reload();
  await checkOpen(page, 'a run without a grant');
  await checkAll(page, [PROFILE]);
});
