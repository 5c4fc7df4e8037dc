// The program that is tested: started on a port of its own, and ended in order.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../provider/loopback.mjs';

const READY_WITHIN_MS = 60_000;
const STOPPED_WITHIN_MS = 20_000;

const running = new Set();

/** Where the program is. */
export function ownProgram() {
  assert.ok(process.env.TOM_ALERTS_BIN, 'TOM_ALERTS_BIN must name the program');
  return process.env.TOM_ALERTS_BIN;
}

/** The environment of this process without what would change the program's settings. */
export function cleanEnvironment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(TOM_ALERTS_|PITTGOOGLE_|GOOGLE_|PUBSUB_|RUST_LOG$|DATABASE_URL$)/.test(name)),
  );
}

/** Another program may take a port between the moment that it was found free and the moment that it is used. */
export async function startOnFreePort(ground, options, attempts = 5) {
  try {
    return await startProgram(ground, { ...options, port: await freePort() });
  } catch (error) {
    if (attempts <= 1 || !/cannot listen on/.test(error.message)) throw error;
    return startOnFreePort(ground, options, attempts - 1);
  }
}

/** One running program: the `url` that it names, its own `address`, all that it has written, and how to end it. */
export async function startProgram({ folder, archives, database }, { environment, flags, port = 0 }) {
  const data = await mkdtemp(join(folder, 'data-'));
  // The user who runs a private PostgreSQL has to pass through.
  await chmod(data, 0o711);
  const child = spawn(
    ownProgram(),
    ['--listen', `127.0.0.1:${port}`, '--data-dir', data, ...archives.flatMap((archive) => ['--archive', archive]), ...flags],
    { env: { ...cleanEnvironment(), ...environment, ...database?.environment }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  endWithThisProcess(child);
  const written = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => written.push(text));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const output = () => written.join('');
  try {
    const url = await readyAddress(child, output);
    return {
      url,
      address: port ? `http://127.0.0.1:${port}` : url,
      output,
      stop: async () => assert.equal(await end(child, ended), 0, 'the service ends cleanly on SIGTERM'),
    };
  } catch (error) {
    await end(child, ended);
    throw error;
  }
}

/** A process that a signal ends has no time to end the service in order. */
function endWithThisProcess(child) {
  if (running.size === 0) {
    for (const [signal, status] of Object.entries({ SIGINT: 130, SIGTERM: 143 })) process.once(signal, () => endAll(status));
  }
  running.add(child);
  child.once('exit', () => running.delete(child));
}

function endAll(status) {
  for (const child of running) child.kill('SIGTERM');
  process.exit(status);
}

function readyAddress(child, output) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready in time:\n${output()}`)), READY_WITHIN_MS);
    createInterface({ input: child.stderr }).on('line', (line) => {
      const ready = /Ready: open (http:\/\/\S+:\d+)\//.exec(line);
      if (!ready) return;
      clearTimeout(timer);
      resolve(ready[1]);
    });
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      reject(new Error(`the service ended with ${code}:\n${output()}`));
    });
  });
}

async function end(child, ended) {
  if (child.exitCode === null) child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOPPED_WITHIN_MS);
  const code = await ended;
  clearTimeout(timer);
  return code;
}
