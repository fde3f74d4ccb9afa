"use strict";
// The page's answers: model runs of the table, joined by straight lines in logarithms, and priced.

const table = JSON.parse(document.getElementById("table").textContent);
const [ITEMS_MIN, ITEMS_MAX] = table.items;
const STEPS = 40; // of the slider, a decade
const LAST = Math.round(STEPS * Math.log10(ITEMS_MAX / ITEMS_MIN));
const byId = (id) => document.getElementById(id);
const chosen = (name) => document.querySelector(`input[name=${name}]:checked`).value;

/** The columns of rows that begin with a number of items, at another number of them. */
function between(rows, items) {
  let right = rows.findIndex((row) => row[0] >= items);
  if (right < 0) right = rows.length - 1;
  const high = rows[right];
  if (high[0] === items || right === 0) return high.slice(1);
  const low = rows[right - 1];
  const part = Math.log(items / low[0]) / Math.log(high[0] / low[0]);
  const plain = (items - low[0]) / (high[0] - low[0]);
  return high.slice(1).map((b, at) => {
    const a = low[at + 1];
    if (a > 0 && b > 0) return Math.exp(Math.log(a) + (Math.log(b) - Math.log(a)) * part);
    return a + (b - a) * plain;
  });
}

/** Seconds until all are done, from and to: apart where they jump between two near runs. */
function doneAt(rows, items) {
  const right = rows.findIndex((row) => row[0] >= items);
  const [low, high] = [rows[right - 1], rows[right]];
  if (right > 0 && items < high[0] && high[0] < table.near * low[0]) {
    return [Math.min(low[1], high[1]), Math.max(low[1], high[1])];
  }
  const [done] = between(rows, items);
  return [done, done];
}

/** Dollars of a quantity that begins at `start` units of the month. */
function sliced(tiers, start, quantity) {
  let usd = 0;
  let left = quantity;
  for (const [end, each] of tiers) {
    const room = end === null ? left : Math.min(left, Math.max(end - start, 0));
    usd += room * each;
    left -= room;
    start += room;
  }
  return usd;
}

/** Dollars of usage, and of it those of coordination: as `workbench.bill.pricing` adds them up. */
function priced(columns, quantities, inFreeTier) {
  const free = { ...(inFreeTier ? table.free : {}) };
  const starts = new Map();
  let usd = 0;
  let coordination = 0;
  for (const turn of table.order) { // dearest first, of one price the work first
    const at = columns.indexOf(turn);
    if (at < 0) continue;
    const [priceAt, isCoordination] = table.columns[turn];
    const price = table.prices[priceAt];
    const given = Math.min(quantities[at], free[price.pool] || 0);
    if (given) free[price.pool] -= given;
    const start = (starts.get(priceAt) || 0) + given;
    const cost = sliced(price.tiers, start, quantities[at] - given);
    starts.set(priceAt, start + quantities[at] - given);
    usd += cost;
    if (isCoordination) coordination += cost;
  }
  return { usd, coordination };
}

/** What a design makes of the settings: dollars and seconds, or why it cannot. */
function answer(design, items, now) {
  const curve = table.curves[`${design} ${now.preset} ${now.tail} ${now.mean}`];
  if (curve.refused) return { design, why: `cannot: ${curve.refused}` };
  if (curve.late && items >= curve.late) return { design, why: "an invocation takes longer than AWS allows" };
  const done = doneAt(curve.done_s, items);
  const lags = curve.lags_s.filter((row) => row[0] <= items).pop();
  const known = [done[0] + lags[1], done[1] + lags[2]];
  const found = { design, done, known, ...priced(curve.columns, between(curve.usage, items), now.free) };
  if (now.deadline && known[1] > now.deadline) found.missed = true;
  return found;
}

/** Those that may be first: no other is better by more than the figures are sure of. */
function first(answers, low, high) {
  const least = Math.min(...answers.map(high));
  return answers.filter((one) => low(one) <= least);
}

function compared(items, now) {
  const all = now.designs.map((design) => answer(design, items, now));
  const able = all.filter((one) => !one.why && !one.missed);
  const byUsd = [...able].sort((a, b) => a.usd - b.usd);
  const cheapest = first(byUsd, (one) => one.usd, (one) => one.usd * table.close);
  const soonest = first(
    [...able].sort((a, b) => a.known[1] - b.known[1]),
    (one) => one.known[0],
    (one) => one.known[1] * table.close,
  );
  return { all, byUsd, cheapest, soonest };
}

const count = (number) => Math.round(number).toLocaleString("en-US");
const listed = (names) => names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;

function dollars(usd) {
  if (usd === 0) return "$0";
  if (usd < 1e-6) return "<$0.000001";
  const places = Math.max(0, Math.min(8, 2 - Math.floor(Math.log10(usd))));
  return `$${usd.toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places })}`;
}

function inUnit(seconds) {
  if (seconds < 120) return [seconds, "s"];
  return seconds < 7200 ? [seconds / 60, "min"] : [seconds / 3600, "h"];
}

const short = (number) => number.toLocaleString("en-US", { maximumSignificantDigits: number < 1000 ? 3 : 4 });
const duration = (seconds) => { const [n, unit] = inUnit(seconds); return `${short(n)}\u00a0${unit}`; };

function span([from, to]) {
  if (duration(from) === duration(to)) return duration(to);
  const [low, high] = [inUnit(from), inUnit(to)];
  return low[1] === high[1] ? `${short(low[0])}\u00a0to ${short(high[0])}\u00a0${high[1]}` : `${duration(from)}\u00a0to ${duration(to)}`;
}

/** One or two sentences: who is cheapest, who is known to be done first. */
function verdict({ byUsd, cheapest, soonest }, now) {
  if (!now.designs.length) return "Choose a design.";
  if (!byUsd.length) return now.deadline ? `None of these designs is surely known to be done within ${duration(now.deadline)}.` : "None of these designs can work such items.";
  const within = now.deadline ? ` within ${duration(now.deadline)}` : "";
  const [best, next] = byUsd;
  let text;
  if (!next) text = `Only ${best.design} is left${within}: ${dollars(best.usd)}.`;
  else if (best.usd === 0) text = `Free${within}: ${listed(byUsd.filter((one) => !one.usd).map((one) => one.design))}.`;
  else if (cheapest.length > 1) text = `${listed(cheapest.map((one) => one.design))} are too close to call to be cheapest${within}: ${listed(cheapest.map((one) => dollars(one.usd)))}.`;
  else text = `${best.design} is cheapest${within}: ${dollars(best.usd)}, where ${next.design} takes ${dollars(next.usd)} (${short(next.usd / best.usd)} times as much).`;
  if (!next) return `${text} Known after ${span(best.known)}.`;
  const names = listed(soonest.map((one) => one.design));
  return `${text} Known to be done first: ${names}${soonest.length > 1 ? ", too close to call" : `, after ${span(soonest[0].known)}`}.`;
}

/** The ranges of items with the same cheapest designs. */
function zones(now) {
  const found = [];
  for (let step = 0; step <= LAST; step += 1) {
    const best = listed(table.designs.filter((one) => compared(sizeAt(step), now).cheapest.some((own) => own.design === one))) || "none";
    if (found.length && found.at(-1).best === best) found.at(-1).stop = step;
    else found.push({ best, start: step, stop: step });
  }
  return found;
}

function sizeAt(step) {
  const size = ITEMS_MIN * 10 ** (step / STEPS);
  const unit = 10 ** (Math.floor(Math.log10(size * 1.0001)) - 1);
  return Math.min(ITEMS_MAX, Math.round(size / unit) * unit);
}

const stepOf = (items) => Math.round(STEPS * Math.log10(items / ITEMS_MIN));

function element(kind, text, own = {}) {
  const made = document.createElement(kind);
  made.textContent = text;
  for (const [name, value] of Object.entries(own)) made.setAttribute(name, value);
  return made;
}

function drawRows({ all, cheapest }) {
  const most = Math.max(...all.filter((one) => !one.why).map((one) => one.usd), 1e-12);
  byId("rows").replaceChildren(...all.map((one) => {
    const row = element("tr", "", { style: `--own: var(--${one.design})`, "data-design": one.design });
    row.append(element("th", one.design, { scope: "row" }));
    if (one.why) {
      row.append(element("td", one.why, { colspan: 4, class: "why" }));
      return row;
    }
    if (cheapest.includes(one)) row.className = "best";
    const usd = element("td", dollars(one.usd));
    usd.append(element("span", "", { class: "bar", "aria-hidden": "true", style: `width: ${(100 * one.usd) / most}%` }));
    const known = `${span(one.known)}${one.missed ? ", misses the deadline" : ""}`;
    row.append(usd, element("td", dollars(one.coordination)), element("td", span(one.done)), element("td", known));
    return row;
  }));
}

function drawStrip(now) {
  const ranges = zones(now);
  const bands = ranges.map(({ best, start, stop }) => {
    const colour = table.designs.includes(best) ? `var(--${best})` : "var(--faint)";
    const wide = (stop - start + 1) / (LAST + 1) >= 0.2;
    const label = best.includes(" and ") ? (wide ? "too close to call" : "") : best;
    return element("span", label, { style: `flex: ${stop - start + 1} 0 0; background: ${colour}` });
  });
  const at = (100 * (stepOf(now.items) + 0.5)) / (LAST + 1);
  byId("strip").replaceChildren(...bands, element("i", "", { style: `left: ${at}%` }));
  const said = ranges.map(({ best, stop }, at) => `${best}${at < ranges.length - 1 ? ` up to ${count(sizeAt(stop))}` : ""}`);
  byId("zones").textContent = `Cheapest by items: ${said.join("; ")}${ranges.length > 1 ? " beyond" : ", at every size"}${ranges.some(({ best }) => best.includes(" and ")) ? "; several named together are too close to call" : ""}.`;
}

function read() {
  const designs = [...document.querySelectorAll("input[name=designs]:checked")].map((one) => one.value);
  const typed = Math.round(Number(byId("items").value)) || ITEMS_MIN;
  return {
    items: Math.min(ITEMS_MAX, Math.max(ITEMS_MIN, typed)),
    mean: table.means_ms[Number(byId("mean").value)],
    tail: chosen("tail"),
    preset: chosen("preset"),
    deadline: Number(byId("deadline").value),
    free: byId("free").checked,
    designs,
  };
}

function redraw() {
  const now = read();
  const found = compared(now.items, now);
  byId("items-slider").value = stepOf(now.items);
  byId("items-slider").setAttribute("aria-valuetext", `${count(now.items)} items`);
  const mean = now.mean < 1000 ? `${now.mean} ms` : `${now.mean / 1000} s`;
  byId("mean-shown").textContent = mean;
  byId("mean").setAttribute("aria-valuetext", mean);
  const text = verdict(found, now);
  if (byId("verdict").textContent !== text) byId("verdict").textContent = text;
  const winner = found.cheapest.length === 1 ? `var(--${found.cheapest[0].design})` : "var(--faint)";
  byId("verdict").style.setProperty("--winner", winner);
  drawRows(found);
  drawStrip(now);
  const hash = new URLSearchParams({ ...now, free: Number(now.free), designs: now.designs.join(" ") });
  history.replaceState(null, "", `#${hash}`);
}

/** Set the controls as the address says; what it does not say, or says wrongly, stays usual. */
function restore() {
  const said = new URLSearchParams(location.hash.slice(1));
  const one = (name, allowed, usual) => allowed.includes(said.get(name)) ? said.get(name) : usual;
  const items = Number(said.get("items"));
  byId("items").value = items >= ITEMS_MIN && items <= ITEMS_MAX ? Math.round(items) : Math.min(1000000, ITEMS_MAX);
  byId("mean").value = table.means_ms.indexOf(Number(one("mean", table.means_ms.map(String), "500")));
  for (const [name, allowed, usual] of [["tail", Object.keys(table.tails), "none"], ["preset", table.presets, "tuned"]]) {
    document.querySelector(`input[name=${name}][value=${one(name, allowed, usual)}]`).checked = true;
  }
  const stops = [...byId("deadline").options].map((option) => option.value);
  byId("deadline").value = one("deadline", stops, "0");
  byId("free").checked = said.get("free") === "1";
  const designs = said.has("designs") ? said.get("designs").split(" ") : table.designs;
  for (const box of document.querySelectorAll("input[name=designs]")) box.checked = designs.includes(box.value);
  redraw();
}

for (const design of table.designs) {
  const label = element("label", "");
  label.append(element("input", "", { type: "checkbox", name: "designs", value: design }), ` ${design}`);
  byId("designs").append(label);
}
byId("items-slider").max = LAST;
byId("mean").max = table.means_ms.length - 1;
byId("items-slider").addEventListener("input", () => {
  byId("items").value = sizeAt(Number(byId("items-slider").value));
});
byId("items").addEventListener("change", () => { byId("items").value = read().items; });
byId("settings").addEventListener("input", redraw);
byId("settings").addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", restore);
byId("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(location.href);
    byId("copied").textContent = "Copied.";
  } catch {
    byId("copied").textContent = "Copy the address of this page: it names these settings.";
  }
});
restore();
