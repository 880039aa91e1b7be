// www/core/nearest.js: what to offer who lost a seat.

import assert from "node:assert/strict";
import test from "node:test";
import { longestRun, nearestEquals } from "../../www/core/nearest.js";
import { plainHall } from "./halls.mjs";

const free = (...taken) => (o) => !taken.includes(o);

test("the nearest seats of the same price, the seat beside before the row behind", () => {
	const hall = plainHall(3, 10);
	assert.deepEqual(nearestEquals(hall, free(15), [15]), [[14], [16], [5]]);
});

test("never a seat that is not free, and nothing when nothing is", () => {
	const hall = plainHall(1, 3);
	assert.deepEqual(nearestEquals(hall, free(1, 2), [1]), [[3]]);
	assert.deepEqual(nearestEquals(hall, () => false, [1]), []);
});

test("a party is offered as many side by side, groups that share no seat", () => {
	const hall = plainHall(2, 6);
	const groups = nearestEquals(hall, free(3, 4), [3, 4]);
	assert.ok(groups.every((g) => g.length === 2 && g[1] === g[0] + 1));
	assert.equal(new Set(groups.flat()).size, groups.flat().length);
});

test("seats on two sides of an aisle are not side by side", () => {
	const hall = plainHall(1, 4, { pos: [1, 2, 4, 5] });
	assert.deepEqual(nearestEquals(hall, free(1), [1, 2]), [[3, 4]]);
	assert.equal(longestRun(hall, () => true, hall.rows[0]), 2);
});

test("an equal price comes before a lower one, a higher one never", () => {
	const hall = plainHall(1, 4, { category: [1, 0, 1, 0] });
	assert.deepEqual(nearestEquals(hall, free(2), [2]), [[4], [1], [3]]);
	assert.deepEqual(nearestEquals(hall, free(1), [1]), [[3]]);
});

test("the longest run of a row", () => {
	const hall = plainHall(1, 8);
	assert.equal(longestRun(hall, free(3, 7), hall.rows[0]), 3);
	assert.equal(longestRun(hall, () => false, hall.rows[0]), 0);
});
