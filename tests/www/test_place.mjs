// www/core/place.js: what of a place in the line is said.

import assert from "node:assert/strict";
import test from "node:test";
import { createPlaceTeller, roughly } from "../../www/core/place.js";
import en from "../../www/text/en.js";
import { createText } from "../../www/text/text.js";

function spoken(first, positions) {
	const said = [];
	const teller = createPlaceTeller((n) => said.push(n));
	teller.reset(first);
	positions.forEach(teller.hear);
	return said;
}

test("a place is spoken at a few marks, each once", () => {
	const all = Array.from({ length: 150 }, (_, i) => 150 - i);
	assert.deepEqual(spoken(150, all), [100, 50, 20, 10, 5, 3, 2, 1]);
	assert.deepEqual(spoken(12, [12, 12, 11, 9, 8, 9, 11, 9, 5]), [9, 5]);
	assert.deepEqual(spoken(Infinity, [400, 90, 1]), [90, 1]);
	assert.deepEqual(spoken(1, [1, 1]), []);
});

test("an estimate is told roughly", () => {
	assert.deepEqual(roughly(null), { key: "unknown" });
	assert.deepEqual([0, 60].map((s) => roughly(s).key), ["soon", "soon"]);
	assert.deepEqual([61, 125, 600, 601, 3599].map((s) => roughly(s).n), [2, 3, 10, 15, 60]);
});

test("places are ordinals of the language", () => {
	const { nth } = createText(en, "en-GB");
	assert.deepEqual([1, 2, 3, 4, 11, 12, 21, 1002].map(nth), ["1st", "2nd", "3rd", "4th", "11th", "12th", "21st", "1,002nd"]);
});
