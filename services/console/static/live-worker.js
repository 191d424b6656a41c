// Shared by all tabs of a browser: one stream with the topics of all of them, and the newest state
// of each topic for a tab that comes later. (A browser opens six connections to a site, no more.)

import { source } from "./source.js";

const tabs = new Map(); // Port → its topics.
const shown = new Map(); // Topic → { at, set: Map of id → html }.

const live = source((message) => {
  if (message.kind === "patch") keep(message);
  for (const [port, topics] of tabs) {
    if (!message.topic || topics.includes(message.topic)) port.postMessage(message);
  }
});

function keep({ topic, at, set, gone, whole }) {
  const kept = whole || !shown.has(topic) ? { set: new Map() } : shown.get(topic);
  kept.at = at;
  for (const [id, html] of Object.entries(set)) kept.set.set(id, html);
  for (const id of gone) kept.set.delete(id);
  shown.set(topic, kept);
}

function changed() {
  const wanted = new Set([...tabs.values()].flat());
  for (const topic of shown.keys()) if (!wanted.has(topic)) shown.delete(topic);
  live.want(wanted);
}

function leave(port) {
  if (tabs.delete(port)) changed();
}

onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data }) => {
    if (data.leave) return leave(port);
    tabs.set(port, data.topics);
    port.postMessage({ kind: "state", state: live.state });
    for (const topic of data.topics) {
      const kept = shown.get(topic);
      if (kept) {
        port.postMessage({ kind: "patch", topic, at: kept.at, set: Object.fromEntries(kept.set), gone: [], whole: true });
      }
    }
    // A tab that dies without a word gives its lock back.
    if (data.lock) navigator.locks?.request(data.lock, () => leave(port));
    return changed();
  };
};
