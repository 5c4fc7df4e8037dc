// A reverse proxy before several replicas of the service: every request goes to the next one in turn.
import { createServer } from 'node:http';
import { forward } from './forward.mjs';
import { close, listen } from './loopback.mjs';

/** Starts it without a backend: replicas are told its address first. `Host`, `Cookie` and all else pass untouched. */
export async function startRoundRobin() {
  const backends = []; // { host, port, url, isOut, requests }
  const failures = [];
  let turn = 0;
  const next = () => {
    for (let tries = 0; tries < backends.length; tries += 1) {
      const backend = backends[turn % backends.length];
      turn += 1;
      if (!backend.isOut) return backend;
    }
    return null;
  };
  const server = createServer(async (request, response) => {
    const backend = next();
    if (!backend) {
      response.writeHead(503).end();
      return;
    }
    backend.requests += 1;
    const status = await forward(request, response, backend);
    if (status >= 500) failures.push(`${request.method} ${new URL(request.url, backend.url).pathname} on ${backend.url}: ${status}`);
  });
  const url = `http://127.0.0.1:${await listen(server)}`;
  return {
    url,
    /** Adds a replica by its address. */
    add: (address) => {
      const { hostname: host, port, href } = new URL(address);
      backends.push({ host, port, url: href, isOut: false, requests: 0 });
    },
    /** Leaves one out from now on, or takes it in again. */
    takeOut: (index) => { backends[index].isOut = true; },
    bringBack: (index) => { backends[index].isOut = false; },
    /** How many requests each has had, in the order in which they were added. */
    counts: () => backends.map(({ requests }) => requests),
    /** Requests that a replica answered with 5xx, or not at all. */
    failures,
    stop: () => close(server),
  };
}
