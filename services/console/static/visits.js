// Keeps the list of visits fresh: replaces rows by id, and says when the stream is lost.

const { lastId, zone, language, live, lost, busAway, phases, lines, proposals } = document.body.dataset;
const words = { phases: JSON.parse(phases), lines: JSON.parse(lines), proposals: JSON.parse(proposals) };
const rows = document.getElementById("visits");
const pattern = document.getElementById("row");
const stream = document.getElementById("stream");
const newer = document.getElementById("newer");
// The Swedish form of a date is the ISO one, in any zone.
const clock = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" });
const amount = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

function show(state, sentence) {
  stream.dataset.state = state;
  stream.textContent = sentence;
}

function fill(row, visit) {
  const field = (name) => row.querySelector(`[data-field="${name}"]`);
  const put = (name, text) => { field(name).textContent = text; };
  row.dataset.visit = visit.visit;
  row.dataset.sequence = visit.sequence;
  field("phase").dataset.phase = visit.phase;
  field("title").href = `/v1/visits/${visit.visit}`;
  put("phase", words.phases[visit.phase] ?? visit.phase);
  put("title", visit.title[language]);
  put("visit", visit.visit);
  put("line", words.lines[visit.line] ?? visit.line);
  put("host", visit.host);
  put("starts_at", clock.format(new Date(visit.starts_at)));
  put("ends_at", clock.format(new Date(visit.ends_at)));
  put("guests", visit.guests);
  put("needs", `${visit.needs_firm}/${visit.needs_total}`);
  put("cost", `${amount.format(visit.cost.amount / 100)} ${visit.cost.currency}`);
  put("proposal", visit.proposal ? words.proposals[visit.proposal] ?? visit.proposal : "");
  field("meter").max = visit.needs_total;
  field("meter").value = visit.needs_firm;
  return row;
}

function changed(visit) {
  const old = rows?.querySelector(`[data-visit="${CSS.escape(visit.visit)}"]`);
  if (!old) {
    newer.hidden = false;
    return;
  }
  if (Number(old.dataset.sequence) >= visit.sequence) return;
  const row = fill(pattern.content.firstElementChild.cloneNode(true), visit);
  row.classList.add("fresh");
  old.replaceWith(row);
}

const source = new EventSource(`/v1/events?after=${encodeURIComponent(lastId)}`);
source.addEventListener("open", () => show("live", live));
source.addEventListener("bus", (event) => {
  if (event.data === "live") show("live", live);
  else show("lost", busAway);
});
source.addEventListener("visit_changed", (event) => changed(JSON.parse(event.data)));
source.addEventListener("reload", () => location.reload());
source.addEventListener("error", () => show("lost", lost));
