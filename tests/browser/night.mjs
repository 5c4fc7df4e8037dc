// The simulated night that every service has in its archive: made once for all test files, or by each for itself.
import { execFile } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cleanEnvironment, ownProgram } from './program.mjs';

const run = promisify(execFile);
const SHARED = 'TOM_ALERTS_TEST_NIGHT';

/** How many alerts it has. */
export const NIGHT_ALERTS = 60;

/** Makes the night for every test file that this process starts from now on. */
export async function shareNight(folder) {
  const night = join(folder, 'night.tar.gz');
  await simulate(night);
  process.env[SHARED] = night;
}

/** Puts the night at a place of its own. */
export function placeNight(file) {
  const shared = process.env[SHARED];
  return shared ? copyFile(shared, file) : simulate(file);
}

function simulate(file) {
  return run(ownProgram(), ['simulate', '--date', '2026-09-12', '--out', file, '--packets', String(NIGHT_ALERTS)], { env: cleanEnvironment() });
}
