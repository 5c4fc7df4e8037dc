// Servers on the loopback interface: started on a free port, and stopped with all their connections.
import { createServer } from 'node:net';

/** Starts a server; its port. It never hangs up first: a client that is just sending would take that for a fault. */
export async function listen(server, port = 0) {
  server.keepAliveTimeout = 0;
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server.address().port;
}

export async function close(server) {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

/** A port that is free at this moment, for a program that must know its address before it starts. */
export async function freePort() {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
