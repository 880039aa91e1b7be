// www/core/series.js and pace.js: lines of a chart, and how soon to ask again.

import assert from "node:assert/strict";
import test from "node:test";
import { createPace } from "../../www/core/pace.js";
import { areaPath, fillBuckets, linePath, marks, points, roundUp } from "../../www/core/series.js";

test("a scale ends at a round number", () => {
	const rows = [[0, 1], [1, 1], [3, 5], [54, 100], [101, 200], [4999, 5000]];
	for (const [n, top] of rows) assert.equal(roundUp(n), top);
	assert.deepEqual(marks(100), [0, 25, 50, 75, 100]);
	assert.deepEqual(marks(2), [0, 1, 2]);
});

test("buckets without any event are put back as nothing", () => {
	const filled = fillBuckets([{ t: 120, sold: 3 }], 60, 240, 60, ["sold", "held"]);
	assert.deepEqual(filled.map((b) => [b.t, b.sold, b.held]), [[60, 0, 0], [120, 3, 0], [180, 0, 0], [240, 0, 0]]);
});

test("a line runs from left to right, high values at the top", () => {
	const pts = points([0, 5, 10], 10, { width: 100, height: 50 });
	assert.deepEqual(pts, [[0, 50], [50, 25], [100, 0]]);
	assert.equal(linePath(pts), "M0.0 50.0L50.0 25.0L100.0 0.0");
	assert.ok(areaPath(pts, 50).endsWith("L100.0 50.0L0.0 50.0Z"));
});

test("who is refused asks later and later, and at once again when answered", () => {
	const pace = createPace(() => 0.5);
	assert.equal(pace.next(true), 10_000);
	assert.equal(pace.next(false), 1000);
	const waits = Array.from({ length: 5 }, () => {
		pace.failed();
		return pace.next(true);
	});
	assert.deepEqual(waits, [2000, 4000, 8000, 8000, 8000]);
	pace.succeeded();
	assert.equal(pace.next(false), 1000);
});
