// The provider as a program: node tests/provider/server.mjs --port 9400 --client-secret SECRET
import { parseArgs } from 'node:util';
import { startProvider } from './provider.mjs';

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '0' },
    'client-secret': { type: 'string' },
    'access-token-seconds': { type: 'string', default: '3600' },
    'rotate-refresh-tokens': { type: 'boolean', default: false },
  },
});
const provider = await startProvider({
  host: values.host,
  port: Number(values.port),
  clientSecret: values['client-secret'],
  accessTokenSeconds: Number(values['access-token-seconds']),
  rotateRefreshTokens: values['rotate-refresh-tokens'],
});
console.log(`Ready: ${provider.url}`);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => provider.stop());
