/* SPDX-License-Identifier: MIT */
/*
 * Makes the pictures that the documents show: pictures.mjs FOLDER. The real program probes peers with a life by
 * script: an outage, a lossy path, a peer that becomes slow, a prober that sleeps. It takes as long as the graphs reach back.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { openBrowser, openPage, until } from "./browser.mjs";
import { freePort, Peer, Program } from "./program.mjs";

const folder = process.argv[2];
const wait = (seconds) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

/* Round trips in milliseconds: least, and what the worst of them have on top. */
const PEERS = {
	"amsterdam": [9, 3], "berlin": [14, 4], "chicago": [98, 6], "dublin": [21, 5], "frankfurt": [7, 2], "lisbon": [38, 9],
	"london": [12, 4], "madrid": [31, 6], "milan": [18, 30], "oslo": [27, 4], "paris": [11, 3], "singapore": [167, 12],
	"stockholm": [24, 4], "tokyo": [221, 8], "vienna": [17, 3], "warsaw": [22, 7], "zurich": [10, 2],
};

const peers = {};
for (const [name, [least, more]] of Object.entries(PEERS)) {
	const peer = new Peer();
	/* Most are near the least, a few far from it. */
	peer.delay = () => least + more * Math.random() ** 6;
	await peer.start();
	peers[name] = peer;
}
const refused = await freePort();
const program = new Program();
await program.start(() => [
	...Object.entries(peers).map(([name, peer]) => ({ name, address: `127.0.0.1:${peer.port}`, labels: { site: name } })),
	{ name: "rome", address: `127.0.0.1:${refused}` },
], "-interval=200ms");

/* The dashboard's panels are drawn from what a Prometheus has seen of all this. */
const panels = spawn("python3", [join(import.meta.dirname ?? ".", "panels.py"), String(program.port), join(folder, "dashboard.png")],
	{ stdio: ["pipe", "inherit", "inherit"], env: { ...process.env, PATH: `/usr/bin:${process.env.PATH}` } });

try {
	await wait(90);
	/* Since here 3 % of the replies from Lisbon are lost. */
	peers.lisbon.loss = 0.03;
	await wait(40);
	peers.oslo.kill();
	await wait(45);
	await peers.oslo.start();
	program.process.kill("SIGSTOP");
	await wait(16);
	program.process.kill("SIGCONT");
	await wait(30);
	const usual = peers.milan.delay;
	peers.milan.delay = () => 4 * usual();
	await wait(60);
	peers.chicago.kill();
	await wait(22);

	const browser = await openBrowser();
	for (const [name, height, hash] of [["page", 760, ""], ["target", 760, "#target=lisbon"]]) {
		const page = await openPage(browser, program.url + hash, { width: 1280, height, isLive: true });
		await until(page, "the graphs", () => document.querySelector(".smoke path.range:not([d='']), .large path.range:not([d=''])"));
		await wait(1);
		await page.screenshot({ path: join(folder, `${name}.png`) });
		await page.done();
	}
	await browser.close();
	panels.stdin.end();
	const [status] = await once(panels, "exit");
	if (status !== 0)
		throw new Error(`panels.py ended with status ${status}`);
} finally {
	await program.stop();
	for (const peer of Object.values(peers))
		peer.kill();
}
