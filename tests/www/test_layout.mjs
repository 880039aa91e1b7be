// www/core/layout.js and outline.js: a hall out of its layout.

import assert from "node:assert/strict";
import test from "node:test";
import { decodeLayout, sequence } from "../../www/core/layout.js";
import { outline } from "../../www/core/outline.js";
import { plainHall } from "./halls.mjs";

test("a sequence is an array, one value for all, or an even step", () => {
	assert.deepEqual([0, 1, 2].map(sequence([5, 7, 6], 3)), [5, 7, 6]);
	assert.deepEqual([0, 1, 2].map(sequence(4, 3)), [4, 4, 4]);
	assert.deepEqual([0, 1, 2].map(sequence({ from: 10, step: -2 }, 3)), [10, 8, 6]);
});

test("every seat knows its row, number, price, id and place", () => {
	const hall = plainHall(2, 3);
	assert.equal(hall.size, 6);
	assert.equal(hall.row(5).name, "B");
	assert.equal(hall.number(5), 2);
	assert.equal(hall.price(5), 4500);
	assert.equal(hall.id(5), "small:Stalls-B-2");
	assert.deepEqual([hall.x[5], hall.y[5]], [1, 1]);
	assert.deepEqual(hall.box, [0, 0, 2, 1]);
});

test("ids lead back to ordinals, whichever way they are written", () => {
	const hall = plainHall(2, 3);
	for (let o = 1; o <= 6; o++) assert.equal(hall.ordinal(hall.id(o)), o);
	const named = plainHall(1, 3, { ids: ["x", "y", "z"] });
	assert.equal(named.id(2), "y");
	assert.equal(named.ordinal("z"), 3);
	assert.equal(named.ordinal("nobody"), undefined);
});

test("tickets that are only numbered have no plan", () => {
	const hall = decodeLayout({
		id: "default",
		categories: [{ name: "", price_minor: 0 }],
		sections: [
			{ name: "", rows: [{ name: "", first: 1, count: 10, numbers: { from: 1, step: 1 }, category: 0, id_prefix: "" }] },
		],
	});
	assert.equal(hall.hasPlan, false);
	assert.equal(hall.id(7), "7");
	assert.equal(plainHall(1, 2).hasPlan, true);
});

test("accessible places are named by their index in the row", () => {
	const hall = plainHall(1, 4, { accessible: [0, 3] });
	assert.deepEqual([...hall.accessible], [0, 1, 0, 0, 1]);
});

test("an outline goes around, though a row is numbered from the other side", () => {
	const hall = decodeLayout({
		id: "o",
		categories: [{ name: "", price_minor: 1 }],
		sections: [
			{
				name: "S",
				rows: [
					{ name: "A", first: 1, count: 3, numbers: 1, x: { from: 0, step: 1 }, y: 0, category: 0 },
					{ name: "B", first: 4, count: 3, numbers: 1, x: { from: 2, step: -1 }, y: 1, category: 0 },
					{ name: "C", first: 7, count: 3, numbers: 1, x: { from: 0, step: 1 }, y: 2, category: 0 },
				],
			},
		],
	});
	const area = (pts) =>
		pts.reduce((sum, [x, y], i) => {
			const [nx, ny] = pts[(i + 1) % pts.length];
			return sum + (x * ny - nx * y) / 2;
		}, 0);
	assert.equal(Math.abs(area(outline(hall, hall.sections[0]))), 4);
});
