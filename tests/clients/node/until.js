"use strict";
/* Waits for a condition; never for a time. */
const { setTimeout: later } = require("node:timers/promises");

module.exports = async function until(condition, what) {
	for (let i = 0; i < 4000; i++) {
		if (await condition()) return;
		await later(5);
	}
	throw new Error(`never: ${what}`);
};
