/* SPDX-License-Identifier: MIT */
/* The page as the real program serves it. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test as testAlways } from "node:test";
import { join } from "node:path";
import { checkAccessibility, openBrowser, openPage, PICTURES, until } from "./browser.mjs";
import { POLICY, SKELETON } from "./mock.mjs";
import { freePort, Peer, Program } from "./program.mjs";

const BINARY = process.env.TCP_ECHO_METRICS;
const skip = !BINARY ? "TCP_ECHO_METRICS does not name the program" : !existsSync(BINARY) && `the program was not built: ${BINARY} is missing`;
const test = (name, run) => testAlways(name, { skip }, run);

let browser;
before(async () => {
	browser = skip ? null : await openBrowser();
});
after(() => browser && browser.close());

/* Time as a row tells it, in microseconds. */
function timeOf(text) {
	const [number, unit] = text.split(" ");
	return Number(number) * { "µs": 1, ms: 1e3, s: 1e6 }[unit];
}

const rowOf = async (page, name) => (await page.rows()).find((row) => row.name === name);

async function withProgram(flags, run) {
	const peer = new Peer();
	await peer.start();
	peer.delay = () => 20;
	const refused = await freePort();
	const program = new Program();
	await program.start((listen) => [
		{ name: "quick", address: `127.0.0.1:${listen}`, labels: { site: "here" } },
		{ name: "victim", address: `127.0.0.1:${peer.port}` },
		{ name: "refused", address: `127.0.0.1:${refused}` },
		{ name: "<script>alert(1)", address: `127.0.0.1:${listen}` },
	], ...flags);
	try {
		await run(program, peer);
	} finally {
		await program.stop();
		peer.kill();
	}
}

test("what the program serves is what the other tests have", async () => {
	await withProgram([], async (program) => {
		const answer = await fetch(program.url);
		assert.equal(answer.headers.get("content-security-policy"), POLICY);
		const html = await answer.text();
		const head = (text) => text.slice(0, text.indexOf("<section")).replace(/<small>.*<\/small>/, "");
		assert.equal(head(html), head(SKELETON));
		for (const file of ["page.js", "page.css", "favicon.ico"]) {
			const first = await fetch(program.url + file);
			assert.equal(first.status, 200, file);
			const again = await fetch(program.url + file, { headers: { "If-None-Match": first.headers.get("etag") } });
			assert.equal(again.status, 304, file);
			assert.equal(await again.text(), "");
		}
	});
});

test("a killed peer turns red within two steps, and green again; values are those of API and metrics", async () => {
	await withProgram([], async (program, peer) => {
		const page = await openPage(browser, program.url, { isLive: true });
		await until(page, "all is known", () => {
			const row = (name) => [...document.querySelectorAll("#targets tbody tr")].find((one) => one.querySelector("a").textContent === name);
			const isUp = (name) => row(name) && row(name).className === "up" && row(name).querySelector(".median").textContent !== "–";
			return isUp("victim") && isUp("quick") && isUp("<script>alert(1)") && row("refused").className === "down";
		});
		assert.match((await rowOf(page, "refused")).more, /: connection refused$/);
		const median = timeOf((await rowOf(page, "victim")).median);
		assert.ok(median > 19000 && median < 500000, `${median} us`);
		await checkAccessibility(page, "live");

		/* Two steps, and the poll that shows them. */
		const killed = Date.now();
		peer.kill();
		await until(page, "victim is down", () => [...document.querySelectorAll("tr.down a")].some((a) => a.textContent === "victim"));
		const seconds = (Date.now() - killed) / 1000;
		console.log(`# red after ${seconds.toFixed(1)} s`);
		await until(page, "loss is drawn", () => document.querySelectorAll("tr.down path.lost:not([d=''])").length >= 2);
		assert.match((await rowOf(page, "victim")).more, /refused|closed|reset/);
		await page.screenshot({ path: join(PICTURES, "live.png") });
		await peer.start();
		await until(page, "victim is up again", () => [...document.querySelectorAll("tr:not(.down) a")].some((a) => a.textContent === "victim"));

		const api = await program.api("target?name=refused");
		assert.equal(await program.metric("tcp_echo_loss_percent", "refused"), 100);
		assert.equal(api.loss, 100);
		assert.equal((await rowOf(page, "refused")).loss, "100 %");
		await page.click("text=victim");
		await until(page, "events", () => document.querySelectorAll("#target table tbody tr").length >= 3);
		const events = (await program.api("target?name=victim")).events.map((event) => event.event);
		assert.deepEqual(events.slice(-3), ["up", "down", "up"]);
		const shown = await page.$$eval("#target table tbody tr td:nth-child(2)", (cells) => cells.map((cell) => cell.textContent));
		assert.deepEqual(shown, events);
		await page.done();
	});
});

test("counters and medians are those of the metrics", async () => {
	await withProgram([], async (program, peer) => {
		const page = await openPage(browser, `${program.url}#target=victim`, { isLive: true });
		const counter = (name) => page.$$eval("#target dt", (terms, wanted) => {
			const term = terms.find((one) => one.textContent === wanted);
			return term && term.nextElementSibling.textContent;
		}, name);
		await until(page, "a step has ended", () => {
			const slider = document.querySelector(".slider");
			return slider && (slider.getAttribute("aria-valuetext") || "no step yet") !== "no step yet";
		});
		/* Counters go on: what is shown lies between two readings of the metrics. */
		const before = await program.metric("tcp_echo_sent_total", "victim");
		const old = await counter("Sent");
		await until(page, "newer counters", ([text]) => [...document.querySelectorAll("#target dt")].some((term) =>
			term.textContent === "Sent" && term.nextElementSibling.textContent !== text), old);
		const sent = Number((await counter("Sent")).replaceAll(",", ""));
		const later = await program.metric("tcp_echo_sent_total", "victim");
		assert.ok(before <= sent && sent <= later, `${before} ${sent} ${later}`);
		assert.equal(await counter("Connects"), String(await program.metric("tcp_echo_connects_total", "victim")));
		const text = await page.getAttribute(".slider", "aria-valuetext");
		const shown = timeOf(/median ([\d.]+ \S+),/.exec(text)[1]);
		const { fine } = await program.api("target?name=victim");
		const medians = fine.steps.filter((step) => step).map((step) => step[2]);
		assert.ok(medians.some((median) => Math.abs(median - shown) <= 0.005 * median + 1), `${shown} in ${medians}`);
		peer.kill();
		await page.done();
	});
});

test("a table is there without a script, and without a history", async () => {
	await withProgram(["-history=0"], async (program) => {
		const context = await browser.newContext({ javaScriptEnabled: false });
		const plain = await context.newPage();
		await plain.goto(program.url);
		const text = await plain.innerText("#targets table");
		assert.ok(text.includes("<script>alert(1)") && text.includes("down (refused)"), text);
		assert.equal(await plain.evaluate(() => document.documentElement.scrollWidth > innerWidth), false);
		await context.close();
		const page = await openPage(browser, program.url, { isLive: true });
		await until(page, "the list", () => document.querySelectorAll("tr.up").length === 3);
		assert.equal(await page.isVisible("svg.smoke"), false);
		await page.done();
	});
});
