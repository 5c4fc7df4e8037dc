// A deployment whose people sign in: a provider like Google, a Pub/Sub that demands tokens, and the service between them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { startProvider } from '../provider/provider.mjs';
import { startRoundRobin } from '../provider/round_robin.mjs';
import { startTokenProxy } from '../provider/token_proxy.mjs';
import { openPage, startReplicas, startService } from './service.mjs';

const run = promisify(execFile);

/** Whoever the settings name: an admin, and a domain whose people may come in. Eve's is another one. */
export const ADMIN = 'ana@observatory.example';
export const MEMBER = 'ben@observatory.example';
export const STRANGER = 'eve@elsewhere.example';
const DOMAIN = 'observatory.example';

/**
 * Starts all of it; with `replicas`, so many of the service behind a round-robin proxy (`roundRobin`) and one address.
 * `url` is that of the service; `stop` ends what was started.
 */
export async function startDeployment({ accessTokenSeconds = 3600, rotateRefreshTokens = false, replicas = 0 } = {}) {
  const emulator = process.env.TOM_ALERTS_TEST_PUBSUB;
  assert.ok(emulator, 'TOM_ALERTS_TEST_PUBSUB must name the emulator');
  // Every deployment has a project of its own in the emulator.
  const project = `sign-in-${randomBytes(6).toString('hex')}`;
  const secretKey = randomBytes(32).toString('hex');
  const started = [];
  const stop = () => stopAll(started.splice(0).reverse());
  const start = async (starting) => {
    started.push(await starting);
    return started.at(-1);
  };
  try {
    // By this name it is another site than the service, as Google is.
    const provider = await start(startProvider({ host: 'localhost', accessTokenSeconds, rotateRefreshTokens }));
    const pubsub = await start(startTokenProxy({ provider, pubsub: emulator }));
    const options = serviceOptions({ provider, pubsub, project, secretKey });
    const service = replicas > 0 ? await startBehindProxy(start, replicas, options) : await start(startService(options));
    const seen = [];
    let seed = 0;
    return {
      provider,
      pubsub,
      project,
      url: service.url,
      roundRobin: service.roundRobin,
      /** A page in a context of its own, whose texts are kept for `leaks`. */
      openPage: async (browser, settings) => {
        const page = await openPage(browser, service, settings);
        keepTexts(page, service.url, seen);
        return page;
      },
      /** Publishes simulated alerts that were not there before, at once or so many a second; comes back when all are out. */
      publish: (topic, packets, rate = 0) => publish({ emulator, project, topic, packets, rate, seed: (seed += 1) }),
      /** Where a secret is in the log or on a page that was shown; `more` are further secrets, `[kind, value]`. */
      leaks: (more = []) => search([...provider.secrets(), ['secret key', secretKey], ...more], seen, service.output()),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function serviceOptions({ provider, pubsub, project, secretKey }) {
  return {
    // No proxy has to see that it ends.
    flags: ['--admin', ADMIN, '--allow-domain', DOMAIN, '--stop-delay', '0'],
    environment: {
      PITTGOOGLE_OAUTH_CLIENT_ID: provider.clientId,
      PITTGOOGLE_OAUTH_CLIENT_SECRET: provider.clientSecret,
      TOM_ALERTS_OAUTH_ISSUER: provider.url,
      TOM_ALERTS_SECRET_KEY: secretKey,
      TOM_ALERTS_PUBSUB_ENDPOINT: pubsub.url,
      GOOGLE_CLOUD_PROJECT: project,
      RUST_LOG: 'info,tom_alerts=trace',
    },
  };
}

/** Ends every part, also after one that did not end well; then says so. */
async function stopAll(parts) {
  const failures = [];
  for (const part of parts) await part.stop().catch((error) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

async function startBehindProxy(start, count, options) {
  const roundRobin = await start(startRoundRobin());
  const flags = [...options.flags, '--public-url', roundRobin.url];
  const { replicas } = await start(startReplicas(count, { ...options, flags }));
  for (const replica of replicas) roundRobin.add(replica.address);
  return { url: roundRobin.url, roundRobin, output: () => replicas.map((replica) => replica.output()).join('\n') };
}

/** Keeps what the service sends to a page: its documents, parts of them, and answers of the API. */
function keepTexts(page, origin, seen) {
  page.on('response', (response) => {
    const address = new URL(response.url());
    const isText = /^(text\/html|application\/json)/.test(response.headers()['content-type'] ?? '');
    if (address.origin !== origin || !isText || (response.status() >= 300 && response.status() < 400)) return;
    // The browser forgets a text that it has left before it was asked for.
    seen.push(response.text().then((text) => [address.pathname, text], () => null));
  });
}

/** Places of secrets in the texts of pages and in the log, a line each, and how many texts there were. */
async function search(secrets, pages, log) {
  assert.match(log, /Ready: open/, 'the log was kept');
  const texts = [...(await Promise.all(pages)).filter(Boolean), ['the log', log]];
  const found = texts.flatMap(([place, text]) => secrets.filter(([, value]) => text.includes(value)).map(([kind]) => `${kind} in ${place}`));
  return { nTexts: texts.length, found };
}

async function publish({ emulator, project, topic, packets, rate, seed }) {
  const numbers = Object.entries({ packets, rate, seed }).flatMap(([name, number]) => [`--${name}`, String(number)]);
  await run(process.env.TOM_ALERTS_BIN, ['simulate', '--publish', topic, ...numbers], {
    env: { PATH: process.env.PATH, PUBSUB_EMULATOR_HOST: emulator, GOOGLE_CLOUD_PROJECT: project },
  });
}
