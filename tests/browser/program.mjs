/* SPDX-License-Identifier: MIT */
/* The real program, and a peer for it that can be killed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/* An echo server on a port of its own, which it keeps. */
export class Peer {
	constructor() {
		this.port = 0;
		this.delay = () => 0; /* Of the next reply, in milliseconds. */
		this.loss = 0; /* The share of what comes that is not returned. */
	}

	async start() {
		this.connections = new Set();
		this.server = createServer((socket) => {
			this.connections.add(socket);
			let due = 0;
			socket.on("data", (bytes) => {
				if (Math.random() < this.loss)
					return;
				/* Replies keep their order. */
				due = Math.max(due, performance.now() + this.delay());
				setTimeout(() => socket.write(bytes), due - performance.now());
			});
			socket.on("error", () => {});
			socket.on("close", () => this.connections.delete(socket));
		});
		this.server.listen(this.port, "127.0.0.1");
		await once(this.server, "listening");
		this.port = this.server.address().port;
	}

	kill() {
		this.server.close();
		for (const socket of this.connections)
			socket.destroy();
	}
}

/* A port that nobody listens on. */
export async function freePort() {
	const server = createServer();
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address();
	server.close();
	await once(server, "close");
	return port;
}

export class Program {
	/* targets: as a targets file has them. */
	async start(targets, ...flags) {
		this.folder = mkdtempSync(join(tmpdir(), "page-"));
		this.port = await freePort();
		this.listen = await freePort();
		const path = join(this.folder, "targets.json");
		writeFileSync(path, JSON.stringify(targets(this.listen)));
		this.process = spawn(process.env.TCP_ECHO_METRICS, ["-mode=both", `-listen=127.0.0.1:${this.listen}`, `-targets=${path}`,
			`-metrics=127.0.0.1:${this.port}`, ...flags], { stdio: ["ignore", "ignore", "pipe"] });
		this.log = "";
		this.process.stderr.on("data", (text) => {
			this.log += text;
		});
		this.url = `http://127.0.0.1:${this.port}/`;
		for (let i = 0; i < 600; i++) {
			if (await fetch(`${this.url}-/ready`).then((answer) => answer.ok, () => false))
				return;
			if (this.process.exitCode !== null)
				break;
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
		throw new Error(`the program is not ready: ${this.log}`);
	}

	async stop() {
		if (this.process.exitCode === null) {
			this.process.kill("SIGTERM");
			await once(this.process, "exit");
		}
		rmSync(this.folder, { recursive: true });
	}

	async api(path) {
		return (await fetch(`${this.url}api/v1/${path}`)).json();
	}

	/* The number of a series: metric("tcp_echo_loss_percent", "paris"). */
	async metric(name, target) {
		const text = await (await fetch(`${this.url}metrics`)).text();
		const line = text.split("\n").find((one) => one.startsWith(`${name}{`) && one.includes(`target="${target}"`));
		return Number(line.split(" ").at(-1));
	}
}
