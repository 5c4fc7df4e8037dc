// Which pages the rules of page_checks.mjs were held against: in the end no route of the service may be left out.
import { appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

const ROUTES = new URL('../../src/web/routes.rs', import.meta.url);

/** Routes that answer a GET and are no page. */
const NO_PAGES = {
  '/alerts/': 'leads to another page',
  '/alerts/query/echo/': 'a part of a form',
  '/targets/echo/': 'a part of a form',
  '/alerts/{survey}/{source_id}/packet/': 'a file',
  '/alerts/{survey}/{source_id}/json/': 'a file',
  '/runs/{id}/progress/': 'a part of a page',
  '/runs/{id}/events/': 'parts of a page',
  '/runs/{run_id}/unreadable/{id}/': 'a file',
  '/runs/{run_id}/unreadable/{id}/json/': 'a file',
  '/team/history/export/': 'a file',
  '/static/{hash}/{name}': 'a file',
  '/healthz': 'for machines',
  '/readyz': 'for machines',
  '/metrics': 'for machines',
};

/** Notes that the page that is open is held against the rules. */
export function noteChecked(page) {
  const file = process.env.TOM_ALERTS_CHECKED_PAGES;
  if (file) appendFileSync(file, `${new URL(page.url()).pathname}\n`);
}

/** Paths that are declared for a GET. */
function declared(source) {
  const routes = source.split('.route(').slice(1).map((text) => {
    const [, path, rest] = text.match(/^\s*"([^"]+)",([\s\S]*)$/) ?? [];
    if (!path) throw new Error(`a route that cannot be read: ${text.slice(0, 60)}`);
    const handlers = rest.split(/\n\s*(?:\.(?:route|merge|layer|method_not|nest|fallback)\b|\})/)[0];
    return { path, isRead: /\bget\(/.test(handlers) };
  });
  return routes.filter(({ isRead }) => isRead).map(({ path }) => path);
}

/** Pages that were not held against the rules, by their routes, and excuses that nothing needs. */
export async function uncheckedPages(file) {
  const routes = declared(await readFile(ROUTES, 'utf8'));
  const patterns = routes.map((path) => ({
    path,
    pattern: new RegExp(`^${path.replaceAll(/\{[a-z_]+\}/g, '[^/]+')}$`),
    nParameters: path.split('{').length,
  }));
  // "/alerts/query/list/" is the page of a list, not of an alert.
  patterns.sort((a, b) => a.nParameters - b.nParameters);
  const checked = new Set((await readFile(file, 'utf8')).split('\n').map((path) => (
    patterns.find(({ pattern }) => pattern.test(path))?.path
  )));
  const unchecked = routes.filter((path) => !checked.has(path) && !(path in NO_PAGES));
  const excuses = Object.keys(NO_PAGES);
  const needless = excuses.filter((path) => !routes.includes(path) || checked.has(path));
  return [
    ...unchecked.map((path) => `no test holds the page ${path} against the rules of accessibility`),
    ...needless.map((path) => `the route ${path} needs no excuse in checked_pages.mjs`),
  ];
}
