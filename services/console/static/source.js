// One EventSource for a set of topics, reopened when the set changes or the stream has gone dead.
// Runs in the shared worker, or in the page where there is none. Tells `{ kind, … }` messages:
// state (connecting, live, lost, away), patch, late, gone (the session has ended).

const DEAD_MS = 30_000; // Three beats of the server (FRAGMENT_BEAT_S).
const AGAIN_MS = [1_000, 2_000, 4_000, 8_000, 15_000];
const SHRINK_MS = 10_000;

export function source(tell) {
  let stream = null; // What is open.
  let coming = null; // What will take its place as soon as it is open.
  let carried = new Set();
  let wanted = new Set();
  let state = "connecting";
  let failures = 0;
  let timer = null;
  let shrinking = null;
  let heard = Date.now();

  function show(next) {
    state = next;
    tell({ kind: "state", state });
  }

  function want(topics) {
    wanted = new Set(topics);
    clearTimeout(shrinking);
    if ([...wanted].some((one) => !carried.has(one))) open();
    else if (wanted.size < carried.size) shrinking = setTimeout(open, SHRINK_MS);
  }

  function open() {
    clearTimeout(timer);
    coming?.close();
    coming = null;
    carried = new Set(wanted);
    if (!wanted.size) {
      stream?.close();
      stream = null;
      return;
    }
    const query = [...wanted].map((one) => `topic=${encodeURIComponent(one)}`).join("&");
    const next = new EventSource(`/stream?${query}`);
    coming = next;
    next.onopen = () => {
      if (coming === next) {
        stream?.close();
        [stream, coming] = [next, null];
      }
      failures = 0;
      heard = Date.now();
    };
    next.onerror = () => failed(next);
    const hear = (name, act) => next.addEventListener(name, (event) => {
      heard = Date.now();
      if (next === stream) act(event.data);
    });
    hear("bus", (data) => show(data === "live" ? "live" : "away"));
    hear("patch", (data) => tell({ kind: "patch", ...JSON.parse(data) }));
    hear("late", (data) => tell({ kind: "late", ...JSON.parse(data) }));
    hear("beat", () => tell({ kind: "beat" }));
  }

  // The browser itself comes back after a break, but not after an answer that is no stream.
  function failed(one) {
    if (one !== stream && one !== coming) return;
    if (state !== "lost") show("lost");
    if (one.readyState !== EventSource.CLOSED) return;
    clearTimeout(timer);
    timer = setTimeout(open, AGAIN_MS[Math.min(failures, AGAIN_MS.length - 1)]);
    failures += 1;
    fetch("/v1/me").then((answer) => {
      if (answer.status === 401) tell({ kind: "gone" });
    }, () => {});
  }

  setInterval(() => {
    if (!stream || Date.now() - heard < DEAD_MS) return;
    heard = Date.now();
    show("lost");
    open();
  }, 5_000);

  return { want, reopen: open, get state() { return state; } };
}
