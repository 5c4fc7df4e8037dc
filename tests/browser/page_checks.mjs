// What holds on every page: rules of accessibility in all colours, nothing wider than the screen, keyboard alone.
import assert from 'node:assert/strict';
import axe from 'axe-core';
import { SCREENS } from './service.mjs';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const THEMES = ['light', 'dark', 'red'];
const WIDTHS = [320, 390, 768, 1400, 2000];

/** What breaks a rule on the page that is open, a line each. */
async function violations(page, place) {
  await page.evaluate(axe.source);
  const found = [];
  for (const theme of THEMES) {
    const results = await page.evaluate(async ([tags, colours]) => {
      document.documentElement.dataset.theme = colours;
      await Promise.allSettled(document.getAnimations().map((animation) => animation.finished));
      return (await axe.run({ runOnly: tags, resultTypes: ['violations'] })).violations;
    }, [TAGS, theme]);
    for (const { id, help, nodes } of results) {
      for (const node of nodes) found.push(`${place}, ${theme}: ${id} (${help}) at ${node.target.join(' ')}`);
    }
  }
  return found;
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
  await page.setViewportSize(SCREENS.wide);
  return found;
}

/** Buttons, links and fields of the open page that Tab never reaches, look the same with the focus, or are covered then. */
export async function keyboardProblems(page, place) {
  const wanted = await page.evaluate(() => {
    const look = (part) => [part, part.parentElement].map((element) => {
      const { outline, boxShadow, borderColor, backgroundColor } = getComputedStyle(element);
      return [outline, boxShadow, borderColor, backgroundColor].join();
    }).join();
    document.activeElement.blur();
    const all = [...document.querySelectorAll('a[href], button, summary, select, textarea, input:not([type=hidden])')];
    const reachable = all.filter((part) => part.checkVisibility() && part.tabIndex >= 0 && part.type !== 'radio');
    const looks = new Map(reachable.map((part, n) => [part, [n, look(part)]]));
    window.focused = () => {
      const part = document.activeElement;
      const [n, before] = looks.get(part) ?? [];
      const { left, right, top, bottom } = part.getBoundingClientRect();
      const points = [0.1, 0.5, 0.9].flatMap((x) => [0.1, 0.5, 0.9].map((y) => [left + x * (right - left), top + y * (bottom - top)]));
      const isOpen = points.some(([x, y]) => {
        const hit = document.elementFromPoint(x, y);
        return hit && (part.contains(hit) || hit.contains(part));
      });
      return { n, what: part.outerHTML.slice(0, 80), isSkip: part.matches('a.skip'), isSeen: look(part) !== before, isOpen };
    };
    return reachable.map((part) => `${part.tagName} ${part.textContent.trim() || part.name}`);
  });
  const reached = new Set();
  const found = [];
  for (let presses = 0; presses < wanted.length + 30 && reached.size < wanted.length; presses += 1) {
    await page.keyboard.press('Tab');
    const focus = await page.evaluate(() => window.focused());
    if (presses === 0 && !focus.isSkip) found.push(`${place}: Tab reaches ${focus.what} before the skip link`);
    if (focus.n !== undefined) reached.add(focus.n);
    if (!focus.isSeen) found.push(`${place}: the focus cannot be seen on ${focus.what}`);
    if (!focus.isOpen) found.push(`${place}: something covers ${focus.what}`);
  }
  wanted.forEach((what, n) => reached.has(n) || found.push(`${place}: Tab does not reach ${what}`));
  return found;
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
