// Runs the browser tests, several files at once, in one Chromium: node tests/browser/run.mjs [NAME...]
// With names, only the files whose own name contains one of them.
import { setMaxListeners } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from 'node:test';
import { spec as Spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { uncheckedPages } from './checked_pages.mjs';
import { startSharedBrowser } from './chromium.mjs';
import { shareNight } from './night.mjs';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const FILES_AT_ONCE = 4;
const SUFFIX = '.test.mjs';
// Those that take longest begin first, so that none of them is left for the end.
const LONGEST = ['team_pages', 'accessibility', 'token_renewal', 'team', 'account_pages', 'replicas'];

/** Test files whose names contain one of `wanted`; all of them without any. */
async function findFiles(wanted) {
  const names = (await readdir(FOLDER)).filter((file) => file.endsWith(SUFFIX)).map((file) => file.slice(0, -SUFFIX.length));
  const chosen = names.filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
  const place = (name) => (LONGEST.includes(name) ? LONGEST.indexOf(name) : LONGEST.length);
  return chosen.sort((a, b) => place(a) - place(b) || a.localeCompare(b)).map((name) => join(FOLDER, `${name}${SUFFIX}`));
}

/** Runs the files and writes what becomes of each test; whether all passed, and every file had some. */
function runFiles(files, signal) {
  return new Promise((resolved) => {
    let nRun = 0;
    const faults = [];
    const tests = run({ files, concurrency: FILES_AT_ONCE, signal });
    tests.on('test:fail', ({ name, todo }) => {
      if (todo === undefined) faults.push(`failed: ${name}`);
    });
    tests.on('test:pass', ({ name, skip }) => {
      if (skip === undefined) nRun += 1;
      // A file stands for itself in the results if there is no test in it.
      if (files.includes(resolve(name))) faults.push(`has no tests: ${name}`);
    });
    tests.compose(new Spec()).on('end', () => {
      if (nRun === 0) faults.push('no test has passed');
      for (const fault of faults) console.error(fault);
      resolved(faults.length === 0);
    }).pipe(process.stdout);
  });
}

const names = process.argv.slice(2);
const files = await findFiles(names);
if (files.length === 0) {
  console.error('No browser test has such a name');
  process.exit(1);
}
const stopping = new AbortController();
// Every file listens to it.
setMaxListeners(0, stopping.signal);
const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
for (const [signal, status] of Object.entries(signals)) {
  process.once(signal, () => {
    process.exitCode = status;
    stopping.abort();
  });
}
const folder = await mkdtemp(join(tmpdir(), 'tom-alerts-browser-run-'));
let browser;
try {
  const checked = join(folder, 'checked_pages');
  await writeFile(checked, '');
  process.env.TOM_ALERTS_CHECKED_PAGES = checked;
  [browser] = await Promise.all([startSharedBrowser(), shareNight(folder)]);
  const isPassed = await runFiles(files, stopping.signal);
  // Of some files alone one learns nothing.
  const unchecked = isPassed && names.length === 0 ? await uncheckedPages(checked) : [];
  for (const fault of unchecked) console.error(fault);
  if (!isPassed || unchecked.length > 0) process.exitCode ||= 1;
} finally {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
}
