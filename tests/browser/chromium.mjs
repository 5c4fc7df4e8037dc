// The browser that visits the service: one for all test files, which run.mjs starts, or else a file's own.
import { chromium } from 'playwright-core';

const ADDRESS = 'TOM_ALERTS_TEST_CHROMIUM';
const OPTIONS = {
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  // Without a network of its own habits.
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
  ],
};

/** Starts a browser for every test file that this process starts from now on. */
export async function startSharedBrowser() {
  // Whoever starts it says when it ends, also after a signal.
  const server = await chromium.launchServer({ ...OPTIONS, handleSIGHUP: false, handleSIGINT: false, handleSIGTERM: false });
  process.env[ADDRESS] = server.wsEndpoint();
  return server;
}

/** The browser that all files share, or one of this file's own; to close either ends no more than this file's pages. */
export function startBrowser() {
  const address = process.env[ADDRESS];
  return address ? chromium.connect(address) : chromium.launch(OPTIONS);
}
