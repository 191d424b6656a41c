// Ages and countdowns go on in the browser, by the server's clock. `span` of templating.py says the
// same on the server.

const { ages, now } = document.body.dataset;
const words = JSON.parse(ages);
const ahead = new Date(now) - Date.now(); // The server's clock against ours.
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

function span(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return fill(words.s, { count: whole });
  if (whole < 3_600) return fill(words.min, { count: Math.floor(whole / 60) });
  if (whole < 172_800) {
    return fill(words.h, { hours: Math.floor(whole / 3_600), minutes: Math.floor((whole % 3_600) / 60) });
  }
  return fill(words.d, { count: Math.floor(whole / 86_400) });
}

function told(element, at) {
  const past = (at + ahead - new Date(element.dateTime)) / 1_000;
  if ("age" in element.dataset) {
    const age = span(past);
    return element.dataset.age === "bare" ? age : fill(words.ago, { age });
  }
  element.classList.toggle("over", past > 0);
  if (past > 0) return fill(words.over, { age: span(past) });
  return element.dataset.until === "bare" ? span(-past) : fill(words.in, { age: span(-past) });
}

export function tick() {
  const at = Date.now();
  for (const element of document.querySelectorAll("time[data-age], time[data-until]")) {
    const text = told(element, at);
    if (element.textContent !== text) element.textContent = text;
  }
}

tick();
setInterval(tick, 1_000);
