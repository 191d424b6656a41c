// A bar that is dragged, or moved by keys, leads to the form that proposes the move. Nothing is
// changed here: no request is sent, only the address of that form is opened.

const STEP_MIN = 15;
const FAR_STEPS = (31 * 24 * 60) / STEP_MIN; // As the form takes it.
const DRAG_PX = 4; // Less is a click.
const MIN_MS = 60_000;

const said = document.getElementById("board-said");
const clock = new Intl.DateTimeFormat("sv-SE", { timeZone: document.body.dataset.zone, dateStyle: "short", timeStyle: "short" });
let pressed = null; // Where a button went down on a bar.
let held = null; // What is being moved. Its facts are kept: the bar itself may be patched meanwhile.
let swallow = false; // The click that ends a drag opens nothing.

const rowOf = (element) => element?.closest("[data-hall]") ?? null;
const at = (instant) => clock.format(instant).slice(5); // 09-14 10:15, as the board writes it.
const tell = (text) => { if (said) said.textContent = text; };

function pick(link, keys) {
  const board = link.closest(".board-in");
  const around = board.getBoundingClientRect();
  const place = link.querySelector(".bar").getBoundingClientRect();
  const line = link.closest(".line").getBoundingClientRect();
  const ghost = document.createElement("div");
  ghost.className = "ghost";
  ghost.append(document.createElement("span"));
  board.append(ghost);
  const row = rowOf(link);
  held = {
    keys, board, ghost, row, home: row, steps: 0, link: link.dataset.move,
    starts: Date.parse(link.dataset.starts), ends: Date.parse(link.dataset.ends),
    left: place.left - around.left, top: place.top - around.top, width: place.width, height: place.height,
    stepPx: (line.width / Number(said.dataset.minutes)) * STEP_MIN,
    below: row ? place.top - row.getBoundingClientRect().top : 0,
  };
  document.body.classList.add("moving");
  show();
}

function show() {
  const by = held.steps * STEP_MIN * MIN_MS;
  const name = held.row && held.row !== held.home ? ` ${held.row.querySelector("h3").textContent}` : "";
  held.ghost.firstChild.textContent = `${at(held.starts + by)} – ${at(held.ends + by)}${name}`;
  held.ghost.style.left = `${held.left + held.steps * held.stepPx}px`;
  held.ghost.style.width = `${held.width}px`;
  held.ghost.style.height = `${held.height}px`;
  const around = held.board.getBoundingClientRect();
  const top = held.row ? held.row.getBoundingClientRect().top - around.top + held.below : held.top;
  held.ghost.style.top = `${top}px`;
  for (const one of document.querySelectorAll(".band.target")) one.classList.remove("target");
  if (held.row && held.row !== held.home) held.row.classList.add("target");
  if (held.keys) tell(held.ghost.textContent);
}

function shift(steps, row) {
  held.steps = Math.max(-FAR_STEPS, Math.min(FAR_STEPS, steps));
  if (row) held.row = row;
  if (row && held.keys) row.scrollIntoView({ block: "nearest" });
  show();
}

function end() {
  const was = held;
  held?.ghost.remove();
  held = pressed = null;
  document.body.classList.remove("moving");
  for (const one of document.querySelectorAll(".band.target")) one.classList.remove("target");
  return was;
}

function giveUp() {
  if (end()) tell(said.dataset.back);
}

function propose() {
  const { steps, row, home, link } = end();
  const hall = row && row !== home ? `&hall=${encodeURIComponent(row.dataset.hall)}` : "";
  if (!steps && !hall) return tell(said.dataset.back);
  return location.assign(`${link}&by=${steps * STEP_MIN}${hall}`);
}

// ---- pointer. A finger scrolls the board; for it there are the links "Move".

document.addEventListener("pointerdown", (event) => {
  const link = event.target.closest("a[data-move]");
  swallow = false;
  if (held) giveUp();
  if (!link || event.button !== 0 || event.pointerType === "touch" || event.ctrlKey || event.metaKey) return;
  pressed = { link, x: event.clientX, y: event.clientY };
});

document.addEventListener("pointermove", (event) => {
  if (!pressed) return;
  const across = event.clientX - pressed.x;
  if (!held) {
    if (Math.hypot(across, event.clientY - pressed.y) < DRAG_PX || !pressed.link.isConnected) return;
    pick(pressed.link, false);
  }
  const row = held.home && rowOf(document.elementFromPoint(event.clientX, event.clientY));
  shift(Math.round(across / held.stepPx), row);
});

document.addEventListener("pointerup", () => {
  pressed = null;
  if (!held || held.keys) return;
  swallow = true;
  propose();
});
document.addEventListener("pointercancel", giveUp);
document.addEventListener("dragstart", (event) => { if (event.target.closest("a[data-move]")) event.preventDefault(); });
document.addEventListener("click", (event) => {
  if (!swallow) return;
  swallow = false;
  event.preventDefault();
  event.stopPropagation();
}, true);

// ---- keyboard

function neighbour(link, step) {
  const some = [...link.closest(".band").querySelectorAll("a[data-move]")];
  some.sort((one, other) => one.dataset.starts.localeCompare(other.dataset.starts));
  some[some.indexOf(link) + step]?.focus();
}

function nextRow(step) {
  const rows = [...document.querySelectorAll("[data-hall]")];
  return held.home && rows[rows.indexOf(held.row) + step];
}

const WHILE_HELD = {
  ArrowLeft: () => shift(held.steps - 1),
  ArrowRight: () => shift(held.steps + 1),
  ArrowUp: () => shift(held.steps, nextRow(-1)),
  ArrowDown: () => shift(held.steps, nextRow(1)),
  Enter: propose,
  " ": propose,
  Escape: giveUp,
};

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const link = event.target.closest?.("a[data-move]");
  let act = held ? WHILE_HELD[event.key] : null;
  if (!held && link) {
    act = { " ": () => { pick(link, true); tell(said.dataset.picked.replace("{what}", link.getAttribute("aria-label"))); },
      ArrowLeft: () => neighbour(link, -1), ArrowRight: () => neighbour(link, 1) }[event.key];
  }
  if (!act) return;
  event.preventDefault();
  act();
});
document.addEventListener("focusout", () => { if (held?.keys) giveUp(); });
