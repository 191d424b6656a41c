// Brings an element to what the server sent, touching only what differs: focus, selection, scroll,
// open <details> and what a reader has typed stay, because the nodes stay.

const OWN = new Set(["open", "data-gone-since", "data-fresh"]); // What the reader, or this page, decides.

// Puts the HTML of an element in the place of the one with its id. Returns whether it differed.
export function patch(id, html) {
  const old = document.getElementById(id);
  const fresh = old && parsed(html);
  if (!fresh || old.isEqualNode(fresh)) return false;
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  morph(old, fresh);
  if (focused && !focused.isConnected) again(focused, id);
  return true;
}

export function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

// The focused node has gone: the one of its id now, else the nearest that can hold the focus.
function again(focused, id) {
  const same = focused.id && document.getElementById(focused.id);
  const near = document.getElementById(id)?.querySelector("a[href], button, input, select, textarea");
  (same || near || document.getElementById("main"))?.focus({ preventScroll: true });
}

function morph(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) return old.replaceWith(fresh);
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return undefined;
  }
  if (old.isEqualNode(fresh) || ticking(old, fresh) || old.matches("dialog[open]")) return undefined;
  attributes(old, fresh);
  if (old.matches("textarea, select") && old.contains(document.activeElement)) return undefined;
  return children(old, fresh);
}

// Ages and countdowns go on by themselves.
function ticking(old, fresh) {
  return old.matches("time[data-age], time[data-until]") && old.dateTime === fresh.dateTime;
}

function attributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !OWN.has(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (!OWN.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

// In order; a child with an id is found by it, wherever it was.
function children(old, fresh) {
  let cursor = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const known = child.id && [...old.children].find((one) => one.id === child.id);
    if (known && known !== cursor) old.insertBefore(known, cursor);
    const match = known || (cursor && !cursor.id && cursor.nodeName === child.nodeName ? cursor : null);
    if (!match) {
      old.insertBefore(child, cursor);
      continue;
    }
    cursor = match.nextSibling;
    morph(match, child);
  }
  while (cursor) {
    const next = cursor.nextSibling;
    cursor.remove();
    cursor = next;
  }
}
