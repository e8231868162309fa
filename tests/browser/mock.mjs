/* SPDX-License-Identifier: MIT */
/*
 * A server in the program's place that says whatever a test wants: the real page, script and style, and an API of made-up
 * targets (docs/api.md). It keeps what it was asked.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

const SOURCES = fileURLToPath(new URL("../../src/page/", import.meta.url));
const TYPES = { js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8", ico: "image/x-icon" };
export const KEPT = 60;
const ORDER = ["down", "lossy", "slow", "starting", "up"];

export const SKELETON = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>tcp-echo-metrics</title>
<link rel="icon" href="favicon.ico">
<link rel="stylesheet" href="page.css">
<script src="page.js" defer></script>
</head>
<body>
<header>
<h1>tcp-echo-metrics <small>1.0.0</small></h1>
<p><a href="metrics">Metrics</a> for Prometheus.</p>
</header>
<main id="page">
<section id="targets">
<h2>Targets</h2>
<p>1 of 1 are up.</p>
<div class="wide"><table><thead><tr><th>Target</th></tr></thead><tbody><tr><td>server-rendered</td></tr></tbody></table></div>
</section>
</main>
</body>
</html>
`;

/* What the program allows the page: the tests of the program compare it with the real one. */
export const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
	"img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/* A step of a path that is well, with some variety. */
export function wellStep(number, base) {
	const median = Math.round(base * (1 + 0.2 * Math.sin(number)));
	return [Math.round(median * 0.8), Math.round(median * 0.9), median, Math.round(median * 1.3),
		Math.round(median * (number % 7 === 0 ? 6 : 2)), 0, 0, 0];
}

export const DEAD_STEP = [null, null, null, null, null, 100, 100, 0];

/* A target's description, with which a test begins. */
export function makeTarget(id, more) {
	return { id, name: `target-${String(id).padStart(5, "0")}`, address: `host${id}.example.net:4000`, peer: "192.0.2.1:4000",
		labels: { site: `site${id % 7}` }, state: "up", since: 1795800000.5, reason: null, median: 1234, loss: 0,
		step: (number) => wellStep(number, 1000 + id), ...more };
}

export function makeDown(id, more) {
	return makeTarget(id, { state: "down", reason: "refused", median: null, loss: 100, since: 1795803000,
		step: (number) => (number > 50 ? DEAD_STEP : wellStep(number, 900)), ...more });
}

export class Mock {
	constructor(targets) {
		this.targets = targets;
		this.newest = 100; /* Steps of either scale. */
		this.began = 1795790000;
		this.requests = []; /* Paths with their queries. */
		this.delay_ms = 0;
		this.status = 200;
		this.refusal = ["text/plain; charset=utf-8", "Out of memory.\n"]; /* Type and text of other answers. */
		this.has_server = true;
		this.has_prober = true;
		this.has_history = true;
		this.findings = [];
		this.sent = 1234567;
		this.reports = [];
	}

	async start() {
		this.server = createServer((request, response) => this.answer(request, response));
		await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
		this.url = `http://127.0.0.1:${this.server.address().port}/some/path/`;
	}

	stop() {
		this.server.closeAllConnections?.();
		this.server.close();
	}

	/* Stops answering: connections are cut. */
	set isDead(value) {
		this.dead = value;
	}

	asked(path) {
		return this.requests.filter((url) => url.pathname === `/some/path/${path}`);
	}

	answer(request, response) {
		const url = new URL(request.url, this.url);
		this.requests.push(url);
		if (this.dead)
			return void request.socket.destroy();
		const path = url.pathname.replace("/some/path/", "/");
		const send = (type, body, status = 200) => {
			response.writeHead(status, { "Content-Type": type, "Content-Security-Policy": POLICY });
			response.end(body);
		};
		if (path === "/")
			return send("text/html; charset=utf-8", SKELETON);
		const file = /^\/(page\.(?:js|css)|favicon\.(?:ico))$/.exec(path);
		if (file)
			return send(TYPES[file[1].split(".")[1]], readFileSync(SOURCES + file[1]));
		if (path === "/metrics")
			return send("text/plain", "tcp_echo_up 1\n");
		if (this.status !== 200 || this.refusal[0] === "text/html")
			return send(...this.refusal, this.status);
		const answers = { "/api/v1/targets": () => this.list(url.searchParams), "/api/v1/target": () => this.single(url.searchParams),
			"/api/v1/peers": () => this.peers() };
		const found = answers[path] && answers[path]();
		if (!found)
			return send("text/plain; charset=utf-8", "No target has that name.\n", 404);
		setTimeout(() => send("application/json", JSON.stringify(found)), this.delay_ms);
	}

	now() {
		return this.began + this.newest * 60;
	}

	history(step) {
		return { step, kept: KEPT, newest: this.newest, newest_end: this.began + this.newest * step };
	}

	steps(target, since) {
		const first = Math.max(this.newest - KEPT, Math.min(since, this.newest), 0) + 1;
		const steps = [];
		for (let number = first; number <= this.newest; number++)
			steps.push(target.step(number));
		return { first, steps };
	}

	describe(target) {
		const { step, ...fields } = target;
		return { ...fields };
	}

	list(parameters) {
		const q = (parameters.get("q") || "").toLowerCase();
		const limit = Number(parameters.get("limit"));
		const compare = {
			worst: (a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || (a.name < b.name ? -1 : 1),
			name: (a, b) => (a.name < b.name ? -1 : 1),
			median: (a, b) => (b.median ?? -1) - (a.median ?? -1),
			loss: (a, b) => b.loss - a.loss,
		}[parameters.get("sort")];
		const matching = this.targets.filter((target) => q === "" || [target.name, target.address, target.peer,
			...Object.values(target.labels)].some((text) => text.toLowerCase().includes(q))).sort(compare);
		const listed = matching.filter((target, index) => index < limit || target.state === "down").slice(0, 1000);
		const counts = { all: this.targets.length };
		for (const state of ORDER)
			counts[state] = this.targets.filter((target) => target.state === state).length;
		const since = Number(parameters.get("since") || 0);
		return { version: "1.0.0", now: this.now(), has_prober: this.has_prober, has_server: this.has_server,
			counts: { ...counts, matching: matching.length, listed: listed.length },
			history: this.has_history ? this.history(Number(parameters.get("step"))) : null,
			targets: listed.map((target) => ({ ...this.describe(target), ...(this.has_history ? this.steps(target, since) : {}) })) };
	}

	single(parameters) {
		const target = this.targets.find((one) => one.name === parameters.get("name"));
		if (!target)
			return null;
		return { version: "1.0.0", now: this.now(), ...this.describe(target),
			fine: this.has_history ? { ...this.history(5), ...this.steps(target, 0) } : null,
			coarse: this.has_history ? { ...this.history(60), ...this.steps(target, 0) } : null,
			distribution: [[1089, 10], [1187, 80], [1295, 9], [10359, 1]],
			counters: { sent: this.sent, received: 1234000, timeouts: 567, late: 12, unsent: 500, in_flight: 0, missed_slots: 3,
				duplicates: 0, connects: 4, moves: 1, retransmits: 44 },
			connect_failures: { resolve: 0, refused: 9, unreachable: 0, timeout: 0, local: 0, other: 0 },
			disconnects: { closed: 2, reset: 0, stalled: 1, invalid: 0, other: 0 },
			last_rtt: 1250, jitter: 40, last_connect: 1300, kernel_rtt: 1200, kernel_min_rtt: null,
			direction: { slow: { out: 3, back: 1, peer: 0, unknown: 0 }, excess: { out: 12, back: 4 }, peer: 9, peer_retransmits: 2 },
			findings: this.findings,
			events: [{ time: 1795803000, event: "down", reason: "closed" }, { time: 1795800000.5, event: "up", reason: null }] };
	}

	peers() {
		return this.has_server && { version: "1.0.0", now: this.now(), listening: "[::]:4000", connections: 2, accepted: 12, frames: 3456,
			peers: [{ address: "192.0.2.7:40123", since: this.now() - 75, frames: 3000 }, { address: "[2001:db8::1]:5", since: this.now() - 5, frames: 6 }],
			refused: [{ address: "198.51.100.9", reason: "not_allowed", count: 17, time: this.now() - 20 }] };
	}
}
