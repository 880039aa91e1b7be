// www/core/steps.js: how keys walk through a section.

import assert from "node:assert/strict";
import test from "node:test";
import { arrange, step } from "../../www/core/steps.js";
import { plainHall } from "./halls.mjs";

test("every key leads where a grid's key should", () => {
	const hall = plainHall(8, 5);
	const rows = arrange(hall, hall.sections[0]);
	const table = [
		// from, key, with Ctrl, to
		[7, "ArrowLeft", false, 6],
		[7, "ArrowRight", false, 8],
		[7, "ArrowUp", false, 2],
		[7, "ArrowDown", false, 12],
		[7, "Home", false, 6],
		[7, "End", false, 10],
		[7, "Home", true, 1],
		[7, "End", true, 40],
		[7, "PageDown", false, 32],
		[37, "PageUp", false, 12],
		[1, "ArrowLeft", false, 1],
		[1, "ArrowUp", false, 1],
		[40, "ArrowRight", false, 40],
		[40, "ArrowDown", false, 40],
		[7, "a", false, undefined],
	];
	for (const [from, key, control, to] of table) assert.equal(step(hall, rows, from, key, control), to, `${key} from ${from}`);
});

test("left is left in the hall, though the row is numbered from the right", () => {
	const hall = plainHall(1, 4, { x: { from: 3, step: -1 } });
	const rows = arrange(hall, hall.sections[0]);
	assert.equal(step(hall, rows, 2, "ArrowLeft"), 3);
	assert.equal(step(hall, rows, 2, "Home"), 4);
});

test("up and down lead to the nearest seat of a row of another length", () => {
	const hall = plainHall(2, 4, { x: [0, 1, 2, 3] });
	hall.x.set([10, 20, 30, 40], 5);
	const rows = arrange(hall, hall.sections[0]);
	assert.equal(step(hall, rows, 3, "ArrowDown"), 5);
	assert.equal(step(hall, rows, 7, "ArrowUp"), 4);
});
