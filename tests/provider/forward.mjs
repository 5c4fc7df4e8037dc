// Passes one HTTP request on to another server of this machine, and its answer back.
import { request as send } from 'node:http';

// RFC 9110, 7.6.1: these belong to one connection.
const OF_THE_CONNECTION = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade'];

/**
 * Sends `request` to `target` (`{ host, port }`) with all its headers but those in `without`, in their order and spelling,
 * on a connection of its own: one that the other side is just closing would look like a fault.
 * The status of the answer, as soon as it is known; 502 if there was none, null if the sender went away first.
 */
export function forward(request, response, target, { without = [] } = {}) {
  const dropped = new Set([...OF_THE_CONNECTION, ...without]);
  return new Promise((resolve) => {
    const onward = send({
      host: target.host, port: target.port, agent: false, method: request.method, path: request.url, setHost: false,
      headers: kept(request.rawHeaders, dropped),
    });
    onward.once('response', (answer) => {
      resolve(answer.statusCode);
      response.writeHead(answer.statusCode, answer.statusMessage, kept(answer.rawHeaders, new Set(OF_THE_CONNECTION)));
      answer.pipe(response);
      answer.once('error', () => response.destroy());
    });
    onward.on('error', () => {
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
      resolve(502);
    });
    response.once('close', () => {
      if (response.writableFinished) return;
      onward.destroy();
      resolve(null);
    });
    request.pipe(onward);
  });
}

/** Raw headers without the dropped ones. */
function kept(rawHeaders, dropped) {
  const headers = [];
  for (let place = 0; place < rawHeaders.length; place += 2) {
    if (!dropped.has(rawHeaders[place].toLowerCase())) headers.push(rawHeaders[place], rawHeaders[place + 1]);
  }
  return headers;
}
