// What holds on every page: rules of accessibility in all colours, nothing wider than the screen, keyboard alone.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { noteChecked } from './checked_pages.mjs';
import { SCREENS } from './service.mjs';

const AXE = await readFile(new URL('axe.min.js', import.meta.resolve('axe-core')), 'utf8');
// Costs next to nothing on a page that is not checked.
const AXE_LOADER = `window.loadAxe = () => {${AXE}\n};`;
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const THEMES = ['light', 'dark', 'red'];
// The last one is the width that pages have anyway.
const WIDTHS = [320, 390, 768, 2000, SCREENS.wide.width];

const pagesWithAxe = new WeakSet();

/** What breaks a rule on the page that is open, a line each. */
async function violations(page, place) {
  if (!pagesWithAxe.has(page)) {
    pagesWithAxe.add(page);
    await page.addInitScript({ content: AXE_LOADER });
    await page.evaluate(AXE_LOADER);
  }
  noteChecked(page);
  const found = await page.evaluate(findMoved, THEMES);
  for (const theme of THEMES) {
    // All that another theme may change is colours, which has just been seen: so its colours alone are judged again.
    const broken = await page.evaluate(findBroken, { tags: TAGS, theme, isColoursAlone: theme !== THEMES[0] });
    found.push(...broken.map((line) => `${theme}: ${line}`));
  }
  return found.map((line) => `${place}, ${line}`);
}

/** In the page: what one theme puts elsewhere, or hides, and another does not. */
function findMoved(themes) {
  const root = document.documentElement;
  const before = root.dataset.theme;
  const parts = [...document.querySelectorAll('body, body *')];
  const look = (theme) => {
    root.dataset.theme = theme;
    return parts.map((part) => {
      const { x, y, width, height } = part.getBoundingClientRect();
      return [x, y, width, height, part.checkVisibility({ opacityProperty: true, visibilityProperty: true })].join(' ');
    });
  };
  // At one go, so that no script of the page comes between.
  const [first, ...others] = themes.map(look);
  root.dataset.theme = before;
  return others.flatMap((seen, n) => parts.flatMap((part, place) => (
    seen[place] === first[place] ? [] : [`${themes[n + 1]}: ${part.outerHTML.slice(0, 80)} is at ${seen[place]}, not at ${first[place]}`]
  )));
}

/** In the page: rules that it breaks in a theme. */
async function findBroken({ tags, theme, isColoursAlone }) {
  if (!window.axe) window.loadAxe();
  document.documentElement.dataset.theme = theme;
  await Promise.allSettled(document.getAnimations().map((animation) => animation.finished));
  const ofColours = window.axe.getRules(['cat.color']).filter((rule) => rule.tags.some((tag) => tags.includes(tag)));
  const runOnly = isColoursAlone ? ofColours.map((rule) => rule.ruleId) : tags;
  const { violations } = await window.axe.run({ runOnly, resultTypes: ['violations'] });
  return violations.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id} (${help}) at ${node.target.join(' ')}`));
}

/** Widths at which the page that is open can be moved sideways. */
async function overflows(page, place) {
  const found = [];
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    const wide = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      if (scrollWidth <= clientWidth) return null;
      const outside = [...document.querySelectorAll('main *, header *, footer *')].filter((part) => part.getBoundingClientRect().right > clientWidth + 1);
      return `${scrollWidth} px, ${outside.slice(0, 3).map((part) => `${part.tagName}.${part.className}`).join(' ')}`;
    });
    if (wide) found.push(`${place} at ${width} px is as wide as ${wide}`);
  }
  return found;
}

/** Buttons, links and fields of the open page that Tab never reaches, look the same with the focus, or are covered then. */
export async function keyboardProblems(page, place) {
  const wanted = await page.evaluate(watchFocus);
  const press = async (times) => {
    for (let presses = 0; presses < times; presses += 1) await page.keyboard.press('Tab');
    return page.evaluate(() => window.focused());
  };
  let { reached, problems } = await press(wanted.length);
  for (let more = 0; more < 30 && reached.length < wanted.length; more += 1) ({ reached, problems } = await press(1));
  const unreached = wanted.filter((_, n) => !reached.includes(n)).map((what) => `Tab does not reach ${what}`);
  return [...problems, ...unreached].map((problem) => `${place}: ${problem}`);
}

/** In the page: keeps what each Tab leads to, for `focused`; all that it should lead to. */
function watchFocus() {
  const look = (part) => [part, part.parentElement].map((element) => {
    const { outline, boxShadow, borderColor, backgroundColor } = getComputedStyle(element);
    return [outline, boxShadow, borderColor, backgroundColor].join();
  }).join();
  document.activeElement.blur();
  const all = [...document.querySelectorAll('a[href], button, summary, select, textarea, input:not([type=hidden])')];
  const reachable = all.filter((part) => part.checkVisibility() && part.tabIndex >= 0 && part.type !== 'radio');
  const looks = new Map(reachable.map((part, n) => [part, [n, look(part)]]));
  const reached = new Set();
  const problems = new Set();
  let presses = 0;
  const keep = () => {
    const part = document.activeElement;
    const what = part.outerHTML.slice(0, 80);
    const [n, before] = looks.get(part) ?? [];
    const { left, right, top, bottom } = part.getBoundingClientRect();
    const points = [0.1, 0.5, 0.9].flatMap((x) => [0.1, 0.5, 0.9].map((y) => [left + x * (right - left), top + y * (bottom - top)]));
    const isOpen = points.some(([x, y]) => {
      const hit = document.elementFromPoint(x, y);
      return hit && (part.contains(hit) || hit.contains(part));
    });
    if (presses === 1 && !part.matches('a.skip')) problems.add(`Tab reaches ${what} before the skip link`);
    if (n !== undefined) reached.add(n);
    if (look(part) === before) problems.add(`the focus cannot be seen on ${what}`);
    if (!isOpen) problems.add(`something covers ${what}`);
  };
  // What one press has led to is seen when the next one comes.
  window.addEventListener('keydown', () => {
    if (presses > 0) keep();
    presses += 1;
  }, true);
  window.focused = () => {
    keep();
    return { reached: [...reached], problems: [...problems] };
  };
  return reachable.map((part) => `${part.tagName} ${part.textContent.trim() || part.name}`);
}

/** Opens each of these places, which are answered with `status`, and checks it. */
export async function checkAll(page, places, status = 200) {
  const problems = [];
  for (const place of places) {
    const answer = await page.goto(place);
    assert.equal(answer.status(), status, place);
    problems.push(...await violations(page, place), ...await overflows(page, place));
  }
  assert.deepEqual(problems, []);
}

/** Checks the page that is open; `place` is its name in messages. */
export async function checkOpen(page, place) {
  assert.deepEqual([...await violations(page, place), ...await overflows(page, place)], []);
}

/** The same, its rules also as a phone shows the page. */
export async function checkOnBothScreens(page, place) {
  await page.setViewportSize(SCREENS.narrow);
  const onPhone = await violations(page, `${place} at ${SCREENS.narrow.width} px`);
  await page.setViewportSize(SCREENS.wide);
  assert.deepEqual(onPhone, []);
  await checkOpen(page, place);
}
