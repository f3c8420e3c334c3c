// Everything works without this file; with it, hands stay on the keyboard.
(() => {
  let going = false;
  const typing = (at) => at.matches("input, select, textarea");
  const rows = () => [...document.querySelectorAll("table[data-rows] tbody tr")].filter((row) => row.querySelector("a, input"));

  const step = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(document.activeElement.closest?.("tr"));
    const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
    next.tabIndex = -1;
    next.focus();
  };

  const goTo = (key) => document.querySelector(`nav a[data-key="${CSS.escape(key)}"]`)?.click();

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (going) {
      going = false;
      goTo(event.key);
      return;
    }
    const row = document.activeElement.closest?.("table[data-rows] tbody tr");
    if (event.key === "/") {
      const filter = document.querySelector("[data-filter]");
      if (filter) { event.preventDefault(); filter.focus(); filter.select(); }
    } else if (event.key === "g") going = true;
    else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "Enter" && document.activeElement === row) row.querySelector("a")?.click();
    else if (event.key === "x" && row) row.querySelector("input[type=checkbox]")?.click();
  });

  document.addEventListener("click", (event) => {
    if (!event.target.matches("[data-all]")) return;
    const boxes = [...event.target.form.querySelectorAll("input[name=chosen]")];
    const on = boxes.some((box) => !box.checked);
    boxes.forEach((box) => { box.checked = on; });
  });
})();
