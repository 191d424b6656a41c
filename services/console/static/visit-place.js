// What is wrong leads to its place: the line is selected in the text field, and in view.

const area = document.getElementById("document");

for (const link of document.querySelectorAll("#problems a[data-line]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const line = Number(link.dataset.line);
    const lines = area.value.split("\n");
    const before = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    area.focus({ preventScroll: true });
    area.scrollIntoView({ block: "start" });
    area.setSelectionRange(before, before + (lines[line - 1] ?? "").length);
    area.scrollTop = area.scrollHeight * Math.max(0, (line - 4) / lines.length);
  });
}
