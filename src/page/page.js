/* SPDX-License-Identifier: MIT */
/*
 * The live view of the page at "/": asks the API beside the page every few seconds, and draws what it says. What
 * it asks and gets is in docs/api.md. All text from there is set as text, never as markup.
 */
"use strict";

const POLL_MS = 5000;
/* A poll that failed or hangs is no news yet; two of them are. */
const OLD_MS = 2 * POLL_MS + 2000;
const TIMEOUT_MS = 4 * POLL_MS;
const PAGE_OF_TARGETS = 200;
const TARGETS_MOST = 1000;
const FINE = 5;
const COARSE = 60;
/* With fewer steps than this, the hour has less to show than the last five minutes. */
const COARSE_LEAST = 15;
const TITLE = document.title;
const SVG = "http://www.w3.org/2000/svg";

/* What is in a step: docs/api.md. */
const LEAST = 0, LOW = 1, MEDIAN = 2, HIGH = 3, GREATEST = 4, LOST = 5, UNSENT = 6, MISSED = 7;

const STATES = ["down", "lossy", "slow", "starting", "up"];
const REASONS = {
	refused: "connection refused",
	unreachable: "no route there",
	timeout: "no answer to connecting",
	resolve: "name does not resolve",
	local: "no resources left here",
	closed: "closed by the peer",
	reset: "connection reset",
	stalled: "nothing came back",
	invalid: "answers are no echoes",
	not_allowed: "not allowed",
	limit: "too many connections",
	address_limit: "too many from this address",
	descriptors: "out of file descriptors",
	memory: "out of memory",
	other: "another reason",
};

/* ---- Words ---- */

function digits(number, significant) {
	const rounded = Number(number.toPrecision(significant));
	const whole = Math.max(1, Math.floor(Math.log10(rounded)) + 1);
	return rounded.toFixed(Math.max(0, significant - whole));
}

/* What rounds to a thousand of a unit is one of the next. */
function timeText(us) {
	if (us === null)
		return "–";
	if (us < 999.5)
		return `${Math.round(us)} µs`;
	if (us < 999500)
		return `${digits(us / 1e3, 3)} ms`;
	return `${digits(us / 1e6, 3)} s`;
}

/* Neither does a little loss read as none, nor a great one as total. */
function percentText(percent) {
	if (percent > 0 && percent < 10)
		return `${Math.max(percent, 0.01).toFixed(percent < 1 ? 2 : 1)} %`;
	return `${Number.isInteger(percent) ? percent : Math.min(percent, 99.9).toFixed(1)} %`;
}

function countText(number) {
	return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}

function durationText(seconds) {
	const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
	let rest = Math.max(0, Math.round(seconds));
	const parts = [];
	for (const [name, size] of units) {
		const count = Math.floor(rest / size);
		rest -= count * size;
		if (count > 0 || (name === "s" && parts.length === 0))
			parts.push(`${count} ${name}`);
	}
	return parts.slice(0, 2).join(" ");
}

function twoDigits(...numbers) {
	return numbers.map((number) => String(number).padStart(2, "0"));
}

/* In the browser's time zone, but in no locale's words: some write midnight as 24, or in digits of their own. */
function clockText(unix) {
	const moment = new Date(unix * 1000);
	return twoDigits(moment.getHours(), moment.getMinutes(), moment.getSeconds()).join(":");
}

function momentText(unix) {
	const moment = new Date(unix * 1000);
	return `${twoDigits(moment.getFullYear(), moment.getMonth() + 1, moment.getDate()).join("-")} ${clockText(unix)}`;
}

function reasonText(reason) {
	return reason === null ? "" : REASONS[reason] || reason;
}

function stepText(step) {
	if (!step)
		return "nothing was probed";
	const parts = [];
	if (step[MEDIAN] === null)
		parts.push("no reply");
	else
		parts.push(`median ${timeText(step[MEDIAN])}, from ${timeText(step[LEAST])} to ${timeText(step[GREATEST])}`);
	parts.push(`loss ${percentText(step[LOST])}`);
	if (step[UNSENT] > 0)
		parts.push(`${percentText(step[UNSENT])} without a connection`);
	if (step[MISSED] > 0)
		parts.push(`the prober slept through ${percentText(step[MISSED])}`);
	return parts.join(", ");
}

/* What a graph says in words. */
function graphText(target) {
	const median = target.median === null ? "no reply lately" : `median ${timeText(target.median)}`;
	return `${target.state}, ${median}, loss ${percentText(target.loss)}`;
}

/* ---- Elements ---- */

/* Makes an element: make("td", { class: "n" }, "text", child). */
function make(name, attributes, ...children) {
	const element = document.createElement(name);
	for (const [key, value] of Object.entries(attributes || {}))
		element.setAttribute(key, value);
	element.append(...children);
	return element;
}

function makeSvg(name, attributes) {
	const element = document.createElementNS(SVG, name);
	for (const [key, value] of Object.entries(attributes))
		element.setAttribute(key, value);
	return element;
}

function setText(element, text) {
	if (element.textContent !== text)
		element.textContent = text;
}

/* ---- The smoke ---- */

/*
 * From the back to the front. Loss hangs from the top, as high as it is great; what the prober slept
 * through stands at the bottom. The median is coloured by what was lost around it. What could not be sent
 * is struck through, so that an outage is told from other losses without seeing colours.
 */
const LAYERS = ["range", "middle", "missed", "lost", "unsent", "strike", "median", "median-lossy", "median-bad"];
const BAD_LOSS = 10;
/* Shares of the height that can be seen even if there is little of it. */
const MARK_LEAST = 0.14;

/* The scale of round trips: logarithmic, as a share of the height from the bottom. */
function scaleOf(steps) {
	let least = Infinity, greatest = 0;
	for (const step of steps) {
		if (step && step[LEAST] !== null) {
			least = Math.min(least, step[LEAST]);
			greatest = Math.max(greatest, step[GREATEST]);
		}
	}
	if (greatest === 0)
		return { least: null, greatest: null, at: () => 0 };
	/* A quiet path is a line near the bottom, not noise that fills the picture. */
	const low = Math.log(Math.max(least, 1) / 1.3);
	const high = Math.max(Math.log(greatest * 1.1), low + Math.log(4));
	/* The mark of a little loss hides no round trip. */
	const share = (1 - MARK_LEAST) / (high - low);
	return { least, greatest, at: (us) => (Math.log(Math.max(us, 1)) - low) * share };
}

/* A growing drawing: a path for each layer, of rectangles. This is most of the work, so it is done plainly. */
class Drawing {
	constructor(box) {
		this.box = box;
		this.d = {};
		for (const layer of LAYERS)
			this.d[layer] = "";
	}

	/* The next rectangles are those of the step at this place, from 0 at the left. */
	beginStep(place) {
		const wide = this.box.width / this.box.steps;
		this.start = `M${round(this.box.x + place * wide)} `;
		this.right = `H${round(this.box.x + (place + 1) * wide)}V`;
	}

	/* from, to: shares of the height from the bottom. */
	add(layer, from, to) {
		const { y, height } = this.box;
		this.d[layer] += `${this.start}${round(y + (1 - to) * height)}${this.right}${round(y + (1 - from) * height)}H${this.start.slice(1)}z`;
	}
}

function round(number) {
	return Math.round(number * 10) / 10;
}

/* Draws steps into one path a layer. box: x, y, width, height and how many steps fit; offset: where the first is. */
function drawSmoke(paths, steps, offset, box) {
	const scale = scaleOf(steps);
	const drawing = new Drawing(box);
	for (let index = 0; index < steps.length; index++) {
		if (!steps[index])
			continue;
		drawing.beginStep(offset + index);
		drawRoundTrips(steps[index], scale, drawing);
		drawLosses(steps[index], drawing);
	}
	for (const layer of LAYERS)
		if (paths[layer].drawn !== drawing.d[layer]) {
			paths[layer].drawn = drawing.d[layer];
			paths[layer].setAttribute("d", drawing.d[layer]);
		}
	return scale;
}

function drawRoundTrips(step, scale, drawing) {
	if (step[MEDIAN] === null)
		return;
	const thick = drawing.box.line / drawing.box.height;
	const least = scale.at(step[LEAST]), low = scale.at(step[LOW]), median = scale.at(step[MEDIAN]);
	drawing.add("range", least, Math.max(scale.at(step[GREATEST]), least + thick));
	drawing.add("middle", low, Math.max(scale.at(step[HIGH]), low + thick));
	const layer = step[LOST] === 0 ? "median" : step[LOST] < BAD_LOSS ? "median-lossy" : "median-bad";
	drawing.add(layer, median - thick / 2, median + thick / 2);
}

/* As a share of the height: a little can be seen, too. */
function heightOf(percent) {
	return percent > 0 ? Math.max(percent / 100, MARK_LEAST) : 0;
}

function drawLosses(step, drawing) {
	if (step[LOST] > 0)
		drawing.add("lost", 1 - heightOf(step[LOST]), 1);
	if (step[UNSENT] > 0) {
		const height = Math.min(heightOf(step[LOST]), heightOf(step[UNSENT]));
		const thick = drawing.box.line / drawing.box.height;
		drawing.add("unsent", 1 - height, 1);
		drawing.add("strike", 1 - (height + thick) / 2, 1 - (height - thick) / 2);
	}
	if (step[MISSED] > 0)
		drawing.add("missed", 0, heightOf(step[MISSED]));
}

/* hatch: the pattern's name. */
function makeLayers(svg, hatch) {
	const paths = {};
	for (const layer of LAYERS) {
		paths[layer] = makeSvg("path", { class: layer, d: "" });
		if (layer === "missed")
			paths[layer].setAttribute("fill", `url(#${hatch})`);
		svg.append(paths[layer]);
	}
	return paths;
}

/* What tells a prober that slept from a path that lost. */
function makeHatch(id) {
	const pattern = makeSvg("pattern", { id, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
	pattern.append(makeSvg("rect", { width: 6, height: 6, class: "hatch-back" }));
	pattern.append(makeSvg("rect", { width: 2, height: 6, class: "hatch-line" }));
	return pattern;
}

function makeHatches() {
	const svg = makeSvg("svg", { width: 0, height: 0, "aria-hidden": "true", class: "defs" });
	list.hatch = makeHatch("row-hatch");
	svg.append(makeHatch("hatch"), list.hatch);
	return svg;
}

/* The graphs of rows are stretched, all of them alike; their hatch is not. */
function fitHatch() {
	const svg = list.body.querySelector("svg");
	if (!svg || !list.kept || svg.clientWidth === 0)
		return;
	const transform = `scale(${list.kept / svg.clientWidth} ${ROW_HEIGHT / svg.clientHeight}) rotate(45)`;
	if (list.hatch.getAttribute("patternTransform") !== transform)
		list.hatch.setAttribute("patternTransform", transform);
}

/* ---- Asking ---- */

/* status: of the answer, 0 if there was none. */
class Refusal extends Error {
	constructor(message, status) {
		super(message);
		this.status = status;
	}
}

/* The program says why in a line of text; what a proxy says is a page of its own. */
async function refusalText(response) {
	if (response.status === 401)
		return "The program asks for a password again: reload the page.";
	const isText = (response.headers.get("Content-Type") || "").startsWith("text/plain");
	const line = isText ? (await response.text().catch(() => "")).split("\n")[0] : "";
	return line || `The answer was status ${response.status}.`;
}

/* Returns the answer's JSON; throws a Refusal with a sentence for people. */
async function ask(path, parameters) {
	const query = new URLSearchParams(parameters);
	let response;
	try {
		response = await fetch(`api/v1/${path}?${query}`, { signal: AbortSignal.timeout(TIMEOUT_MS), cache: "no-store" });
	} catch (error) {
		throw new Refusal("The program does not answer.", 0);
	}
	if (!response.ok)
		throw new Refusal(await refusalText(response), response.status);
	try {
		return await response.json();
	} catch (error) {
		throw new Refusal("The program's answer broke off, or was none of its own.", response.status);
	}
}

/* ---- A row of the list ---- */

/* Of its graph, in units of its own, as its width is one for each step. */
const ROW_HEIGHT = 100;

/* Rows are drawn a screen before they come into view. */
const sight = new IntersectionObserver((entries) => {
	performance.mark("draw");
	for (const entry of entries) {
		entry.target.row.isSeen = entry.isIntersecting;
		entry.target.row.draw();
	}
	performance.measure("draw", "draw");
}, { rootMargin: "100% 0px" });

/* The elements of a row, to be copied: that is several times as quick as to make each. */
let rowModel = null;

function makeRowModel() {
	const svg = makeSvg("svg", { role: "img", preserveAspectRatio: "none", class: "smoke" });
	makeLayers(svg, "row-hatch");
	return make("tr", { role: "row" },
		make("th", { role: "rowheader", scope: "row", class: "name" }, make("a", { dir: "auto" }), make("small", { dir: "auto" })),
		make("td", { role: "cell", class: "state" }, make("strong"), make("small")),
		make("td", { role: "cell", class: "n median" }),
		make("td", { role: "cell", class: "n loss" }),
		make("td", { role: "cell", class: "graph" }, svg, make("small", { class: "scale", "aria-hidden": "true" })));
}

class Row {
	constructor(id) {
		this.id = id;
		this.steps = [];
		this.first = 1;
		rowModel = rowModel || makeRowModel();
		this.element = rowModel.cloneNode(true);
		const [name, state, median, loss, graph] = this.element.children;
		[this.link, this.address] = name.children;
		[this.state, this.more] = state.children;
		this.median = median;
		this.loss = loss;
		[this.svg, this.scale] = graph.children;
		this.paths = {};
		LAYERS.forEach((layer, index) => {
			this.paths[layer] = this.svg.children[index];
		});
		this.element.row = this;
		sight.observe(this.element);
	}

	/* Takes the steps of an answer. Returns whether they go on where those that are known end. */
	take(target, history, isWhole) {
		if (!history)
			return true;
		if (isWhole) {
			this.steps = target.steps;
			this.first = target.first;
			this.isDrawn = false;
			return true;
		}
		if (target.first !== this.first + this.steps.length)
			return false;
		if (target.steps.length > 0) {
			this.steps.push(...target.steps);
			const old = Math.max(0, this.steps.length - history.kept);
			this.steps.splice(0, old);
			this.first += old;
			this.isDrawn = false;
		}
		return true;
	}

	show(target, now, history) {
		if (this.link.textContent !== target.name) {
			this.link.textContent = target.name;
			this.link.href = `#target=${encodeURIComponent(target.name)}`;
		}
		setText(this.address, target.address);
		setText(this.state, target.state);
		this.element.className = target.state;
		setText(this.more, moreText(target, now));
		setText(this.median, timeText(target.median));
		setText(this.loss, percentText(target.loss));
		this.svg.setAttribute("aria-label", graphText(target));
		this.history = history;
		this.draw();
	}

	/* Does so only for who is looking: with 200 rows that is most of the work. */
	draw() {
		const history = this.history;
		if (this.isDrawn || !this.isSeen || !history)
			return;
		this.isDrawn = true;
		this.svg.setAttribute("viewBox", `0 0 ${history.kept} ${ROW_HEIGHT}`);
		const scale = drawSmoke(this.paths, this.steps, history.kept - this.steps.length,
			{ x: 0, y: 0, width: history.kept, height: ROW_HEIGHT, steps: history.kept, line: 7 });
		setText(this.scale, scale.greatest === null ? "" : `${timeText(scale.greatest)}\n${timeText(scale.least)}`);
	}
}

/* Why, and for how long, where that is of interest. */
function moreText(target, now) {
	if (target.state !== "down")
		return "";
	const parts = [];
	if (target.since !== null)
		parts.push(durationText(now - target.since));
	if (target.reason !== null)
		parts.push(reasonText(target.reason));
	return parts.join(": ");
}

/* ---- The list ---- */

const list = {
	q: "",
	sort: "worst",
	limit: PAGE_OF_TARGETS,
	step: COARSE,
	isStepChosen: false,
	isShown: true,
	rows: new Map(),
	known: null, /* What the rows' steps are of: the question, the newest step, when the history began. */
};

function makeChoice(label, values, chosen, onChange) {
	const select = make("select", {});
	for (const [value, text] of values)
		select.append(make("option", { value }, text));
	select.value = chosen;
	select.addEventListener("change", () => onChange(select.value));
	return { element: make("label", {}, `${label} `, select), select };
}

function makeList() {
	list.counts = make("p", { class: "counts" });
	list.filter = make("input", { type: "search", placeholder: "name, address or label", autocomplete: "off", spellcheck: "false" });
	let typing;
	list.filter.addEventListener("input", () => {
		clearTimeout(typing);
		typing = setTimeout(() => {
			list.q = list.filter.value.trim();
			list.limit = PAGE_OF_TARGETS;
			poll();
		}, 150);
	});
	list.sorts = makeChoice("Sort",
		[["worst", "worst first"], ["name", "by name"], ["median", "slowest first"], ["loss", "most loss first"]],
		list.sort, (value) => {
			list.sort = value;
			poll();
		});
	list.graphs = makeChoice("Graphs", [[COARSE, "by the minute"], [FINE, "last 5 minutes"]], list.step, (value) => {
		list.step = Number(value);
		list.isStepChosen = true;
		list.known = null;
		poll();
	});
	const heads = [["name", "Target"], ["state", "State"], ["n median", "Median"], ["n loss", "Loss"], ["graph", "Round trips"]];
	const head = make("tr", { role: "row" });
	for (const [style, text] of heads)
		head.append(make("th", { role: "columnheader", scope: "col", class: style }, text));
	list.graphHead = head.lastElementChild;
	list.body = make("tbody", { role: "rowgroup" });
	list.more = make("button", { type: "button" }, "Show more");
	list.more.addEventListener("click", () => {
		list.limit = Math.min(TARGETS_MOST, list.limit + PAGE_OF_TARGETS);
		list.known = null;
		poll();
	});
	list.note = make("p", { class: "note" });
	const form = make("form", { class: "tools", role: "search" }, make("label", {}, "Filter ", list.filter),
		list.sorts.element, list.graphs.element);
	form.addEventListener("submit", (event) => event.preventDefault());
	list.title = make("h2", { id: "targets-title", tabindex: "-1" }, "Targets");
	list.element = make("section", { id: "targets", "aria-labelledby": "targets-title" }, list.title, list.counts, form,
		make("table", { role: "table", class: "rows", "aria-labelledby": "targets-title" },
			make("thead", { role: "rowgroup" }, head), list.body),
		list.note, list.more, makeLegend("Each row has a logarithmic scale of its own"));
	new ResizeObserver(fitHatch).observe(list.element);
}

/* more: what follows the entries. */
function makeLegend(more) {
	const entry = (style, text) => make("span", {}, make("i", { class: `key ${style}` }), text);
	return make("p", { class: "legend", "aria-hidden": "true" }, entry("median", "median"),
		entry("middle", "10th to 90th percentile"), entry("range", "all round trips"), entry("lost", "lost"),
		entry("unsent", "no connection"), entry("missed", "the prober slept"), make("span", {}, more));
}

function showCounts(counts) {
	const parts = [];
	for (const state of STATES)
		if (counts[state] > 0 || state === "up")
			parts.push(make("span", { class: `count ${state}` }, `${countText(counts[state])} ${state}`));
	const all = counts.all === 1 ? "1 target: " : `${countText(counts.all)} targets: `;
	const key = JSON.stringify(counts);
	if (list.countsKey === key)
		return;
	list.countsKey = key;
	list.counts.replaceChildren(all);
	parts.forEach((part, index) => list.counts.append(index > 0 ? ", " : "", part));
	document.title = counts.down > 0 ? `${countText(counts.down)} down – ${TITLE}` : TITLE;
}

function showNote(counts) {
	const isMore = counts.matching > counts.listed;
	list.more.hidden = !isMore || list.limit >= TARGETS_MOST;
	let text = "";
	if (counts.all === 0)
		text = "There are no targets.";
	else if (counts.matching === 0)
		text = "No target matches the filter.";
	else if (isMore)
		text = `${countText(counts.listed)} of ${countText(counts.matching)} are listed` +
			(list.more.hidden ? "; the filter finds the others." : ".");
	setText(list.note, text);
	list.note.hidden = text === "";
}

/* Takes the rows' elements in the answer's order; those that stay are moved only if they have to be. */
function arrange(rows) {
	const focused = document.activeElement;
	rows.forEach((row, index) => {
		if (list.body.children[index] !== row.element)
			list.body.insertBefore(row.element, list.body.children[index] || null);
	});
	while (list.body.children.length > rows.length) {
		sight.unobserve(list.body.lastElementChild);
		list.body.lastElementChild.remove();
	}
	if (focused && focused !== document.activeElement && list.body.contains(focused))
		focused.focus({ preventScroll: true });
}

/* Returns whether every row could take its steps. */
function showTargets(answer, isWhole) {
	const rows = [];
	const kept = new Map();
	let isComplete = true;
	for (const target of answer.targets) {
		const row = list.rows.get(target.id) || new Row(target.id);
		isComplete = row.take(target, answer.history, isWhole) && isComplete;
		row.show(target, answer.now, answer.history);
		rows.push(row);
		kept.set(target.id, row);
	}
	list.rows = kept;
	list.element.classList.toggle("without-history", !answer.history);
	arrange(rows);
	return isComplete;
}

/* When the history began, by which a program that was started anew is known. */
function beginOf(history) {
	return history.newest > 0 ? history.newest_end - history.newest * history.step : null;
}

function listQuestion() {
	const question = { sort: list.sort, limit: list.limit, step: list.step };
	if (list.q !== "")
		question.q = list.q;
	return question;
}

async function pollList() {
	const question = listQuestion();
	const key = JSON.stringify(question);
	const since = list.known && list.known.key === key ? list.known.newest : 0;
	const answer = await ask("targets", since > 0 ? { ...question, since } : question);
	if (key !== JSON.stringify(listQuestion()))
		return;
	const history = answer.history;
	const begin = history ? beginOf(history) : null;
	const isSame = since === 0 || (history && begin !== null && Math.abs(begin - list.known.begin) < 2 && history.newest >= since);
	performance.mark("render");
	if (!isSame || !showTargets(answer, since === 0)) {
		list.known = null;
		return pollList();
	}
	showCounts(answer.counts);
	showNote(answer.counts);
	if (history && history.step === COARSE)
		nameCoarse(history);
	setText(list.graphHead, `Round trips, ${list.graphs.select.selectedOptions[0].text}`);
	performance.measure("render", "render");
	list.known = history ? { key, newest: history.newest, begin } : null;
	list.kept = history ? history.kept : 0;
	fitHatch();
	showServer(answer);
	adaptStep(answer);
}

/* How far back the graphs by the minute reach depends on -history. */
function nameCoarse(history) {
	const hours = (history.kept * history.step) / 3600;
	const text = hours === 1 ? "last hour" : `last ${durationText(history.kept * history.step)}`;
	for (const choice of [list.graphs, detail.graphs])
		setText(choice.select.options[0], text);
}

/* The hour says little while the program is young. */
function adaptStep(answer) {
	if (list.isStepChosen || !answer.history)
		return;
	const isYoung = answer.history.newest * answer.history.step < COARSE_LEAST * COARSE;
	const step = isYoung ? FINE : COARSE;
	if (step === list.step)
		return;
	list.step = step;
	list.graphs.select.value = step;
	list.known = null;
	return poll();
}

/* ---- The view of one target ---- */

const detail = { name: null };

function makeDetail() {
	detail.title = make("h2", { id: "target-title", tabindex: "-1" });
	detail.name_text = make("bdi");
	detail.state = make("strong");
	detail.title.append(detail.name_text, " ", detail.state);
	detail.summary = make("p", { class: "summary" });
	detail.graphs = makeChoice("Graph", [[COARSE, "by the minute"], [FINE, "last 5 minutes"]], list.step, (value) => {
		list.step = Number(value);
		list.isStepChosen = true;
		list.graphs.select.value = value;
		list.known = null;
		showDetail();
	});
	detail.svg = makeSvg("svg", { class: "large", "aria-hidden": "true" });
	detail.slider = make("div", { class: "slider", role: "slider", tabindex: "0", "aria-label": "Step of the graph" }, detail.svg);
	detail.readout = make("p", { class: "readout" });
	detail.slider.addEventListener("keydown", onSliderKey);
	detail.slider.addEventListener("pointermove", onSliderPointer);
	detail.slider.addEventListener("pointerdown", onSliderPointer);
	detail.parts = make("div", { class: "parts" });
	const links = make("p", { class: "back" }, make("a", { href: "#" }, "← All targets"));
	detail.element = make("section", { id: "target", "aria-labelledby": "target-title" }, links, detail.title, detail.summary,
		make("div", { class: "tools" }, detail.graphs.element), detail.slider, detail.readout, makeLegend("Logarithmic scale"), detail.parts);
	new ResizeObserver(() => detail.answer && drawDetail()).observe(detail.slider);
}

/* Ticks of a logarithmic scale: 1, 2 and 5 times powers of ten. */
function ticksBetween(least, greatest) {
	const ticks = [];
	for (let power = 1; power < 1e9; power *= 10)
		for (const factor of [1, 2, 5])
			if (power * factor >= least / 1.3 && power * factor <= greatest * 1.1)
				ticks.push(power * factor);
	const every = Math.ceil(ticks.length / 6);
	return ticks.filter((_, index) => index % every === 0);
}

function drawDetail() {
	const history = list.step === FINE ? detail.answer.fine : detail.answer.coarse;
	detail.slider.hidden = detail.readout.hidden = !history;
	if (!history)
		return;
	const width = Math.max(280, detail.slider.clientWidth), height = 260;
	const box = { x: 64, y: 8, width: width - 72, height: height - 40, steps: history.kept, line: 3 };
	detail.svg.replaceChildren();
	detail.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
	detail.svg.setAttribute("width", width);
	detail.svg.setAttribute("height", height);
	detail.svg.append(makeSvg("rect", { ...onlyBox(box), class: "back" }));
	const offset = history.kept - history.steps.length;
	const scale = drawSmoke(makeLayers(detail.svg, "hatch"), history.steps, offset, box);
	drawTimes(history, box);
	if (scale.greatest !== null)
		drawRoundTripScale(scale, box);
	detail.cursor = makeSvg("rect", { class: "cursor", y: box.y, height: box.height, width: Math.max(1, box.width / box.steps) });
	detail.svg.append(detail.cursor);
	detail.box = box;
	detail.offset = offset;
	placeCursor(history);
	detail.history = history;
	showCursor();
}

/* Who looks at a step goes on to do so while newer ones come; else the cursor is at the newest. */
function placeCursor(history) {
	const old = detail.history;
	if (old && old.step === history.step && !detail.isNewest)
		detail.at -= history.first - old.first;
	else
		detail.isNewest = true;
	const last = history.steps.length - 1;
	detail.at = detail.isNewest ? last : Math.min(Math.max(0, detail.at), last);
}

function onlyBox(box) {
	return { x: box.x, y: box.y, width: box.width, height: box.height };
}

function drawLabel(x, y, text, anchor) {
	const label = makeSvg("text", { x, y, "text-anchor": anchor });
	label.textContent = text;
	detail.svg.append(label);
}

function drawRoundTripScale(scale, box) {
	for (const tick of ticksBetween(scale.least, Math.max(scale.greatest, scale.least * 3))) {
		const y = box.y + (1 - scale.at(tick)) * box.height;
		if (y < box.y || y > box.y + box.height)
			continue;
		detail.svg.append(makeSvg("line", { x1: box.x, x2: box.x + box.width, y1: y, y2: y, class: "grid" }));
		drawLabel(box.x - 6, y + 4, timeText(tick), "end");
	}
}

function drawTimes(history, box) {
	const end = history.newest_end === null ? detail.answer.now : history.newest_end;
	const marks = box.width < 420 ? 3 : 6;
	for (let mark = 0; mark <= marks; mark++) {
		const x = box.x + (box.width * mark) / marks;
		const unix = end - history.kept * history.step * (1 - mark / marks);
		const text = clockText(unix).slice(0, history.step === FINE ? 8 : 5);
		detail.svg.append(makeSvg("line", { x1: x, x2: x, y1: box.y + box.height, y2: box.y + box.height + 5, class: "grid" }));
		drawLabel(x, box.y + box.height + 20, text, mark === 0 ? "start" : mark === marks ? "end" : "middle");
	}
}

function showCursor() {
	const { history, box, slider, cursor } = detail;
	const count = history.steps.length;
	cursor.setAttribute("visibility", count > 0 ? "visible" : "hidden");
	if (count === 0) {
		setText(detail.readout, "No step has ended yet.");
		slider.setAttribute("aria-valuetext", "no step yet");
		slider.setAttribute("aria-valuenow", 0);
		return;
	}
	cursor.setAttribute("x", box.x + ((detail.offset + detail.at) * box.width) / box.steps);
	const end = history.newest_end - (count - 1 - detail.at) * history.step;
	const text = `${clockText(end - history.step)} to ${clockText(end)}: ${stepText(history.steps[detail.at])}`;
	setText(detail.readout, text);
	slider.setAttribute("aria-valuemin", 0);
	slider.setAttribute("aria-valuemax", count - 1);
	slider.setAttribute("aria-valuenow", detail.at);
	slider.setAttribute("aria-valuetext", text);
}

function moveCursor(to) {
	const last = detail.history.steps.length - 1;
	detail.at = Math.min(Math.max(0, to), Math.max(0, last));
	detail.isNewest = detail.at === last;
	showCursor();
}

function onSliderKey(event) {
	const moves = { ArrowLeft: detail.at - 1, ArrowRight: detail.at + 1, ArrowDown: detail.at - 1, ArrowUp: detail.at + 1,
		PageDown: detail.at - 10, PageUp: detail.at + 10, Home: 0, End: Infinity };
	if (!detail.history || !(event.key in moves))
		return;
	event.preventDefault();
	moveCursor(moves[event.key]);
}

function onSliderPointer(event) {
	if (!detail.history)
		return;
	const x = event.clientX - detail.slider.getBoundingClientRect().left - detail.box.x;
	moveCursor(Math.floor((x * detail.box.steps) / detail.box.width) - detail.offset);
}

function makePart(title, ...children) {
	return make("section", {}, make("h3", {}, title), ...children);
}

function makePairs(pairs) {
	const element = make("dl");
	for (const [name, value] of pairs)
		element.append(make("div", {}, make("dt", {}, name), make("dd", {}, value)));
	return element;
}

/* The round trip that this share of all is at or below. */
function quantileOf(distribution, share) {
	const all = distribution.reduce((sum, [, count]) => sum + count, 0);
	let seen = 0;
	for (const [bound, count] of distribution) {
		seen += count;
		if (seen >= share * all)
			return bound;
	}
	return null;
}

function makeDistribution(distribution) {
	if (distribution.length === 0)
		return make("p", {}, "No probe was answered yet.");
	/* Buckets are an eighth of an octave wide. */
	const place = (bound) => Math.round(8 * Math.log2(bound));
	const first = place(distribution[0][0]);
	const places = place(distribution[distribution.length - 1][0]) - first + 1;
	const most = Math.max(...distribution.map(([, count]) => count));
	const words = [0.5, 0.9, 0.99].map((share) => `${100 * share} % within ${timeText(quantileOf(distribution, share))}`).join(", ");
	const svg = makeSvg("svg", { role: "img", "aria-label": words, viewBox: `0 0 ${Math.max(places, 16)} 100`,
		preserveAspectRatio: "none", class: "bars" });
	const parts = distribution.map(([bound, count]) => {
		const height = Math.max(1, (100 * count) / most);
		return `M${place(bound) - first} ${100 - height}h.9v${height}h-.9z`;
	});
	svg.append(makeSvg("path", { d: parts.join("") }));
	return make("div", {}, svg, make("p", { class: "ends" }, make("span", {}, timeText(distribution[0][0])),
		make("span", {}, timeText(distribution[distribution.length - 1][0]))), make("p", {}, `${words}.`));
}

function makeFindings(findings) {
	if (findings.length === 0)
		return make("p", {}, "Nothing was lost, late or slow.");
	const element = make("ul");
	for (const finding of findings)
		element.append(make("li", {}, finding.text));
	return element;
}

function makeTable(heads, rows) {
	const head = make("tr");
	for (const text of heads)
		head.append(make("th", { scope: "col" }, text));
	return make("div", { class: "wide", tabindex: "0", role: "region", "aria-label": heads.join(", ") },
		make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows.map(makeTableRow))));
}

function makeTableRow(texts) {
	return make("tr", {}, ...texts.map((text) => make("td", {}, text)));
}

function makeEvents(events) {
	if (events.length === 0)
		return make("p", {}, "Nothing has happened yet.");
	return makeTable(["Time", "Event", "Reason"],
		events.map((event) => [momentText(event.time), event.event, reasonText(event.reason)]));
}

function makeDirection(direction) {
	const where = { out: "on the way out", back: "on the way back", peer: "at the peer", unknown: "somewhere" };
	const pairs = Object.entries(direction.slow).map(([name, count]) => [`Slow ${where[name] || name}`, countText(count)]);
	pairs.push(["Above the least, out", timeText(direction.excess.out)]);
	pairs.push(["Above the least, back", timeText(direction.excess.back)]);
	pairs.push(["Spent at the peer", timeText(direction.peer)]);
	pairs.push(["Retransmitted by the peer", countText(direction.peer_retransmits)]);
	return makePairs(pairs);
}

function counterPairs(answer) {
	const counters = answer.counters;
	const pairs = [["Sent", "sent"], ["Received", "received"], ["Timed out", "timeouts"], ["of which late", "late"],
		["of which unsent", "unsent"], ["In flight", "in_flight"], ["Slots missed", "missed_slots"], ["Duplicates", "duplicates"],
		["Connects", "connects"], ["Moves", "moves"], ["Segments retransmitted", "retransmits"]]
		.map(([text, name]) => [text, countText(counters[name])]);
	for (const [title, reasons] of [["Connect failed", answer.connect_failures], ["Disconnected", answer.disconnects]])
		for (const [reason, count] of Object.entries(reasons))
			if (count > 0)
				pairs.push([`${title}: ${reasonText(reason)}`, countText(count)]);
	return pairs;
}

function timePairs(answer) {
	return [["Median of the last minute", answer.median], ["Last round trip", answer.last_rtt], ["Jitter", answer.jitter],
		["Last handshake", answer.last_connect], ["Kernel's round trip", answer.kernel_rtt], ["Kernel's minimum", answer.kernel_min_rtt]]
		.map(([text, us]) => [text, timeText(us)]);
}

function showAnswer(answer) {
	detail.answer = answer;
	if (answer.coarse)
		nameCoarse(answer.coarse);
	setText(detail.name_text, answer.name);
	setText(detail.state, answer.state);
	detail.element.className = answer.state;
	const more = moreText(answer, answer.now);
	setText(detail.summary, `${answer.address}${answer.peer && answer.peer !== answer.address ? ` at ${answer.peer}` : ""}. ` +
		`${graphText(answer)}${more ? `, ${more}` : ""}.`);
	detail.graphs.select.value = list.step;
	drawDetail();
	showParts(answer);
}

/* Parts of the view: what they are called, what they are made of, and how. Those made of nothing are left out. */
function partsOf(answer) {
	const labels = Object.entries(answer.labels);
	return [
		["What it means", answer.findings, makeFindings],
		["Which way", answer.direction, makeDirection],
		["All round trips", answer.distribution, makeDistribution],
		["Counters", counterPairs(answer), makePairs],
		["Times", timePairs(answer), makePairs],
		["Labels", labels.length > 0 ? labels : null, makePairs],
		["Events", answer.events, makeEvents],
	].filter(([, data]) => data !== null);
}

/* What says the same as before stays, so that focus, selection and a reader's place in it do. */
function showParts(answer) {
	const shown = new Map();
	for (const [title, data, makeContent] of partsOf(answer)) {
		const key = JSON.stringify(data);
		const part = detail.shown.get(title) || { element: makePart(title), key: "" };
		if (part.key !== key) {
			part.key = key;
			part.element.replaceChildren(part.element.firstChild, makeContent(data));
		}
		shown.set(title, part);
	}
	if ([...shown.keys()].join() !== [...detail.shown.keys()].join())
		detail.parts.replaceChildren(...[...shown.values()].map((part) => part.element));
	detail.shown = shown;
}

function clearDetail() {
	detail.answer = detail.history = undefined;
	detail.isNewest = true;
	detail.shown = new Map();
	detail.slider.hidden = detail.readout.hidden = true;
	setText(detail.name_text, detail.name === null ? "" : detail.name);
	setText(detail.state, "");
	setText(detail.summary, "");
	detail.parts.replaceChildren();
}

async function pollDetail() {
	const name = detail.name;
	const answer = await ask("target", { name });
	if (name !== detail.name)
		return;
	if (!list.isStepChosen && answer.coarse)
		list.step = answer.coarse.newest < COARSE_LEAST ? FINE : COARSE;
	showAnswer(answer);
	document.title = `${answer.name}: ${answer.state} – ${TITLE}`;
}

function showDetail() {
	if (detail.answer)
		showAnswer(detail.answer);
}

/* ---- The echo server ---- */

const server = { isShown: false };

function makeServer() {
	server.summary = make("summary", {}, "Echo server");
	server.content = makeServerContent();
	server.content.hidden = true;
	server.element = make("details", { id: "server" }, server.summary, server.content);
	server.element.addEventListener("toggle", () => server.element.open && poll());
}

function showServer(answer) {
	server.isShown = answer.has_server;
	/* There is nothing else to see. */
	if (!answer.has_prober && list.isShown)
		server.element.open = true;
	list.isShown = answer.has_prober;
	showRoute();
}

/* How others reach this server: by the name that this page was asked for, and the port it listens on. */
function commandFor(listening) {
	const port = listening.split(",")[0].split(":").pop();
	return `tcp-echo-metrics -mode=client -target=${location.hostname || "localhost"}:${port}`;
}

/* Its parts stay while their contents change, so that a selected command or a scrolled table does not jump. */
function makeServerContent() {
	server.text = make("p");
	server.command = make("code");
	server.peers = makeTable(["Peer", "Connected for", "Frames"], []);
	server.refused = makeTable(["Address", "Reason", "Times", "Last"], []);
	return make("div", {}, server.text, make("p", {}, "To probe this machine from another one: ", server.command),
		makePart("Who uses it", server.peers), makePart("Who was refused", server.refused));
}

function fillTable(table, rows) {
	table.parentElement.hidden = rows.length === 0;
	table.querySelector("tbody").replaceChildren(...rows.map(makeTableRow));
}

async function pollServer() {
	if (!server.isShown || !server.element.open || detail.name !== null)
		return;
	const answer = await ask("peers", {});
	setText(server.summary, `Echo server: ${countText(answer.connections)} connection${answer.connections === 1 ? "" : "s"}`);
	setText(server.text, `Listening on ${answer.listening}. ${countText(answer.accepted)} connections accepted, ` +
		`${countText(answer.frames)} frames returned.`);
	setText(server.command, commandFor(answer.listening));
	fillTable(server.peers, answer.peers.map((peer) => [peer.address, durationText(answer.now - peer.since), countText(peer.frames)]));
	fillTable(server.refused, answer.refused.map((one) => [one.address, reasonText(one.reason), countText(one.count), momentText(one.time)]));
	server.content.hidden = false;
}

/* ---- The whole ---- */

const page = { answered: performance.now(), resumed: 0, isLive: false, timer: 0, turn: 0, problem: "" };

function showLive() {
	if (page.isLive)
		return;
	page.isLive = true;
	document.getElementById("page").replaceChildren(page.status, makeHatches(), list.element, detail.element, server.element);
	showRoute();
	if (detail.name !== null)
		focusDetail();
}

/* The age is not part of what is read aloud: it is another one each second. */
function showStatus() {
	const now = performance.now();
	/* What is old because nobody looked is about to be new. */
	const isOld = now - page.answered > OLD_MS && now - page.resumed > OLD_MS;
	const isTold = isOld || page.isRefused || !page.isLive;
	setText(page.age, isOld ? `Data is ${Math.round((now - page.answered) / 1000)} s old. ` : "");
	setText(page.reason, isTold ? page.problem || (isOld ? "Waiting for an answer." : "") : "");
	page.status.hidden = page.age.textContent + page.reason.textContent === "";
	document.body.classList.toggle("old", isOld && page.isLive);
}

/* Asks for what is to be seen now, and again after a while. An answer that comes too late to be of use is dropped. */
async function poll() {
	const turn = ++page.turn;
	clearTimeout(page.timer);
	try {
		await (detail.name === null ? pollList() : pollDetail());
		await pollServer();
		onAnswer();
	} catch (error) {
		if (!(error instanceof Refusal))
			throw error;
		if (turn === page.turn)
			onRefusal(error);
	} finally {
		if (turn === page.turn) {
			showStatus();
			if (!document.hidden)
				page.timer = setTimeout(poll, POLL_MS);
		}
	}
}

function onAnswer() {
	page.problem = "";
	page.isRefused = false;
	page.answered = performance.now();
	showLive();
}

function onRefusal(error) {
	/* That there is no such target is an answer as well. */
	if (error.status === 404 && detail.name !== null)
		onAnswer();
	page.problem = error.message;
	page.isRefused = error.status > 0;
}

function showRoute() {
	list.element.hidden = detail.name !== null || !list.isShown;
	detail.element.hidden = detail.name === null;
	server.element.hidden = detail.name !== null || !server.isShown;
}

/* "#target=NAME" is the view of one target; anything else is the list. */
function onRoute() {
	const before = detail.name;
	const found = /^#target=(.+)$/.exec(location.hash);
	let name = null;
	try {
		name = found ? decodeURIComponent(found[1]) : null;
	} catch (error) {
		/* Escapes that nobody has made here. */
	}
	detail.name = name;
	clearDetail();
	if (page.isLive) {
		showRoute();
		if (name === null)
			focusRow(before);
		else
			focusDetail();
	}
	poll();
}

function focusDetail() {
	detail.title.focus();
	window.scrollTo(0, 0);
}

/* Where it was before, else at the top of the list. */
function focusRow(name) {
	list.countsKey = "";
	const rows = [...list.rows.values()];
	const row = rows.find((one) => one.link.textContent === name);
	(row ? row.link : list.title).focus();
}

function start() {
	page.age = make("span", { "aria-hidden": "true" });
	page.reason = make("span", { role: "status" });
	page.status = make("p", { id: "status" }, page.age, page.reason);
	page.status.hidden = true;
	document.getElementById("page").prepend(page.status);
	makeList();
	makeDetail();
	makeServer();
	server.element.hidden = true;
	addEventListener("hashchange", onRoute);
	addEventListener("keydown", (event) => {
		if (event.key === "Escape" && detail.name !== null)
			location.hash = "";
	});
	document.addEventListener("visibilitychange", () => {
		clearTimeout(page.timer);
		page.resumed = performance.now();
		if (!document.hidden)
			poll();
	});
	setInterval(showStatus, 1000);
	onRoute();
}

start();
