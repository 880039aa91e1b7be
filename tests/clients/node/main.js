"use strict";
/*
 * Runs every scenario of a file with one client library on one server:
 *
 *     node main.js redis.js redis5 /path/of/socket
 *
 * A scenario is an async function that throws when the server did not behave.
 * Prints one line for each; ends with 1 when one failed or none was there.
 */
const { setTimeout: later } = require("node:timers/promises");

const SCENARIO_MS = 30000;

async function inTime(promise) {
	const timer = new AbortController();
	const late = later(SCENARIO_MS, null, { signal: timer.signal }).then(() => {
		throw new Error(`not done in ${SCENARIO_MS} ms`);
	});
	late.catch(() => {});
	try {
		return await Promise.race([promise, late]);
	} finally {
		timer.abort();
	}
}

async function main(file, library, socket) {
	const { prepare, scenarios } = require(`./${file}`);
	let failed = 0;
	for (const [name, scenario] of Object.entries(scenarios)) {
		const tools = prepare(require(library), socket);
		try {
			await inTime(tools.empty().then(() => scenario(tools)));
			console.log(`ok - ${name}`);
		} catch (error) {
			failed++;
			console.log(`not ok - ${name}\n${error.stack}`);
		} finally {
			await tools.close();
		}
	}
	return failed > 0 || Object.keys(scenarios).length === 0 ? 1 : 0;
}

// What a library leaves open must not keep us here.
main(...process.argv.slice(2)).then(
	(status) => process.exit(status),
	(error) => {
		console.log(error.stack);
		process.exit(2);
	},
);
