// Takes the pictures of README.md into a folder: node docs/pictures/make.mjs FOLDER
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBrowser } from '../../tests/browser/chromium.mjs';
import { startOnFreePort } from '../../tests/browser/program.mjs';
import { openPage, runArchive } from '../../tests/browser/service.mjs';

const SCREEN = { width: 1400, height: 900 };
const TICKED_ROWS = [1, 3, 4];

/** Runs a query on the simulated night and ticks some rows; the number of the run. */
async function runQuery(page) {
  const id = await runArchive(page, { folder: 'simulated-night', rb_min: '0.65', query_name: 'Real and brighter than 19', mag_max: '19' });
  for (const row of TICKED_ROWS) {
    const kept = page.waitForResponse((response) => response.url().endsWith('/selection/'));
    await page.locator('input[name=alerts]').nth(row).click();
    await kept;
  }
  return id;
}

const [target] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), 'tom-alerts-pictures-'));
// The user who runs the private PostgreSQL has to pass through.
await chmod(folder, 0o711);
const service = await startOnFreePort({ folder, archives: [] }, { environment: {}, flags: [] });
const browser = await startBrowser();
try {
  const id = await runQuery(await openPage(browser, service));
  for (const colorScheme of ['light', 'dark']) {
    const page = await openPage(browser, service, { colorScheme, viewport: SCREEN });
    await page.goto(`/runs/${id}/`);
    await page.screenshot({ path: join(target, `results-${colorScheme}.png`) });
  }
} finally {
  await browser.close();
  await service.stop();
  await rm(folder, { recursive: true, force: true });
}
