// Enhancements only: every page works without this file.
"use strict";
const root = document.documentElement;
root.classList.add("js");
const all = (selector, from = document) => [...from.querySelectorAll(selector)];

// Colours: change at once; the cookie tells the server, which writes the next page in them.
for (const form of all("[data-theme-switch]")) {
  form.addEventListener("submit", (event) => {
    const theme = event.submitter?.value;
    if (!theme) return;
    event.preventDefault();
    root.dataset.theme = theme;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
    for (const button of all("button", form)) button.setAttribute("aria-pressed", button.value === theme);
    form.closest("details").open = false;
  });
}

// Menus close on Escape and on a click elsewhere.
const closeMenus = (except) => all("details.menu[open]").forEach((menu) => { if (menu !== except) menu.open = false; });
document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.activeElement?.closest("details.menu[open]");
  closeMenus();
  menu?.querySelector("summary").focus();
});

// What is wrong with a form is read first; a link to a field inside a folded part unfolds it.
document.querySelector("[data-focus]")?.focus();
for (const link of all(".summary a[href^='#']")) {
  link.addEventListener("click", (event) => {
    const field = document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    for (let part = field.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
    field.focus();
    field.scrollIntoView({ block: "center" });
  });
}

// A page that waits for something is loaded anew when that may be there.
const waiting = document.querySelector("[data-again]");
if (waiting) setTimeout(() => location.reload(), 1000 * Number(waiting.dataset.again));

// Copy buttons.
for (const button of all("[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  const label = button.textContent;
  button.addEventListener("click", async () => {
    const copied = await navigator.clipboard.writeText(button.dataset.copy).then(() => true, () => false);
    button.textContent = copied ? "Copied" : "Not copied";
    setTimeout(() => { button.textContent = label; }, 1500);
  });
}

// What was understood of a field, while it is typed.
for (const input of all("[data-echo]")) {
  const output = document.getElementById(`${input.id}-echo`);
  let timer, asked = 0;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const turn = ++asked;
      const url = `${input.dataset.echo}&value=${encodeURIComponent(input.value)}`;
      const answer = input.value.trim() ? await fetch(url).then((r) => (r.ok ? r.text() : ""), () => "") : "";
      if (turn === asked) output.textContent = answer;
    }, 300);
  });
}

// Fields of a packet, found by name, value or meaning.
for (const input of all("[data-filter]")) {
  const groups = all("details", document.getElementById(input.dataset.filter));
  input.addEventListener("input", () => {
    const words = input.value.trim().toLowerCase();
    for (const group of groups) {
      let found = 0;
      for (const row of all("tbody tr", group)) {
        row.hidden = !row.textContent.toLowerCase().includes(words);
        if (!row.hidden) found += 1;
      }
      group.hidden = found === 0;
      if (words) group.open = found > 0;
    }
  });
}

// A live run: ask for the progress, show it, say it sparingly; the rows that are being read do not move.
const region = document.querySelector("[data-poll]");
if (region) {
  const spoken = document.getElementById("progress-status");
  const stop = document.querySelector(".head form[action$='/cancel/']");
  let lastSpoken = Date.now();
  const show = (html) => {
    const open = all("details[open]", region).map((part) => part.id);
    const closed = all("details:not([open])", region).map((part) => part.id);
    const focused = region.contains(document.activeElement) ? document.activeElement.id : "";
    const scroll = region.querySelector(".log")?.scrollTop ?? 0;
    region.innerHTML = html;
    for (const part of all("details[id]", region)) {
      if (open.includes(part.id)) part.open = true;
      if (closed.includes(part.id)) part.open = false;
    }
    const log = region.querySelector(".log");
    if (log) log.scrollTop = scroll;
    if (focused) document.getElementById(focused)?.focus();
  };
  // A form that was sent, or a link, leads elsewhere: to load this page anew would take its answer's place. One that was broken
  // off leaves this page here, so it is waited for no longer than this.
  const LEAVING_MS = 10_000;
  let leftAt = -Infinity, reloading;
  const leave = () => { leftAt = performance.now(); };
  document.addEventListener("submit", (event) => event.defaultPrevented || leave());
  addEventListener("beforeunload", leave);
  addEventListener("pageshow", () => { leftAt = -Infinity; });
  const loadAnew = () => {
    clearTimeout(reloading);
    const wait = leftAt + LEAVING_MS - performance.now();
    if (wait > 0) reloading = setTimeout(loadAnew, wait);
    else location.reload();
  };
  // Shows the progress; whether more may come.
  const take = (html) => {
    show(html);
    const state = region.querySelector("[data-live]").dataset;
    document.title = `${state.title} · tom-alerts`;
    // A run that waits is cancelled, one that goes on is stopped, and one that is over is neither.
    if (!state.stop) stop?.remove();
    else if (stop) stop.querySelector("button").firstChild.data = state.stop;
    const isLive = state.live === "true";
    if (!isLive || Date.now() - lastSpoken > 5000) {
      spoken.textContent = state.status;
      lastSpoken = Date.now();
    }
    // Where no alerts are shown yet, the first ones show themselves.
    const hasFirst = document.querySelector(".empty-results") && document.getElementById("new-results");
    const isTold = isLive || document.querySelector("[data-selection]");
    if (hasFirst || !isTold) loadAnew();
    return isLive;
  };
  // Where events do not come through: ask.
  const ask = async () => {
    const answer = document.hidden ? null : await fetch(region.dataset.poll).catch(() => null);
    // Signed out meanwhile: the page itself leads to sign-in and back.
    if (answer?.status === 401) return void location.reload();
    if (!answer?.ok) return void setTimeout(ask, 4000);
    if (take(await answer.text())) setTimeout(ask, 2000);
  };
  // A browser has few connections to one host: a tab that nobody sees gives its own back.
  let events = null, isOver = false;
  const listen = () => {
    if (isOver || events) return;
    events = new EventSource(region.dataset.events);
    events.addEventListener("progress", ({ data }) => {
      if (take(data)) return;
      isOver = true;
      events.close();
    });
    events.addEventListener("gone", loadAnew);
    events.addEventListener("error", () => {
      if (events?.readyState !== EventSource.CLOSED) return;
      events = null;
      isOver = true;
      setTimeout(ask, 1000);
    });
  };
  const rest = () => {
    events?.close();
    events = null;
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : listen()));
  if (!document.hidden) listen();
}

// Ticks: counted here; each that changes is kept by the server for itself, so that tabs do not undo each other's. What could
// not be kept is sent with the next that changes, and before a link or another form is followed.
const form = document.querySelector("[data-selection]");
// Viewers have the rows, and nothing to tick.
if (form?.querySelector("[data-selected]")) {
  const boxes = all("input[name=alerts]", form);
  const page = form.querySelector("[data-tick-page]");
  const counter = form.querySelector("[data-selected]");
  const elsewhere = Number(counter.dataset.selected) - Number(counter.dataset.here);
  const told = form.querySelector("[data-unkept]");
  // Boxes as the server may not have them.
  const unkept = new Set();
  let kept = Promise.resolve(), isWarned = false, last = null;
  const tell = (next) => {
    const what = unkept.size === 1 ? "1 change is" : `${unkept.size} changes are`;
    told.textContent = unkept.size > 0 ? `${what} not kept yet. ${next}` : "";
    told.classList.toggle("error", unkept.size > 0);
  };
  const send = async () => {
    const states = [...unkept].map((box) => [box, box.checked]);
    if (states.length === 0) return;
    const body = new URLSearchParams({ action: "update" });
    for (const [box, isTicked] of states) {
      body.append("on_page", box.value);
      body.append(isTicked ? "alerts" : "was_ticked", box.value);
    }
    const signal = AbortSignal.timeout(10_000);
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body, redirect: "manual", keepalive: true, signal })
      .catch(() => null);
    // Signed out meanwhile: what is ticked from here on would not be kept.
    if (answer?.status === 401) return void location.reload();
    if (!answer?.ok && answer?.type !== "opaqueredirect") return void tell("Sent again with your next tick.");
    for (const [box, isTicked] of states) {
      drawAs(box, isTicked);
      if (box.checked === isTicked) unkept.delete(box);
    }
    isWarned = false;
    // What has changed again meanwhile is on its way already.
    if (unkept.size === 0) tell("");
  };
  const keep = (changed) => {
    for (const box of changed) unkept.add(box);
    kept = kept.then(send);
  };
  // Goes elsewhere once all is kept; where that fails, it is said first, and whoever goes all the same is let go.
  let isSettling = false;
  const goOnceKept = async (go) => {
    if (isSettling) return;
    isSettling = true;
    kept = kept.then(send);
    await kept;
    isSettling = false;
    if (unkept.size === 0 || isWarned) return go();
    isWarned = true;
    tell("Leave once more to go without.");
  };
  // What the form takes for the state of a box before: that which the server has kept.
  const drawAs = (box, isTicked) => {
    const cell = box.closest("td");
    cell.querySelector("[name=was_ticked]")?.remove();
    if (!isTicked) return;
    const mark = Object.assign(document.createElement("input"), { type: "hidden", name: "was_ticked", value: box.value });
    cell.prepend(mark);
  };
  const set = (boxes, isTicked) => {
    const changed = boxes.filter((box) => box.checked !== isTicked);
    for (const box of changed) box.checked = isTicked;
    return changed;
  };
  const count = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    counter.textContent = (elsewhere + ticked).toLocaleString("en-US");
    page.checked = ticked > 0 && ticked === boxes.length;
    page.indeterminate = ticked > 0 && ticked < boxes.length;
    for (const box of boxes) box.closest("tr").classList.toggle("is-ticked", box.checked);
  };
  boxes.forEach((box, n) => box.addEventListener("click", (event) => {
    // With Shift: everything from the last tick to this one.
    const from = event.shiftKey && last !== null ? Math.min(last, n) : n;
    const to = event.shiftKey && last !== null ? Math.max(last, n) : n;
    const others = boxes.slice(from, to + 1).filter((other) => other !== box);
    const changed = [box, ...set(others, box.checked)];
    last = n;
    count();
    keep(changed);
  }));
  page.hidden = false;
  page.addEventListener("change", () => {
    const changed = set(boxes, page.checked);
    count();
    if (changed.length > 0) keep(changed);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (!link || !plain || link.target || unkept.size === 0) return;
    event.preventDefault();
    goOnceKept(() => { location.href = link.href; });
  });
  document.addEventListener("submit", (event) => {
    const { target: sent, submitter } = event;
    // The form of the ticks has them all in itself.
    if (sent === form || event.defaultPrevented || unkept.size === 0) return;
    event.preventDefault();
    goOnceKept(() => {
      unkept.clear();
      sent.requestSubmit(submitter);
    });
  });
  count();
}
