// www/core/viewport.js: where the map looks.

import assert from "node:assert/strict";
import test from "node:test";
import { between, fit, fitScale, keep, pan, reveal, toHall, toStage, zoom } from "../../www/core/viewport.js";

const size = { width: 400, height: 300 };
const box = [0, 0, 98, 48];
const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);

test("a point goes to the stage and back", () => {
	const view = { x: 10, y: 20, scale: 7 };
	const at = toStage(view, size, 12, 18);
	assert.deepEqual(toHall(view, size, at.x, at.y), { x: 12, y: 18 });
});

test("the whole hall fits, with ground and a margin around it", () => {
	const view = fit(box, size);
	near(view.scale, 3.72);
	near(toStage(view, size, -1, 24).x, 14);
	near(toStage(view, size, 99, 24).x, 386);
	near(fitScale(box, { width: 20, height: 300 }), 0.1); // half of a tiny stage
});

test("the point under the hand stays under it while zooming", () => {
	const view = { x: 30, y: 20, scale: 10 };
	const before = toHall(view, size, 77, 200);
	const after = toHall(zoom(view, size, 2.5, 77, 200), size, 77, 200);
	near(before.x, after.x);
	near(before.y, after.y);
});

test("the hall cannot be pushed off the stage, nor made smaller than it", () => {
	const far = keep(pan({ x: 50, y: 20, scale: 10 }, 1e6, 0), box, size);
	near(toStage(far, size, -1, 0).x, 0);
	near(keep({ x: 50, y: 20, scale: 0.1 }, box, size).scale, fitScale(box, size));
	near(keep({ x: 50, y: 999, scale: 4 }, box, size).y, 24);
});

test("revealing a seat moves no more than it must", () => {
	const view = { x: 50, y: 24, scale: 10 };
	assert.deepEqual(reveal(view, size, 50, 24, 40), view);
	const next = reveal(view, size, 90, 24, 40);
	near(toStage(next, size, 90, 24).x, 360);
	near(next.y, 24);
});

test("the way between two views begins at one and ends at the other", () => {
	const a = { x: 0, y: 0, scale: 2 };
	const b = { x: 10, y: 6, scale: 32 };
	assert.deepEqual(between(a, b, 0), a);
	assert.deepEqual(between(a, b, 1), b);
	near(between(a, b, 0.5).scale, 8);
});
