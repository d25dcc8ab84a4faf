"use strict";
const page = JSON.parse(document.getElementById("page-data").textContent);
const find = (id) => document.getElementById(id);
const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    name.startsWith("on") ? element.addEventListener(name.slice(2), value) : element.setAttribute(name, value);
  element.append(...children);
  return element;
};

/* ---- Data beside the page, a file a suite, loaded when it is asked for; a script works from a disk, too ---- */

const files = {}, waiting = {};
window.fbbench = { take: (name, data) => { files[name] = data; } };
function load(name) {
  if (files[name]) return Promise.resolve(files[name]);
  return (waiting[name] ??= new Promise((done, failed) => {
    document.head.append(make("script", {
      src: `${page.folder}/${name}.js`, onload: () => done(files[name]),
      onerror: () => failed(new Error(`${page.folder}/${name}.js is not beside this page`)),
    }));
  }));
}

/* ---- Tables: sorted by a click on a heading, searched by words ---- */

const amount = (text) => { const n = parseFloat(text.replace(/[,\s]/g, "").replace("·10^", "e")); return isNaN(n) ? null : n; };
function sort_by(table, column, header) {
  const up = header.getAttribute("aria-sort") !== "ascending", body = table.tBodies[0];
  for (const other of table.tHead.querySelectorAll("th")) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", up ? "ascending" : "descending");
  const key = (row) => row.cells[column].textContent.trim();
  const rows = [...body.rows].sort((a, b) => {
    const [x, y] = [amount(key(a)), amount(key(b))];
    const order = x !== null && y !== null ? x - y : x !== null ? -1 : y !== null ? 1 : key(a).localeCompare(key(b));
    return up ? order : -order;
  });
  body.append(...rows);
}
function search(table, words, keep = () => true) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of table.tBodies[0].rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !(wanted.every((word) => text.includes(word)) && keep(row));
    shown += !row.hidden;
  }
  return shown;
}
function sortable(table) {
  [...table.tHead.rows[0].cells].forEach((header, column) => {
    const text = header.textContent;
    header.replaceChildren(make("button", { type: "button", onclick: () => sort_by(table, column, header) }, text));
  });
}
function table_of(columns, lines, links, name) {
  const body = make("tbody", {}, ...lines.map((cells, at) => make("tr", {}, ...cells.map((text, column) => {
    const link = links && links.columns.includes(column) && links.to[at];
    return make("td", {}, link ? make("a", { href: `#${link}` }, text) : text);
  }))));
  const table = make("table", {}, make("thead", {}, make("tr", {}, ...columns.map((text) => make("th", { scope: "col" }, text)))), body);
  sortable(table);
  const count = make("span", { class: "small", "aria-live": "polite" }, `${lines.length} lines`);
  const field = make("input", { type: "search", "aria-label": `search ${name}`, placeholder: "search", oninput: () => {
    count.textContent = `${search(table, field.value)} of ${lines.length} lines`; } });
  return make("div", {}, make("div", { class: "controls" }, field, count),
    make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": name }, table));
}

/* ---- Claims ---- */

const claims = find("claims-table");
function filter_claims() {
  const outcome = find("claims-outcome").value;
  const shown = search(claims, find("claims-search").value, (row) => !outcome || row.dataset.outcome === outcome);
  find("claims-count").textContent = `${shown} of ${claims.tBodies[0].rows.length} verdicts`;
}
if (claims) {
  sortable(claims);
  find("claims-search").addEventListener("input", filter_claims);
  find("claims-outcome").addEventListener("change", filter_claims);
  for (const details of claims.querySelectorAll("details[data-verdict]"))
    details.addEventListener("toggle", async () => {
      if (!details.open || details.dataset.there) return;
      details.dataset.there = "yes";
      const lines = (await load("claims"))[details.dataset.verdict];
      details.append(make("table", {}, ...lines.map(([where, value, interval, n, keys]) => make("tr", {},
        make("td", {}, where), make("td", {}, value), make("td", {}, interval), make("td", {}, n),
        make("td", {}, ...keys.flatMap((key) => [make("a", { href: `#row-${key}` }, make("code", {}, key)), " "]))))));
    });
}

/* ---- The explorer ---- */

const controls = ["dataset", "suite", "protocol", "numbers", "budget", "x", "within", "words"];
const chosen = () => Object.fromEntries(controls.map((name) => [name, find(`explore-${name}`).value]));
const short = (value) => value === null ? "" : value >= 1e4 || value < 1e-2 ? value.toExponential(2) : `${+value.toPrecision(4)}`;
const line_of = (p) => `${p.suite} ${p.dataset} ${p.method}`;
function points_shown(by) {
  const words = by.words.toLowerCase().split(/\s+/).filter(Boolean);
  const asked = page.points.filter((p) =>
    (!by.dataset || p.dataset === by.dataset) && (!by.suite || p.suite === by.suite) &&
    (!by.protocol || page.suites[p.suite].protocol === by.protocol) && (!by.numbers || p.numbers === by.numbers) &&
    (!by.budget || p.budget === by.budget) && p[by.x] !== null &&
    words.every((word) => `${p.label} ${p.method}`.toLowerCase().includes(word)));
  const best = {};
  for (const p of asked) best[p.dataset] = Math.max(p.accuracy, best[p.dataset] ?? 0);
  const here = asked.filter((p) => !by.within || p.accuracy >= best[p.dataset] - by.within);
  const last = {};
  for (const p of here) if (!last[line_of(p)] || p[by.x] > last[line_of(p)][by.x]) last[line_of(p)] = p;
  const few = Object.keys(last).length <= 7;
  const points = here.map((p) => ({ ...p, x: p[by.x], line: line_of(p), named: few && last[line_of(p)] === p,
    at: `${page.datasets[p.dataset]}, memory of BMLP ${p.memory_of} (${page.suites[p.suite].title})`,
    told_accuracy: `${p.accuracy.toFixed(2)} %`, told_interval: p.seeds > 1 ? `${p.low.toFixed(2)} .. ${p.high.toFixed(2)} %` : "one seed: none",
    settings: `${p.shape}${p.setting ? `, ${p.setting}` : ""}`, told_x: `${short(p[by.x])} (${page.axes[by.x]})`,
    told_published: p.published === null ? "not" : `${p.published} %` }));
  return { points, below: asked.length - here.length };
}
let drawn = 0;
async function draw() {
  const by = chosen(), { points, below } = points_shown(by), number = ++drawn;
  const spec = JSON.parse(JSON.stringify(page.chart));
  spec.datasets = { points };
  const there = { published: points.some((p) => p.published !== null), named: points.some((p) => p.named) };
  spec.layer = spec.layer.filter((layer) => !layer.transform || Object.keys(there).every((name) =>
    there[name] || !JSON.stringify(layer.transform).includes(`datum.${name}`)));
  for (const layer of spec.layer) layer.encoding.x.title = page.axes[by.x];
  const ink = getComputedStyle(document.documentElement).getPropertyValue("--ink").trim();
  const line = getComputedStyle(document.documentElement).getPropertyValue("--line").trim();
  spec.config = { ...spec.config, background: "transparent",
    axis: { labelColor: ink, titleColor: ink, gridColor: line, domainColor: ink, tickColor: ink, labelFontSize: 12, titleFontSize: 13 },
    legend: { labelColor: ink, titleColor: ink, labelFontSize: 12 } };
  const { view } = await vegaEmbed("#chart", spec, { actions: false, renderer: "svg" });
  if (number !== drawn) return;
  window.fbbench.view = view;
  view.addEventListener("click", (event, item) => { if (item?.datum?.method) location.hash = rows_of(item.datum); });
  const methods = new Set(points.map((p) => p.line)).size;
  find("explore-count").textContent = points.length ?
    `${points.length} points of ${methods} lines${below ? `, ${below} further below` : ""}.${there.published ? " Grey strokes: published means." : ""}` :
    "Nothing was measured there: choose less.";
}
const safe = (name) => [...String(name)].map((c) => /[\p{L}\p{N}]/u.test(c) ? c : "_").join("");
const rows_of = (p) => ["rows", p.suite, p.dataset, p.method, p.budget].map(safe).join("-");
/* Budgets are those of the experiment; of all of them, those that several have. */
function offer_budgets() {
  const list = find("explore-budget"), suite = find("explore-suite").value, before = list.value;
  const of = new Map();
  for (const p of page.points) if (!suite || p.suite === suite) of.set(p.budget, (of.get(p.budget) ?? new Map()).set(p.method, p.memory_of));
  const shown = [...of].filter(([, methods]) => suite || methods.size > 3).map(([budget, methods]) => [budget, [...methods.values()][0]]);
  list.replaceChildren(make("option", { value: "" }, "all"), ...shown.map(([budget, text]) => make("option", { value: budget }, `memory of BMLP ${text}`)));
  list.value = shown.some(([budget]) => budget === before) ? before : "";
}
function set_explorer(values) {
  if ("suite" in values) find("explore-suite").value = values.suite;
  offer_budgets();
  for (const [name, value] of Object.entries(values)) if (controls.includes(name)) find(`explore-${name}`).value = value;
}
function note_state() {
  const by = chosen();
  history.replaceState(null, "", `#explore:${controls.filter((name) => by[name]).map((name) => `${name}=${encodeURIComponent(by[name])}`).join(";")}`);
  draw();
}
find("explore-suite").addEventListener("change", offer_budgets);
offer_budgets();
for (const name of controls) find(`explore-${name}`).addEventListener(name === "words" ? "input" : "change", note_state);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

/* ---- Tables and rows of a suite ---- */

/* What is wanted most must be in sight: names of data set and method may break. */
async function show_table(suite, number) {
  const place = find(`tables-${safe(suite)}`), table = (await load(suite)).tables[number];
  for (const button of place.querySelectorAll(".data-buttons button"))
    button.setAttribute("aria-pressed", String(+button.dataset.number === number));
  place.querySelector(".data").replaceChildren(
    table_of(table.columns, table.lines, { columns: table.linked, to: table.links }, `${table.heading}, ${suite}`),
    make("ul", { class: "notes" }, ...table.notes.map((note) => make("li", {}, note))));
}
for (const button of document.querySelectorAll(".data-buttons button"))
  button.addEventListener("click", () => {
    history.replaceState(null, "", `#table-${safe(button.dataset.suite)}-${button.dataset.number}`);
    show_table(button.dataset.suite, +button.dataset.number);
  });
const COLUMNS = ["key", "seed", "held out", "training", "s in all", "s an epoch", "MB", "µs for one", "ms for 1000"];
function show_group(group, key) {
  const shown = table_of(COLUMNS, group.rows, null, "rows");
  for (const row of shown.querySelectorAll("tbody tr")) row.classList.toggle("found", row.cells[0].textContent === key);
  find("row-panel").replaceChildren(make("h3", {}, group.title), make("p", { class: "small" }, group.costs), shown);
  find("rows").scrollIntoView();
}
const suite_named = (name) => Object.keys(page.suites).find((suite) => safe(suite) === name);
async function follow() {
  const hash = decodeURIComponent(location.hash.slice(1)), [kind, ...rest] = hash.split("-");
  if (hash.startsWith("explore:")) {
    set_explorer(Object.fromEntries(hash.slice(8).split(";").map((part) => part.split("="))));
    draw();
    find("explore").scrollIntoView();
  } else if (kind === "table" && suite_named(rest[0])) {
    await show_table(suite_named(rest[0]), +rest[1]);
    find(`tables-${rest[0]}`).scrollIntoView();
  } else if (kind === "rows" && suite_named(rest[0])) {
    const group = (await load(suite_named(rest[0]))).groups[hash];
    if (group) show_group(group);
  } else if (kind === "row") {
    for (const suite of Object.keys(page.suites)) {
      const group = Object.values((await load(suite)).groups).find((one) => one.rows.some((row) => row[0] === rest[0]));
      if (group) { show_group(group, rest[0]); break; }
    }
  }
}
/* The first table of a suite opens when it comes into sight. */
const sight = new IntersectionObserver((seen) => {
  for (const { isIntersecting, target } of seen) {
    if (!isIntersecting) continue;
    sight.unobserve(target);
    const first = target.querySelector(".data-buttons button");
    if (first && !target.querySelector("button[aria-pressed=true]")) show_table(first.dataset.suite, 0);
  }
});
for (const place of document.querySelectorAll('[id^="tables-"]')) sight.observe(place);
addEventListener("hashchange", follow);
if (!location.hash.startsWith("#explore:")) draw();
follow();
