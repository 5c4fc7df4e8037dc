// What members do on the pages of the team, of sharing and of tokens; every selector of them is here.
import assert from 'node:assert/strict';
import { follow } from './service.mjs';
import { PROFILE, button, content, passProvider, path } from './sign_in_pages.mjs';

export const TEAM = '/team/';
export const TOKENS = '/accounts/tokens/';
export const QUERIES = '/alerts/query/list/';
export const ARCHIVE_FORM = '/alerts/query/create/?broker=archive';
export const ARCHIVE = 'archive/night.tar.gz';

/** The row of a table that names something. */
export const row = (page, name) => page.locator('tbody tr').filter({ has: page.locator('th', { hasText: name }) });

/** The sentence that tells what the last change did. */
export const told = (page) => page.locator('main .flash').innerText();

/** Opens a place; the status of its answer. */
export const statusOf = async (page, place) => (await page.goto(place)).status();

/** Makes an invitation by link; the link. */
export async function inviteByLink(page, role = 'member') {
  await page.goto(TEAM);
  await page.selectOption('#id_role', role);
  await follow(page, button(page, 'Create a link instead'));
  return (await page.locator('#fresh-link').innerText()).trim();
}

/** Invites an address. */
export async function invite(page, email, role) {
  await page.goto(TEAM);
  await page.fill('#id_email', email);
  await page.selectOption('#id_role', role);
  await follow(page, button(page, 'Invite'));
}

/** Comes in by a link; wherever that leads. */
export async function join(page, link, email) {
  assert.equal(await statusOf(page, link), 200);
  await follow(page, page.getByRole('button', { name: /^Sign in with .* and join$/ }));
  await passProvider(page, { email });
}

/** Gives a member a role. */
export async function setRole(page, name, role) {
  await page.goto(TEAM);
  await row(page, name).getByLabel(`Role of ${name}`).selectOption(role);
  return follow(page, row(page, name).getByRole('button', { name: /^Set/ }));
}

/** Takes a member out, or leaves: the answer to the last button. */
export async function takeOut(page, name, label = 'Remove') {
  await page.goto(TEAM);
  await follow(page, row(page, name).getByRole('link', { name: new RegExp(`^${label}`) }));
  return follow(page, button(page, label));
}

/** Makes a group; its address. */
export async function makeGroup(page, name, description = '') {
  await page.goto(TEAM);
  await page.fill('#id_group_name', name);
  await page.fill('#id_group_description', description);
  await follow(page, button(page, 'Create group'));
  return path(page);
}

/** Puts somebody into a group, whose page is open. */
export async function putIn(page, name) {
  const option = page.locator('#id_member option', { hasText: name });
  await page.selectOption('#id_member', await option.getAttribute('value'));
  await follow(page, button(page, 'Add'));
}

/** Sets with whom one shares what one makes from now on. */
export async function shareByDefault(page, ...groups) {
  await page.goto(PROFILE);
  for (const box of await page.locator('input[name=readers]').all()) await box.uncheck();
  for (const group of groups) await page.getByLabel(group, { exact: true }).check();
  await follow(page, button(page, 'Save sharing'));
}

/** Says on a sharing page which groups see, change and share a thing: `{ 'The whole team': ['see', 'change'] }`. */
export async function share(page, place, rights) {
  await page.goto(`${place}share/`);
  for (const box of await page.locator('table.sharing input').all()) await box.uncheck();
  const words = { see: 'see it', change: 'change it', share: 'share it further' };
  for (const [group, granted] of Object.entries(rights)) {
    for (const right of granted) await page.getByLabel(`${group}: ${words[right]}`).check();
  }
  return follow(page, button(page, 'Save sharing'));
}

/** Saves an archive query; its address. */
export async function saveQuery(page, name) {
  await page.goto(ARCHIVE_FORM);
  await page.selectOption('#id_folder', ARCHIVE);
  await page.fill('#id_max_results', '');
  await page.fill('#id_query_name', name);
  await follow(page, button(page, 'Save'));
  const href = await row(page, name).locator('th a').getAttribute('href');
  return href.replace('update/', '');
}

/** Makes a target by hand; its address. */
export async function makeTarget(page, name, ra) {
  await page.goto('/targets/create/');
  for (const [field, value] of Object.entries({ name, ra: String(ra), dec: '5' })) await page.fill(`#id_${field}`, value);
  await follow(page, button(page, 'Save target'));
  return path(page);
}

/** Makes a token, which is shown once. */
export async function makeToken(page, name, access = 'read') {
  await page.goto(TOKENS);
  await page.fill('#id_token_name', name);
  await page.locator(`input[name=access][value=${access}]`).check();
  await follow(page, button(page, 'Create token'));
  return (await page.locator('#fresh-token').innerText()).trim();
}

/** Outcomes of a report of new targets: name of the object, word, and address of the target. */
export async function outcomes(page) {
  const rows = await page.locator('section[aria-label=Outcomes] tbody tr').evaluateAll((all) => all.map((line) => ({
    object: line.querySelector('th a').textContent.trim(),
    outcome: line.querySelector('td[data-label=Outcome] .chip').lastChild.textContent.trim(),
    target: line.querySelector('td[data-label=Target] a')?.getAttribute('href'),
  })));
  assert.ok(rows.length > 0, await content(page));
  return rows;
}

/** Names in the first column of a list. */
export const names = async (page, place) => {
  assert.equal(await statusOf(page, place), 200, place);
  return page.locator('tbody .card-title a').evaluateAll((all) => all.map((link) => link.firstChild.textContent.trim()));
};
