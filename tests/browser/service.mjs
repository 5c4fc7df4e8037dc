// A service of our own for a test file, with a simulated night to query, and pages that visit it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { placeNight } from './night.mjs';
import { startOnFreePort, startProgram } from './program.mjs';

const run = promisify(execFile);

/** Screens that every walk is done on. */
export const SCREENS = { wide: { width: 1400, height: 900 }, narrow: { width: 390, height: 844 } };

/**
 * Starts the service on a free port, with an archive `archive` that holds `night.tar.gz`.
 * `environment` adds variables, `flags` arguments; `damaged` also puts in packets and a night that cannot be read, and
 * offers an archive that is `missing`.
 */
export async function startService({ damaged = false, environment = {}, flags = [] } = {}) {
  const ground = await prepareGround({ damaged });
  const replica = await startProgram(ground, { environment, flags }).catch(async (error) => {
    await ground.throwAway();
    throw error;
  });
  return {
    ...replica,
    archive: ground.archive,
    countRuns: async () => (await (await fetch(`${replica.url}/api/runs/`)).json()).results.length,
    stop: async () => {
      await replica.stop().finally(ground.throwAway);
    },
  };
}

/** Starts the service several times, on ports of its own each, with one database and one archive. */
export async function startReplicas(count, { environment = {}, flags = [] } = {}) {
  const ground = await prepareGround();
  assert.ok(ground.database, 'replicas need a database server: DATABASE_URL and psql');
  const replicas = [];
  const stop = async () => {
    await Promise.all(replicas.map((replica) => replica.stop())).finally(ground.throwAway);
  };
  try {
    for (let n = 0; n < count; n += 1) replicas.push(await startOnFreePort(ground, { environment, flags }));
  } catch (error) {
    await stop();
    throw error;
  }
  return { replicas, stop };
}

/** A page in a context of its own; `options` are those of a context. */
export async function openPage(browser, service, options = {}) {
  const context = await browser.newContext({ baseURL: service.url, viewport: SCREENS.wide, ...options });
  context.setDefaultTimeout(60_000);
  return context.newPage();
}

/** Fills in the archive's form and presses Run; comes back when the run has ended as `state`. Its number. */
export async function runArchive(page, { folder = 'archive/night.tar.gz', maxResults = '', state = 'Finished', ...fields } = {}) {
  await page.goto('/alerts/query/create/?broker=archive');
  await page.selectOption('#id_folder', folder);
  await page.fill('#id_max_results', maxResults);
  for (const [name, value] of Object.entries(fields)) await page.fill(`#id_${name}`, value);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  return finishedRun(page, state);
}

/** Waits on a run's page until it has ended, as `state`. Its number. */
export async function finishedRun(page, state = 'Finished') {
  await page.waitForURL(/\/runs\/\d+\//);
  await page.locator('#progress .chip', { hasText: state }).waitFor();
  // A page that saw the run end loads itself anew, unless it has rows that must not move.
  await page.waitForFunction(() => !document.querySelector('[data-poll]') || document.querySelector('[data-selection]'));
  if (await page.locator('[data-poll]').count()) await page.reload();
  return Number(/\/runs\/(\d+)\//.exec(page.url())[1]);
}

/** Presses what leads to another page; the answer that the page came with. */
export async function follow(page, locator) {
  const [answer] = await Promise.all([page.waitForNavigation(), locator.click()]);
  return answer;
}

/** What several replicas can share: a folder with an archive, and a database. */
async function prepareGround({ damaged = false } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'tom-alerts-browser-'));
  // The user who runs a private PostgreSQL has to pass through.
  await chmod(folder, 0o711);
  const archive = join(folder, 'archive');
  await mkdir(archive);
  await placeNight(join(archive, 'night.tar.gz'));
  if (damaged) await writeDamage(archive);
  const database = await createDatabase();
  const throwAway = async () => {
    await database?.drop();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  return { folder, archives: [archive, ...(damaged ? [join(folder, 'missing')] : [])], archive, database, throwAway };
}

async function writeDamage(archive) {
  await writeFile(join(archive, 'damaged.avro'), Buffer.concat([Buffer.from('Obj\x01'), randomBytes(60)]));
  await writeFile(join(archive, 'damaged.tar.gz'), randomBytes(300));
}

/** A database of our own on the server of the tests; none without a server: the service brings its own then. */
async function createDatabase() {
  const server = process.env.DATABASE_URL;
  if (!server) return null;
  const name = `browser_${randomBytes(6).toString('hex')}`;
  const ask = (sql) => run('psql', ['--no-psqlrc', '--quiet', '--command', sql, server]);
  try {
    await ask(`create database ${name}`);
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { environment: { DATABASE_URL: url.href }, drop: () => ask(`drop database ${name} with (force)`) };
}
