// Sorting, filters, the map and its links to the tables. The page reads whole without any of it.
const SERIES = 10;
const DASHES = ["solid", "dash", "longdash", "dashdot"];
const byId = (id) => document.getElementById(id);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};
const json = (id) => (byId(id) ? JSON.parse(byId(id).textContent) : null);

// What the reader chose is kept in the address, so that it can be bookmarked and sent.
const state = new URLSearchParams(location.search);
function remember(key, value) {
  if (value) state.set(key, value);
  else state.delete(key);
  const query = state.toString();
  try {
    history.replaceState(null, "", (query ? `?${query}` : location.pathname) + location.hash);
  } catch {
    // Some browsers keep the address of a local file fixed; the choice then holds until the page is closed.
  }
}

// ---------------------------------------------------------------- tables
const filters = {};
const numberOf = (text) => {
  const plain = text.replace(/[\s\u202f\u00a0]/g, "").replace("\u2212", "-");
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : null;
};
const keyOf = (cell) => cell.dataset.sort ?? cell.textContent.trim();
function compare(left, right) {
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a !== null && b !== null) return a - b;
  if ((left === "–") !== (right === "–")) return left === "–" ? 1 : -1;
  return left.localeCompare(right, "en", { numeric: true });
}
function makeSortable(table) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = make("button", { type: "button" }, head.textContent);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].map((row) => [keyOf(row.cells[column]), row]);
      rows.sort((a, b) => compare(a[0], b[0]) * (down ? -1 : 1));
      body.append(...rows.map((entry) => entry[1]));
    });
    head.replaceChildren(button);
  });
}
function makeFilter(box, table) {
  const name = box.dataset.table;
  const rows = [...table.tBodies[0].rows];
  if (rows.length < 10 || name === "stops") return;
  const input = make("input", { type: "search", autocomplete: "off", spellcheck: "false" });
  const output = make("output", {}, "");
  const caption = table.caption.textContent;
  const tools = box.querySelector(".tools");
  tools.append(make("label", {}, "Filter", make("span", { class: "unseen" }, ` ${caption}`), input), output);
  tools.hidden = false;
  let texts = null;
  const apply = () => {
    texts ??= rows.map((row) => row.textContent.toLowerCase());
    const wanted = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, index) => {
      row.hidden = !wanted.every((word) => texts[index].includes(word));
      shown += row.hidden ? 0 : 1;
    });
    output.textContent = `${shown} of ${rows.length} rows`;
    remember(`find-${name}`, input.value);
  };
  input.addEventListener("input", apply);
  filters[name] = (text) => {
    input.value = text;
    apply();
  };
  if (state.get(`find-${name}`)) filters[name](state.get(`find-${name}`));
  else output.textContent = `${rows.length} rows`;
}
for (const box of all(".table")) {
  const table = box.querySelector("table");
  makeSortable(table);
  makeFilter(box, table);
}
for (const link of all("a[data-search]")) {
  link.addEventListener("click", () => filters[link.hash.slice(1)]?.(link.dataset.search.replaceAll(";", " ")));
}
const openTarget = () => {
  const target = location.hash.length > 1 ? byId(decodeURIComponent(location.hash.slice(1))) : null;
  for (let part = target; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
  if (target?.tagName === "DETAILS") target.scrollIntoView({ block: "start" });
};
addEventListener("hashchange", openTarget);
openTarget();

// ---------------------------------------------------------------- light, dark, print
const root = document.documentElement;
const theme = byId("theme");
const themes = { "": "◐ Auto", light: "◐ Light", dark: "◐ Dark" };
const spoken = { "": "as the system", light: "light", dark: "dark" };
function setTheme(name) {
  if (name) root.dataset.theme = name;
  else delete root.dataset.theme;
  sayTheme(name);
  remember("theme", name);
  repaint();
}
function sayTheme(name) {
  theme.textContent = themes[name];
  theme.setAttribute("aria-label", `Colours: ${spoken[name]}. Press to change`);
}
theme.hidden = false;
theme.addEventListener("click", () => {
  const names = Object.keys(themes);
  setTheme(names[(names.indexOf(root.dataset.theme ?? "") + 1) % names.length]);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => repaint());

// ---------------------------------------------------------------- charts
const colours = json("data-colours") ?? {};
const figures = {};
let ready = false;
function painted(value, style) {
  if (Array.isArray(value)) return typeof value[0] === "number" ? value : value.map((item) => painted(item, style));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, painted(item, style)]));
  }
  const name = typeof value === "string" && /^var\((--[\w-]+)\)$/.exec(value)?.[1];
  return name ? style.getPropertyValue(name).trim() : value;
}
async function inflate(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}
function draw(name) {
  const place = byId(`figure-${name}`);
  const style = getComputedStyle(root);
  const figure = painted(figures[name], style);
  const isMap = name === "map";
  const layout = {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    showlegend: false,
    font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: style.getPropertyValue("--ink").trim() },
    hoverlabel: { align: "left", font: { size: 13 } },
    separators: ".\u202f",
    uirevision: "kept",
    modebar: { bgcolor: "rgba(0,0,0,0)", color: style.getPropertyValue("--soft").trim(), activecolor: style.getPropertyValue("--accent").trim() },
    ...figure.layout,
  };
  const config = {
    displaylogo: false, responsive: true, scrollZoom: isMap, displayModeBar: isMap,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "zoom2d", "pan2d", "sendChartToCloud"],
    toImageButtonOptions: { filename: "plan-map", scale: 2 },
  };
  place.querySelector(".wait, .still")?.remove();
  return window.Plotly.react(place, figure.data, layout, config);
}
function repaint() {
  if (ready) Object.keys(figures).forEach(draw);
}

// ---------------------------------------------------------------- map
let way = "";
let chosen = null;
const hiddenGroups = new Set();
const tourTraces = () => figures.map.data.filter((trace) => trace.meta.role === "tour");
const groupOf = (tour) => colours[way].of[tour];
function recolour() {
  if (!way) return;
  const tint = (tour) => `var(--c${groupOf(tour) % SERIES})`;
  for (const swatch of all("[data-sw]")) swatch.style.setProperty("--sw", tint(Number(swatch.dataset.sw)));
  if (!figures.map) return;
  for (const trace of tourTraces()) {
    const tour = trace.meta.tour;
    trace.line.color = tint(tour);
    if (!trace.meta.estimated) trace.line.dash = DASHES[Math.floor(groupOf(tour) / SERIES) % DASHES.length];
    trace.visible = !hiddenGroups.has(groupOf(tour));
    trace.opacity = chosen === null || chosen === tour ? 1 : 0.14;
    trace.line.width = chosen === tour ? 4.5 : 2.4;
  }
  const served = figures.map.data.find((trace) => trace.meta.role === "points: fetched");
  if (served) {
    served.marker.color = served.customdata.map((stops) => (stops.length && stops[0][0] >= 0 ? tint(stops[0][0]) : "var(--ink)"));
    served.marker.opacity = served.customdata.map((stops) => {
      if (chosen !== null) return stops.some(([tour]) => tour === chosen) ? 1 : 0.14;
      return stops.length && stops.every(([tour]) => hiddenGroups.has(groupOf(tour))) ? 0 : 1;
    });
    const numbers = figures.map.data.find((trace) => trace.meta.role === "stops of the chosen tour");
    const own = served.customdata.flatMap((stops, at) => stops.filter(([tour]) => tour === chosen).map(([, seq]) => [at, seq]));
    numbers.x = own.map(([at]) => served.x[at]);
    numbers.y = own.map(([at]) => served.y[at]);
    numbers.text = own.map(([, seq]) => `<b>${seq}</b>`);
    if (chosen !== null) numbers.marker.color = tint(chosen);
  }
  if (ready) draw("map");
}
function showLegend() {
  const legend = byId("legend");
  if (!legend || !way) return;
  const entries = colours[way].names.map((name, group) => {
    const button = make("button", { type: "button", "aria-pressed": String(!hiddenGroups.has(group)) });
    const swatch = make("i", { class: "sw" });
    swatch.style.setProperty("--sw", `var(--c${group % SERIES})`);
    button.append(swatch, name);
    button.addEventListener("click", () => {
      if (!hiddenGroups.delete(group)) hiddenGroups.add(group);
      button.setAttribute("aria-pressed", String(!hiddenGroups.has(group)));
      recolour();
    });
    return make("li", {}, button);
  });
  legend.replaceChildren(...entries);
  legend.hidden = false;
}
function setWay(name) {
  way = name;
  hiddenGroups.clear();
  remember("colour", name === "depot" ? "" : name);
  showLegend();
  recolour();
}
function choose(tour, { zoom = true } = {}) {
  chosen = tour;
  remember("tour", tour === null ? "" : String(tour));
  for (const row of all("[data-tour]")) row.classList.toggle("chosen", Number(row.dataset.tour) === tour);
  recolour();
  byId("all-tours").hidden = tour === null;
  if (!ready || !zoom) return;
  const home = figures.map.layout;
  const line = tour === null ? null : tourTraces().find((trace) => trace.meta.tour === tour);
  const range = (values, least) => {
    const known = values.filter((value) => value !== null);
    const [low, high] = [Math.min(...known), Math.max(...known)];
    const margin = Math.max((high - low) * 0.15, least);
    return [low - margin, high + margin];
  };
  const seen = line?.x.length
    ? { "xaxis.range": range(line.x, 0.1), "yaxis.range": range(line.y, 0.1) }
    : { "xaxis.range": [...home.xaxis.range], "yaxis.range": [...home.yaxis.range] };
  window.Plotly.relayout(byId("figure-map"), seen);
}
function showTour(tour) {
  choose(chosen === tour ? null : tour);
  if (chosen !== null) byId("map").scrollIntoView({ block: "start" });
}
function mapButton(tour, name) {
  const button = make("button", { type: "button", class: "onmap", "aria-label": `Show tour ${name} on the map` }, "Map");
  button.addEventListener("click", (event) => {
    event.preventDefault();
    showTour(tour);
  });
  return button;
}
function prepareMap() {
  const tools = byId("maptools");
  if (!tools || !figures.map) return;
  const names = { depot: "depot", day: "day", vehicle: "vehicle", tour: "tour" };
  const ways = Object.keys(names).filter((name) => colours[name]);
  const back = make("button", { type: "button", id: "all-tours", hidden: "" }, "Show all tours");
  back.addEventListener("click", () => choose(null));
  if (ways.length) {
    const select = make("select", {});
    select.append(...ways.map((name) => make("option", { value: name }, names[name])));
    const wanted = state.get("colour");
    select.value = ways.includes(wanted) ? wanted : ways[0];
    select.addEventListener("change", () => setWay(select.value));
    tools.append(make("label", {}, "Colour tours by ", select));
    way = select.value;
  }
  const shapes = make("ul", { class: "legend", "aria-label": "Kinds of place" });
  const marks = { "depots": "■", "treatment sites": "▲", "points: fetched": "●", "points: waiting": "◆", "points: nothing to fetch": "·" };
  const said = { "points: fetched": "fetched", "points: waiting": "held or deferred", "points: nothing to fetch": "nothing to fetch" };
  for (const trace of figures.map.data.filter((item) => item.meta.role in marks).reverse()) {
    const role = trace.meta.role;
    const button = make("button", { type: "button", "aria-pressed": "true" });
    const mark = make("span", { class: "mark", "aria-hidden": "true" }, marks[role]);
    if (typeof trace.marker.color === "string") mark.style.color = trace.marker.color;
    button.append(mark, said[role] ?? role);
    button.addEventListener("click", () => {
      trace.visible = trace.visible === false;
      button.setAttribute("aria-pressed", String(trace.visible));
      draw("map");
    });
    shapes.append(make("li", {}, button));
  }
  tools.append(shapes, back);
  tools.hidden = false;
  for (const row of all("#tours tr[data-tour]")) row.cells[0].append(" ", mapButton(Number(row.dataset.tour), row.cells[0].textContent.trim()));
  for (const block of all("details.tour")) {
    const summary = block.querySelector("summary");
    summary.append(mapButton(Number(block.dataset.tour), summary.querySelector("b").textContent));
  }
  showLegend();
  recolour();
}
// The wheel scrolls the page until the map has been clicked, so that nobody gets caught in it.
function guardWheel(place) {
  let active = false;
  place.addEventListener("pointerdown", () => { active = true; });
  place.addEventListener("pointerleave", () => { active = false; });
  place.addEventListener("wheel", (event) => { if (!active && !event.ctrlKey) event.stopPropagation(); }, { capture: true, passive: true });
}

async function start() {
  for (const place of all("[data-figure]")) figures[place.dataset.figure] = json(`data-${place.dataset.figure}`);
  if (state.get("theme") in themes) setTheme(state.get("theme"));
  else sayTheme("");
  prepareMap();
  if (!byId("plotly")) return;
  document.head.append(make("script", {}, await inflate(byId("plotly").textContent)));
  ready = true;
  if (figures.map) {
    guardWheel(byId("figure-map"));
    await draw("map");
    byId("figure-map").on("plotly_click", (event) => {
      const { data, customdata } = event.points[0];
      if (data.meta.role === "tour") choose(chosen === data.meta.tour ? null : data.meta.tour, { zoom: false });
      else if (customdata?.[0]?.[0] >= 0) choose(chosen === customdata[0][0] ? null : customdata[0][0], { zoom: false });
    });
    const wanted = Number(state.get("tour") ?? -1);
    if (wanted >= 0 && tourTraces().some((trace) => trace.meta.tour === wanted)) choose(wanted);
  }
  for (const name of Object.keys(figures)) if (name !== "map") await draw(name);
  root.dataset.drawn = "yes";
}
start();

// ---------------------------------------------------------------- where the reader is
const links = new Map(all(".sections a").map((link) => [link.hash.slice(1), link]));
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    links.forEach((link) => link.removeAttribute("aria-current"));
    links.get(entry.target.id)?.setAttribute("aria-current", "true");
  }
}, { rootMargin: "-20% 0px -75% 0px" });
all("main > section").forEach((section) => watcher.observe(section));
const paper = () => {
  const before = root.dataset.theme ?? "";
  root.dataset.theme = "light";
  repaint();
  addEventListener("afterprint", () => { if (before) root.dataset.theme = before; else delete root.dataset.theme; repaint(); }, { once: true });
};
addEventListener("beforeprint", paper);
