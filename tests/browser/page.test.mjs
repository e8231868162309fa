/* SPDX-License-Identifier: MIT */
/* The page with targets that a test makes up. Its clock stands still until the test moves it. */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { after, before, test } from "node:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkAccessibility, openBrowser, openPage, PICTURES, until } from "./browser.mjs";
import { DEAD_STEP, makeDown, makeTarget, Mock, SKELETON, wellStep } from "./mock.mjs";

const POLL_MS = 5000;
const LONG_NAME = "x".repeat(127);
const HOSTILE = ["<script>alert(1)", LONG_NAME, "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd 12", "\"'&amp;<img src=x>", "a#b?c=d&e+f%20"];

let browser;
before(async () => {
	browser = await openBrowser();
});
after(() => browser.close());

/* Runs a test with a mock and its page, and checks both afterwards. */
async function withPage(targets, options, run) {
	const mock = new Mock(targets);
	Object.assign(mock, options.mock);
	await mock.start();
	try {
		const page = await openPage(browser, mock.url + (options.hash || ""), options);
		await until(page, "the live view", () => document.querySelector("#status") && document.querySelector("#targets .tools, #server[open]"));
		await run(page, mock);
		await page.done();
	} finally {
		mock.stop();
	}
}

/* count targets, five of them down, among them names from hostile hands. */
function fleet(count) {
	const targets = [];
	for (let id = 1; id <= count; id++)
		targets.push(id % Math.floor(count / 5) === 0 ? makeDown(id) : makeTarget(id));
	HOSTILE.forEach((name, index) => {
		targets[index].name = name;
	});
	targets[0] = makeTarget(1, { name: HOSTILE[0], state: "lossy", loss: 4.2, step: (number) => [...wellStep(number, 2000).slice(0, 5), number % 3, 0, 0] });
	targets[1] = makeTarget(2, { name: HOSTILE[1], state: "slow", median: 23456, step: (number) => wellStep(number, number > 90 ? 23000 : 2000) });
	targets[5] = makeTarget(6, { name: "slept", step: (number) => [...wellStep(number, 800).slice(0, 5), 0, 0, number > 70 && number < 75 ? 100 : 0] });
	return targets;
}

/* As WCAG has it. colours: #rgb or #rrggbb. */
function contrast(...colours) {
	const [less, more] = colours.map((colour) => {
		const digits = colour.length === 4 ? colour.replace(/[^#]/g, "$&$&") : colour;
		const [red, green, blue] = [1, 3, 5].map((at) => parseInt(digits.slice(at, at + 2), 16) / 255)
			.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
		return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
	}).sort((one, other) => one - other);
	return (more + 0.05) / (less + 0.05);
}

const states = (page) => page.rows().then((rows) => rows.map((row) => row.state));

for (const count of [50, 1600, 10000]) {
	test(`of ${count} targets the worst are on top`, async () => {
		await withPage(fleet(count), {}, async (page) => {
			const rows = await page.rows();
			assert.equal(rows.length, Math.min(count, 200));
			assert.deepEqual(rows.slice(0, 8).map((row) => row.state), ["down", "down", "down", "down", "down", "lossy", "slow", "up"]);
			assert.match(rows[0].more, /: connection refused$/);
			assert.equal(rows[0].words, "down, no reply lately, loss 100 %");
			assert.equal(rows[5].words, "lossy, median 1.23 ms, loss 4.2 %");
			const counts = await page.textContent(".counts");
			assert.equal(counts, `${count.toLocaleString("en")} targets: 5 down, 1 lossy, 1 slow, ${(count - 7).toLocaleString("en")} up`);
			assert.equal(await page.title(), "5 down – tcp-echo-metrics");
			await page.screenshot({ path: join(PICTURES, `targets-${count}.png`) });
		});
	});
}

test("those that are down are listed, however many are before them", async () => {
	const targets = fleet(1600);
	await withPage(targets, {}, async (page) => {
		await page.selectOption("text=Sort", "name");
		await until(page, "rows by name", () => document.querySelectorAll("#targets tbody tr").length > 200 ||
			document.querySelector("#targets tbody a").textContent.startsWith("\""));
		const rows = await page.rows();
		assert.equal(rows.filter((row) => row.state === "down").length, 5);
	});
});

for (const width of [390, 1280, 2560]) {
	for (const dark of [false, true]) {
		test(`at ${width} pixels${dark ? ", dark," : ""} state, median and loss are to be seen`, async () => {
			await withPage(fleet(50), { width, dark }, async (page) => {
				const seen = await page.evaluate(() => {
					const wrong = [];
					if (document.documentElement.scrollWidth > innerWidth)
						wrong.push(`scrolls to ${document.documentElement.scrollWidth}`);
					for (const cell of document.querySelectorAll("#targets tbody :is(strong, td.median, td.loss, a, svg)")) {
						const box = cell.getBoundingClientRect();
						if (box.width < 1 || box.height < 1 || box.left < 0 || box.right > innerWidth)
							wrong.push(`${cell.tagName} ${cell.textContent.slice(0, 20)} ${box.left} ${box.right}`);
					}
					/* Names that begin alike are told apart: all of each is there. */
					for (const link of document.querySelectorAll("#targets tbody a"))
						if (link.scrollWidth > link.clientWidth + 1)
							wrong.push(`${link.textContent.slice(0, 20)} is cut`);
					/* However tall the row, the scale is beside its graph. */
					for (const graph of document.querySelectorAll("#targets tbody .graph")) {
						const [one, other] = [".scale", "svg"].map((part) => graph.querySelector(part).getBoundingClientRect());
						if (Math.abs(one.top + one.bottom - other.top - other.bottom) > 10)
							wrong.push(`a scale is ${one.top - other.top} away`);
					}
					/* Nothing lies over the numbers. */
					for (const cell of document.querySelectorAll("#targets tbody tr:nth-child(-n+4) :is(strong, td.median)")) {
						const box = cell.getBoundingClientRect();
						const top = document.elementFromPoint(box.right - 3, (box.top + box.bottom) / 2);
						if (top !== cell)
							wrong.push(`${cell.textContent} is under ${top && top.tagName}`);
					}
					return wrong;
				});
				assert.deepEqual(seen, []);
				await checkAccessibility(page, "list");
				await page.screenshot({ path: join(PICTURES, `list-${width}-${dark ? "dark" : "light"}.png`) });
				await page.click("#targets tbody tr:nth-child(6) a");
				await until(page, "the view", () => document.querySelector("#target .parts section"));
				assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false);
				await checkAccessibility(page, "target");
				await page.screenshot({ path: join(PICTURES, `target-${width}-${dark ? "dark" : "light"}.png`), fullPage: true });
			});
		});
	}
}

test("numbers and times are words of no locale, and none is rounded to what it is not", async () => {
	await withPage([], { locale: "en-US" }, async (page) => {
		const table = [
			["timeText(null)", "–"], ["timeText(0)", "0 µs"], ["timeText(999)", "999 µs"], ["timeText(1000)", "1.00 ms"],
			["timeText(9996)", "10.0 ms"], ["timeText(999499)", "999 ms"], ["timeText(999500)", "1.00 s"], ["timeText(12345678)", "12.3 s"],
			["percentText(0)", "0 %"], ["percentText(0.004)", "0.01 %"], ["percentText(0.25)", "0.25 %"], ["percentText(4.2)", "4.2 %"],
			["percentText(99.99)", "99.9 %"], ["percentText(100)", "100 %"],
			["durationText(-1)", "0 s"], ["durationText(75)", "1 min 15 s"], ["durationText(90061)", "1 d 1 h"],
			["clockText(86405)", "00:00:05"], ["momentText(1795803000)", "2026-11-27 18:10:00"], ["countText(1234567)", "1,234,567"],
		];
		for (const [expression, expected] of table)
			assert.equal(await page.evaluate(expression), expected, expression);
	});
});

test("names from hostile hands are text", async () => {
	await withPage(fleet(50), {}, async (page) => {
		const names = (await page.rows()).map((row) => row.name);
		for (const name of HOSTILE)
			assert.ok(names.includes(name), name);
		assert.equal(await page.$("#page img, #page script"), null);
		for (const name of HOSTILE) {
			await page.evaluate((wanted) => [...document.querySelectorAll("#targets tbody a")].find((a) => a.textContent === wanted).click(), name);
			await until(page, `the view of ${name}`, ([wanted]) => document.querySelector("#target h2 bdi").textContent === wanted &&
				document.querySelector("#target .parts section"), name);
			assert.ok((await page.title()).startsWith(`${name}: `));
			await page.keyboard.press("Escape");
			await until(page, "the list", () => !document.querySelector("#targets").hidden);
		}
	});
});

test("a filter finds by name, address and label", async () => {
	await withPage(fleet(1600), {}, async (page, mock) => {
		for (const [text, expected] of [["target-01234", 1], ["HOST777.", 1], ["site3", 200], ["nothing like it", 0]]) {
			await page.fill("input[type=search]", text);
			await page.clock.runFor(200);
			await until(page, text, ([q, count]) => document.querySelectorAll("#targets tbody tr").length === count, text, expected);
			assert.equal(mock.asked("api/v1/targets").at(-1).searchParams.get("q"), text);
		}
		assert.equal(await page.textContent(".note"), "No target matches the filter.");
		/* The counts are of all. */
		assert.match(await page.textContent(".counts"), /^1,600 targets/);
	});
});

test("more rows come by the button, up to a thousand", async () => {
	await withPage(fleet(1600), {}, async (page) => {
		assert.equal(await page.textContent(".note"), "200 of 1,600 are listed.");
		for (const count of [400, 600, 800, 1000]) {
			await page.click("text=Show more");
			await until(page, `${count} rows`, ([wanted]) => document.querySelectorAll("#targets tbody tr").length === wanted, count);
		}
		assert.equal(await page.isVisible("text=Show more"), false);
		assert.equal(await page.textContent(".note"), "1,000 of 1,600 are listed; the filter finds the others.");
	});
});

test("all of it works by keyboard", async () => {
	await withPage(fleet(50), {}, async (page) => {
		const focused = () => page.evaluate(() => document.activeElement.textContent || document.activeElement.type || document.activeElement.tagName);
		await page.keyboard.press("Tab");
		assert.equal(await focused(), "Metrics");
		await page.keyboard.press("Tab");
		assert.equal(await focused(), "search");
		await page.keyboard.type("target-0004");
		await page.clock.runFor(200);
		await until(page, "the filtered rows", () => document.querySelectorAll("#targets tbody tr").length === 10);
		await page.keyboard.press("Tab");
		await page.keyboard.press("ArrowDown");
		await until(page, "sorted by name", () => document.querySelector("#targets tbody a").textContent === "target-00040");
		await page.keyboard.press("Tab");
		await page.keyboard.press("Tab");
		assert.equal(await focused(), "target-00040");
		await page.keyboard.press("Tab");
		assert.equal(await focused(), "target-00041");
		/* A poll does not take it away. */
		await page.clock.runFor(POLL_MS);
		assert.equal(await focused(), "target-00041");
		await page.keyboard.press("Enter");
		await until(page, "the view", () => document.querySelector("#target .parts section"));
		assert.match(await focused(), /^target-00041/);
		await page.keyboard.press("Tab");
		await page.keyboard.press("Tab");
		const slider = () => page.getAttribute(".slider", "aria-valuetext");
		const newest = await slider();
		await page.keyboard.press("ArrowLeft");
		assert.notEqual(await slider(), newest);
		await page.keyboard.press("Home");
		assert.equal(await page.getAttribute(".slider", "aria-valuenow"), "0");
		await page.keyboard.press("End");
		assert.equal(await slider(), newest);
		await page.keyboard.press("Escape");
		await until(page, "the list", () => !document.querySelector("#targets").hidden);
		assert.equal(await focused(), "target-00041");
	});
});

test("a target's view says what is known of it", async () => {
	const findings = [{ code: "late_repaired", count: 12, text: "12 probes late: the path dropped segments, and TCP repaired it." }];
	const targets = [makeDown(1, { reason: "stalled", labels: { site: "Far West", owner: "<b>" } }), makeTarget(2)];
	await withPage(targets, { hash: "#target=target-00001", mock: { findings } }, async (page, mock) => {
		await until(page, "the view", () => document.querySelector("#target .parts section"));
		const text = await page.innerText("#target");
		for (const words of ["target-00001 down", "host1.example.net:4000 at 192.0.2.1:4000", "nothing came back", findings[0].text,
			"1,234,567", "Far West", "<b>", "closed by the peer", "Connect failed: connection refused", "Slow on the way out", "1.25 ms"])
			assert.ok(text.includes(words), `${words} in ${text}`);
		assert.equal(await page.getAttribute(".bars", "aria-label"), "50 % within 1.19 ms, 90 % within 1.19 ms, 99 % within 1.29 ms");
		assert.match(await page.textContent(".readout"), /: no reply, loss 100 %, 100 % without a connection$/);
		mock.targets.shift();
		await page.clock.runFor(POLL_MS);
		await until(page, "that it is gone", () => document.querySelector("#status").textContent === "No target has that name.");
		/* The program does answer: nothing is old. */
		for (let i = 0; i < 4; i++) {
			const count = mock.requests.length;
			await page.clock.runFor(POLL_MS);
			for (let j = 0; j < 600 && mock.requests.length === count; j++)
				await new Promise((resolve) => setTimeout(resolve, 50));
			await until(page, "the same words", () => document.querySelector("#status").textContent === "No target has that name.");
		}
	});
});

test("from a target that is not there the list can be had", async () => {
	const mock = new Mock(fleet(50));
	await mock.start();
	const page = await openPage(browser, `${mock.url}#target=nowhere`);
	try {
		await until(page, "words", () => document.querySelector("#status").textContent === "No target has that name.");
		assert.equal(await page.textContent("#target h2 bdi"), "nowhere");
		await checkAccessibility(page, "no target");
		await page.click("text=All targets", { timeout: 10000 });
		await until(page, "the list", () => document.querySelectorAll("#targets tbody tr").length === 50 && document.querySelector("#status").hidden);
		await page.done();
	} finally {
		mock.stop();
	}
});

test("a poll leaves focus, selection and the step in question alone", async () => {
	await withPage([makeTarget(1), makeTarget(2)], { hash: "#target=target-00001" }, async (page, mock) => {
		await until(page, "the view", () => document.querySelector("#target .parts section"));
		await page.focus(".slider");
		await page.keyboard.press("ArrowLeft");
		await page.keyboard.press("ArrowLeft");
		const text = await page.textContent(".readout");
		await page.focus("#target .parts .wide");
		await page.evaluate(() => getSelection().selectAllChildren(document.querySelector("#target .parts ul, #target .parts p")));
		const selected = await page.evaluate(() => getSelection().toString());
		mock.newest += 2;
		mock.sent = 7654321;
		await page.clock.runFor(POLL_MS);
		await until(page, "the next answer", () => document.querySelector("#target .parts").textContent.includes("7,654,321"));
		assert.equal(await page.textContent(".readout"), text);
		assert.equal(await page.evaluate(() => document.activeElement.className), "wide");
		assert.equal(await page.evaluate(() => getSelection().toString()), selected);
	});
	await withPage([], { mock: { has_prober: false } }, async (page, mock) => {
		await until(page, "the peers", () => document.querySelectorAll("#server tbody tr").length === 3);
		await page.focus("#server .wide");
		mock.newest++;
		await page.clock.runFor(POLL_MS);
		await until(page, "the next answer", () => document.querySelector("#server").textContent.includes("16:14:00"));
		assert.equal(await page.evaluate(() => document.activeElement.className), "wide");
	});
});

test("a peer that is killed turns red within two steps, and green again", async () => {
	const targets = [makeTarget(1, { name: "first" }), makeTarget(2, { name: "victim" })];
	await withPage(targets, {}, async (page, mock) => {
		const color = () => page.$eval("tr.down strong, tr.up strong", (element) => getComputedStyle(element).color);
		assert.deepEqual(await states(page), ["up", "up"]);
		const green = await color();
		Object.assign(targets[1], { state: "down", reason: "refused", median: null, loss: 100, step: () => DEAD_STEP });
		mock.newest++;
		await page.clock.runFor(POLL_MS);
		await until(page, "down", () => document.querySelector("#targets tbody strong").textContent === "down");
		assert.equal((await page.rows())[0].name, "victim");
		const red = await color();
		assert.notEqual(red, green);
		assert.equal(await page.title(), "1 down – tcp-echo-metrics");
		assert.notEqual(await page.getAttribute("tr.down path.lost", "d"), "");
		Object.assign(targets[1], makeTarget(2, { name: "victim" }));
		mock.newest++;
		await page.clock.runFor(POLL_MS);
		await until(page, "up", () => [...document.querySelectorAll("#targets tbody strong")].every((one) => one.textContent === "up"));
		assert.equal(await page.title(), "tcp-echo-metrics");
	});
});

test("losses are told apart by what is drawn", async () => {
	const kinds = {
		dead: DEAD_STEP,
		silent: [null, null, null, null, null, 100, 0, 0],
		lossy: [800, 900, 1000, 1300, 2000, 5, 0, 0],
		slept: [800, 900, 1000, 1300, 2000, 0, 0, 50],
		unknown: null,
	};
	const targets = Object.entries(kinds).map(([name, step], index) => makeTarget(index + 1, { name, step: () => step }));
	await withPage(targets, {}, async (page) => {
		await until(page, "graphs", () => document.querySelector("path.missed:not([d=''])"));
		const drawn = await page.$$eval("#targets tbody tr", (rows) => Object.fromEntries(rows.map((row) => [row.querySelector("a").textContent,
			[...row.querySelectorAll("path")].filter((path) => path.getAttribute("d") !== "").map((path) => path.getAttribute("class")).join(" ")])));
		assert.deepEqual(drawn, { dead: "lost unsent strike", silent: "lost", lossy: "range middle lost median-lossy", slept: "range middle missed median", unknown: "" });
		/* The mark of a little loss covers no round trip. */
		const [bottom, top] = await page.$eval("tr:has(path.median-lossy:not([d=''])) svg", (svg) => {
			const lost = svg.querySelector(".lost").getBBox();
			return [lost.y + lost.height, svg.querySelector(".range").getBBox().y];
		});
		assert.ok(bottom <= top, `${bottom} ${top}`);
		/* Total loss is of full height. */
		const height = await page.$eval("tr:has(path.unsent:not([d=''])) path.lost", (path) => path.getBBox().height);
		assert.equal(height, 100);
		const fills = await page.$eval("tr", () => ["lost", "unsent", "range"].map((name) => getComputedStyle(document.querySelector(`path.${name}`)).fill));
		assert.equal(new Set(fills).size, 3);
		/* The hatch is as wide as it is high, though the row's graph is stretched. */
		const hatchFits = () => {
			const [x, y] = [..."ad"].map((side) => document.querySelector("tr path.missed:not([d=''])").getScreenCTM()[side]);
			const { a, b, c, d } = document.querySelector("#row-hatch").patternTransform.baseVal.consolidate().matrix;
			return [a * x, b * y, -c * x, d * y].every((part) => Math.abs(part - Math.SQRT1_2) < 0.01);
		};
		await until(page, "a hatch of its shape", hatchFits);
		await page.setViewportSize({ width: 390, height: 900 });
		await until(page, "a hatch of its shape on a phone", hatchFits);
	});
});

for (const dark of [false, true]) {
	test(`marks stand out from what is behind them${dark ? ", dark" : ""}`, async () => {
		await withPage(fleet(50), { dark }, async (page) => {
			const colours = await page.evaluate(() => {
				const style = getComputedStyle(document.documentElement);
				return Object.fromEntries(["back", "panel", "middle", "median", "lossy", "dead", "lost", "unsent", "hatch"]
					.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
			});
			for (const mark of ["middle", "median", "lossy", "dead", "lost", "unsent", "hatch"])
				assert.ok(contrast(colours[mark], colours.panel) >= 3, `${mark}: ${contrast(colours[mark], colours.panel)}`);
			assert.ok(contrast(colours.back, colours.unsent) >= 3, "the strike");
		});
	});
}

test("an outage is struck through on a phone, too, beside its scale", async () => {
	await withPage(fleet(50), { width: 390 }, async (page) => {
		await until(page, "graphs", () => document.querySelector("path.strike:not([d=''])"));
		const isApart = await page.$$eval("#targets tbody tr:nth-child(-n+8)", (rows) => rows.every((row) => {
			const scale = row.querySelector(".scale").getBoundingClientRect(), graph = row.querySelector("svg").getBoundingClientRect();
			return graph.right <= scale.left && scale.width > 0;
		}));
		assert.ok(isApart);
	});
});

test("only what is new is asked for, and all of it after a restart", async () => {
	await withPage(fleet(50), {}, async (page, mock) => {
		const shape = () => page.$$eval("#targets path.range", (paths) => paths.map((path) => path.getAttribute("d")).join());
		const sinces = () => mock.asked("api/v1/targets").map((url) => url.searchParams.get("since"));
		const next = async (says) => {
			const count = mock.requests.length;
			await page.clock.runFor(POLL_MS);
			for (let i = 0; i < 100 && mock.requests.length === count; i++)
				await new Promise((resolve) => setTimeout(resolve, 50));
			await until(page, says, () => true);
		};
		await until(page, "graphs", () => document.querySelector("#targets path.range:not([d=''])"));
		const first = await shape();
		mock.newest += 2;
		await next("two more steps");
		await until(page, "two more steps drawn", ([before]) =>
			[...document.querySelectorAll("#targets path.range")].map((path) => path.getAttribute("d")).join() !== before, first);
		assert.equal(sinces().at(-1), "100");
		/* What is drawn from the new steps is what all of them would have drawn. */
		const grown = await shape();
		await page.reload();
		await until(page, "all of it", ([expected]) =>
			[...document.querySelectorAll("#targets path.range")].map((path) => path.getAttribute("d")).join() === expected, grown);
		/* The program is started anew: the numbers of its steps begin again. */
		mock.newest = 7;
		mock.began += 9000;
		await next("restart");
		await until(page, "what the new one knows", () => document.querySelector("#targets path.range").getAttribute("d").split("M").length === 8 ||
			[...document.querySelectorAll("#targets path.range")].some((path) => path.getAttribute("d").split("M").length === 8));
		assert.equal(sinces().at(-1), null);
	});
});

test("says how old the data is while the program is away", async () => {
	await withPage(fleet(50), {}, async (page, mock) => {
		mock.isDead = true;
		await page.clock.runFor(4 * POLL_MS);
		await until(page, "the age", () => /^Data is \d+ s old\. The program does not answer\.$/.test(document.querySelector("#status").textContent));
		assert.equal((await page.rows()).length, 50);
		await checkAccessibility(page, "old");
		await page.screenshot({ path: join(PICTURES, "old.png") });
		mock.isDead = false;
		await page.clock.runFor(POLL_MS);
		await until(page, "recovery", () => document.querySelector("#status").hidden);
		mock.status = 503;
		await page.clock.runFor(POLL_MS);
		await until(page, "the refusal", () => document.querySelector("#status").textContent.includes("Out of memory."));
		for (const [status, type, text, expected] of [[401, "text/plain", "Unauthorized", "The program asks for a password again: reload the page."],
			[502, "text/html", "<html><h1>Bad Gateway", "The answer was status 502."],
			[200, "text/html", "<html>Please log in", "The program's answer broke off, or was none of its own."]]) {
			Object.assign(mock, { status, refusal: [type, text] });
			await page.clock.runFor(POLL_MS);
			await until(page, expected, ([words]) => document.querySelector("#status").textContent.endsWith(words), expected);
			/* The seconds that pass are not read aloud. */
			assert.equal(await page.textContent("#status [role=status]"), expected);
		}
	});
});

test("the table of the server stays until the script has something better", async () => {
	const mock = new Mock(fleet(50));
	await mock.start();
	mock.status = 503;
	const page = await openPage(browser, mock.url);
	await until(page, "the reason", () => document.querySelector("#status").textContent === "Out of memory.");
	assert.ok(await page.isVisible("text=server-rendered"));
	mock.status = 200;
	await page.clock.runFor(POLL_MS);
	await until(page, "the live view", () => document.querySelectorAll("#targets tbody tr").length === 50);
	await page.done();
	mock.stop();
});

test("a hidden page does not ask", async () => {
	await withPage(fleet(50), {}, async (page, mock) => {
		const hide = (isHidden) => page.evaluate((value) => {
			Object.defineProperty(document, "hidden", { configurable: true, get: () => value });
			document.dispatchEvent(new Event("visibilitychange"));
		}, isHidden);
		await hide(true);
		const count = mock.requests.length;
		await page.clock.runFor(10 * POLL_MS);
		assert.equal(mock.requests.length, count);
		/* What is old because nobody looked is not worth a word. */
		mock.delay_ms = 200;
		await hide(false);
		await page.clock.runFor(2000);
		assert.equal(await page.isVisible("#status"), false);
		for (let i = 0; i < 600 && mock.requests.length === count; i++)
			await new Promise((resolve) => setTimeout(resolve, 50));
		assert.ok(mock.requests.length > count);
		await until(page, "nothing to complain of", () => document.querySelector("#status").hidden);
	});
});

test("tells who uses the echo server, if asked", async () => {
	await withPage(fleet(50), {}, async (page, mock) => {
		assert.equal(mock.asked("api/v1/peers").length, 0);
		await page.click("#server summary");
		await until(page, "the peers", () => document.querySelectorAll("#server tbody tr").length === 3);
		const text = await page.innerText("#server");
		for (const words of ["Echo server: 2 connections", "192.0.2.7:40123", "1 min 15 s", "3,000", "198.51.100.9", "not allowed", "17",
			"tcp-echo-metrics -mode=client -target=127.0.0.1:4000"])
			assert.ok(text.includes(words), `${words} in ${text}`);
		await checkAccessibility(page, "server");
	});
	await withPage([], { mock: { has_prober: false } }, async (page) => {
		await until(page, "the peers at once", () => document.querySelectorAll("#server tbody tr").length === 3);
		assert.equal(await page.isVisible("#targets"), false);
		await page.screenshot({ path: join(PICTURES, "server.png") });
	});
});

test("works without a history and without targets", async () => {
	await withPage(fleet(50), { mock: { has_history: false } }, async (page) => {
		assert.equal((await page.rows()).length, 50);
		assert.equal(await page.isVisible("#targets svg.smoke"), false);
		await page.click("#targets tbody a");
		await until(page, "the view", () => document.querySelector("#target .parts section"));
		assert.equal(await page.isVisible(".slider"), false);
	});
	await withPage([], {}, async (page) => {
		assert.equal(await page.textContent(".note"), "There are no targets.");
	});
});

test("while the program is young the last minutes are shown", async () => {
	await withPage(fleet(50), { mock: { newest: 14 } }, async (page, mock) => {
		await until(page, "fine steps", () => document.querySelector("#targets .tools select:nth-of-type(1)") &&
			[...document.querySelectorAll("#targets select")].at(-1).value === "5");
		assert.equal(mock.asked("api/v1/targets").at(-1).searchParams.get("step"), "5");
		/* Who chooses keeps what he chose. */
		await page.selectOption("text=Graphs", "60");
		await page.clock.runFor(POLL_MS);
		await page.clock.runFor(POLL_MS);
		assert.equal(await page.$eval("#targets .tools label:last-child select", (select) => select.value), "60");
	});
});

test("200 rows are rendered quickly", async () => {
	let least = Infinity;
	for (let i = 0; i < 5; i++) {
		await withPage(fleet(1600), { isLive: true }, async (page) => {
			await until(page, "the graphs in view", () => performance.getEntriesByName("draw", "measure").length > 0 &&
				document.querySelector("#targets tbody path.range").getAttribute("d") !== "");
			const times = await page.evaluate(() => performance.getEntriesByType("measure").map((entry) => entry.duration));
			least = Math.min(least, times.reduce((sum, time) => sum + time, 0));
		});
	}
	console.log(`# 200 rows with 60 steps each: ${least.toFixed(1)} ms, the least of five`);
	assert.ok(least < 50, `${least} ms`);
});

test("page, script and style are small", () => {
	const read = (name) => readFileSync(new URL(`../../src/page/${name}`, import.meta.url));
	const size = gzipSync(SKELETON).length + gzipSync(read("page.js")).length + gzipSync(read("page.css")).length;
	console.log(`# page, script and style: ${size} bytes gzipped`);
	assert.ok(size < 40000, `${size}`);
});
