/* SPDX-License-Identifier: MIT */
/* Chromium, with what every page is watched for. */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/* The packages are where scripts/check/page has installed them. */
const require = createRequire(join(process.env.PAGE_PACKAGES, "package.json"));
const { chromium } = require("playwright-core");
const AXE = require.resolve("axe-core/axe.min.js");
export const PICTURES = process.env.PAGE_PICTURES;

mkdirSync(PICTURES, { recursive: true });

export function openBrowser() {
	/* As root there is no sandbox; the pages are our own. */
	return chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"] });
}

/* Opens a page whose clock the test moves, unless isLive; check() says what went wrong in it. */
export async function openPage(browser, url, { width = 1280, height = 900, dark = false, isLive = false, locale = "en-GB" } = {}) {
	const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? "dark" : "light", bypassCSP: false,
		timezoneId: "UTC", locale });
	const page = await context.newPage();
	const wrong = [];
	page.on("pageerror", (error) => wrong.push(`error: ${error.stack}`));
	page.on("console", (message) => {
		/* Chromium says so of every answer that is missing; those are what some tests are about. */
		if (!/^Failed to load resource/.test(message.text()))
			wrong.push(`console: ${message.text()}`);
	});
	page.on("request", (request) => {
		if (!request.url().startsWith(new URL(url).origin + "/") && !request.url().startsWith("data:"))
			wrong.push(`foreign: ${request.url()}`);
	});
	await page.addInitScript(() => {
		window.reports = [];
		addEventListener("securitypolicyviolation", (event) => window.reports.push(`${event.violatedDirective} ${event.blockedURI}`));
	});
	if (!isLive)
		await page.clock.install();
	await page.goto(url);
	page.check = async () => {
		assert.deepEqual(wrong, []);
		assert.deepEqual(await page.evaluate(() => window.reports), []);
	};
	page.rows = () => page.$$eval("#targets tbody tr", (rows) => rows.map((row) => ({
		name: row.querySelector("a").textContent,
		state: row.querySelector("strong").textContent,
		more: row.querySelector(".state small").textContent,
		median: row.querySelector(".median").textContent,
		loss: row.querySelector(".loss").textContent,
		words: row.querySelector("svg").getAttribute("aria-label"),
	})));
	page.done = async () => {
		await page.check();
		await context.close();
	};
	return page;
}

/* Waits until a question about the page is answered with yes. */
export async function until(page, says, question, ...values) {
	try {
		await page.waitForFunction(question, values, { timeout: 30000, polling: 50 });
	} catch (error) {
		throw new Error(`not within 30 s: ${says}: ${await page.evaluate(() => document.body.innerText.slice(0, 600))}`);
	}
}

/* By axe-core: WCAG 2.1 A and AA, and its best practices. It is not part of the page, so that the page's policy does not hold for it. */
export async function checkAccessibility(page, says) {
	const { readFileSync } = await import("node:fs");
	await page.evaluate(readFileSync(AXE, "utf8"));
	const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
	const violations = found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).slice(0, 3).join(" | ")}`);
	assert.deepEqual(violations, [], says);
}
