// What lives on this page: takes patches from the shared worker and says how fresh the page is.

import { parsed, patch } from "./patch.js";
import { source } from "./source.js";
import { tick } from "./ages.js";

const { topics: told, worker: address, now, zone } = document.body.dataset;
const topics = JSON.parse(told);
const badge = document.getElementById("stream");
const clock = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, timeStyle: "medium" });
const MOST_TINTED = 12;
const TINTED_MS = 1_200;
const late = new Set();
const fresh = new Map(); // List → ids that it does not show yet.
let state = "connecting";
let again = () => {}; // Asks for all topics whole.
let asOf = new Date(now);

const lists = () => document.querySelectorAll("[data-list]");
const busy = (list) => list.matches(":hover") || list.contains(document.activeElement);

function say() {
  const shown = state === "live" && late.size ? "late" : state;
  if (!badge || shown === "connecting" || badge.dataset.state === shown) return;
  badge.dataset.state = document.body.dataset.stream = shown;
  badge.textContent = badge.dataset[shown].replace("{time}", clock.format(asOf));
}

function take({ topic, at, set, gone, whole }) {
  late.delete(topic);
  if (state === "live") asOf = new Date(at);
  const list = [...lists()].find((one) => one.dataset.list === topic);
  const different = [];
  for (const [id, html] of Object.entries(set)) {
    const old = document.getElementById(id);
    if (!old) {
      if (list) add(list, id, html);
      continue;
    }
    old.removeAttribute("data-gone-since");
    if (patch(id, html) && !whole) different.push(id);
  }
  flash(different);
  const left = whole && list ? [...list.children].map((one) => one.id).filter((id) => id && !(id in set)) : gone;
  for (const id of left) remove(list, id);
  tick();
  say();
}

// What has changed is tinted for a moment: two paints, no animation. When much changes at once the
// tint would say nothing.
function flash(ids) {
  if (ids.length > MOST_TINTED) return;
  const some = ids.map((id) => document.getElementById(id)).filter(Boolean);
  for (const element of some) element.dataset.fresh = "";
  setTimeout(() => some.forEach((element) => element.removeAttribute("data-fresh")), TINTED_MS);
}

// Rows never move under the pointer: a new one is offered, one that has gone fades until it is away.
function add(list, id, html) {
  const waiting = fresh.get(list) ?? new Map();
  waiting.set(id, html);
  fresh.set(list, waiting);
  count(list);
}

function count(list) {
  const button = document.querySelector(`[data-newer="${CSS.escape(list.id)}"]`);
  const size = fresh.get(list)?.size ?? 0;
  if (!button) {
    for (const html of fresh.get(list)?.values() ?? []) list.append(parsed(html));
    fresh.delete(list);
    return;
  }
  const link = button.querySelector("a");
  button.hidden = size === 0;
  const text = link.dataset.words.replace("{count}", size);
  if (link.textContent !== text) link.textContent = text;
}

function remove(list, id) {
  if (list && fresh.get(list)?.delete(id)) count(list);
  const element = document.getElementById(id);
  if (!element || !list?.contains(element)) return;
  if (!busy(list)) return element.remove();
  element.dataset.goneSince = "";
  element.title = list.dataset.gone;
}

function sweep() {
  for (const list of lists()) {
    if (!busy(list)) list.querySelectorAll(":scope > [data-gone-since]").forEach((one) => one.remove());
  }
}

// "N new" was pressed: the main part of this very page is fetched, and put in place of the old one.
// What came while it was fetched is asked for again, as it may be newer than what was fetched.
async function refresh(link) {
  const answer = await fetch(link.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return location.assign(link.href);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  fresh.clear();
  const main = document.getElementById("main");
  patch("main", page.getElementById("main").outerHTML);
  main.focus({ preventScroll: true });
  again();
  return tick();
}

function hear(message) {
  if (message.kind === "patch") return take(message);
  if (message.kind === "late") late.add(message.topic);
  if (message.kind === "state") state = message.state;
  if (message.kind === "beat" && state === "live" && !late.size) asOf = new Date();
  if (message.kind === "gone") return location.reload();
  return say();
}

function shared() {
  const worker = new SharedWorker(address, { type: "module", name: "redcrown" });
  worker.port.onmessage = ({ data }) => hear(data);
  const lock = navigator.locks ? `redcrown-${Math.random()}` : null;
  const enter = () => worker.port.postMessage({ topics, lock });
  again = () => worker.port.postMessage({ topics });
  // Held as long as the tab lives, and before the worker asks for it: who gets it knows it is gone.
  if (lock) navigator.locks.request(lock, () => { enter(); return new Promise(() => {}); });
  else enter();
  addEventListener("pagehide", () => worker.port.postMessage({ leave: true }));
  addEventListener("pageshow", (event) => { if (event.persisted) enter(); });
}

// Without shared workers only a tab that is seen has a stream: a browser opens six connections.
function alone() {
  const live = source(hear);
  const turn = () => live.want(document.hidden ? [] : topics);
  again = live.reopen;
  document.addEventListener("visibilitychange", turn);
  turn();
}

document.addEventListener("pointermove", sweep, { passive: true });
document.addEventListener("focusin", sweep);
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-newer] a");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  refresh(link);
});
if (topics.length) ("SharedWorker" in globalThis ? shared : alone)();
