// www/core/clock.js and countdown.js: time that is the server's.

import assert from "node:assert/strict";
import test from "node:test";
import { asMinutes, createClock } from "../../www/core/clock.js";
import { createTeller, spokenMark, warnMs } from "../../www/core/countdown.js";

function machine(wall = 1_000_000) {
	const at = { mono: 0, wall };
	return {
		at,
		read: () => ({ ...at }),
		pass(ms) {
			at.mono += ms;
			at.wall += ms;
		},
	};
}

test("a wrong wall clock changes nothing", () => {
	for (const off of [-3_600_000, 0, 3_600_000]) {
		const m = machine(5_000_000 + off);
		const clock = createClock(m.read);
		clock.hear(5_000_000, m.read());
		m.pass(30_000);
		assert.equal(clock.now(), 5_030_000);
		assert.equal(clock.isInDoubt(), false);
	}
});

test("it errs early: an answer's time counts from when it was asked for", () => {
	const m = machine();
	const clock = createClock(m.read);
	const sent = m.read();
	m.pass(400);
	clock.hear(7_000_000, sent); // the server said so up to 400 ms ago
	assert.equal(clock.now(), 7_000_400);
});

test("the quickest answer is believed, a slower one is not", () => {
	const m = machine();
	const clock = createClock(m.read);
	clock.hear(1_000_300, m.read()); // 300 ms on their way there
	m.pass(1000);
	clock.hear(1_001_020, m.read());
	assert.equal(clock.now(), 1_001_020);
	clock.hear(1_001_900, m.read());
	assert.equal(clock.now(), 1_001_020);
});

test("a machine that slept shows less, not more, and asks", () => {
	const m = machine();
	const clock = createClock(m.read);
	clock.hear(1_000_000, m.read());
	m.at.wall += 420_000; // seven minutes that the monotonic clock missed
	assert.equal(clock.now(), 1_420_000);
	assert.equal(clock.isInDoubt(), true);
	clock.hear(1_420_500, m.read());
	assert.equal(clock.isInDoubt(), false);
	assert.equal(clock.now(), 1_420_500);
});

test("a wall clock set back is found out, and the rest stays right", () => {
	const m = machine();
	const clock = createClock(m.read);
	clock.hear(1_000_000, m.read());
	m.pass(10_000);
	m.at.wall -= 3_600_000;
	assert.equal(clock.now(), 1_010_000);
	assert.equal(clock.isInDoubt(), true);
});

test("a time that is none is not believed", () => {
	const m = machine();
	const clock = createClock(m.read);
	clock.hear(NaN, m.read());
	assert.equal(clock.isSet(), false);
});

test("a begun second counts, so that 0:00 means over", () => {
	const rows = [[95_000, "1:35"], [1, "0:01"], [0, "0:00"], [-5, "0:00"], [59_001, "1:00"], [3_600_000, "1:00:00"]];
	for (const [ms, shown] of rows) assert.equal(asMinutes(ms), shown);
});

test("a warning comes at least 20 s before the end, at most a minute", () => {
	assert.equal(warnMs(600_000), 60_000);
	assert.equal(warnMs(120_000), 40_000);
	assert.equal(warnMs(24_000), 20_000);
});

test("a whole hold of ten minutes is spoken of five times at most", () => {
	const said = [];
	const teller = createTeller((left) => said.push(left));
	teller.reset(600_000);
	for (let left = 600_000; left >= 0; left -= 200) teller.tick(left);
	assert.deepEqual(said, [300_000, 120_000, 60_000, 30_000]);
	assert.equal(spokenMark(400_000), undefined);
});

test("a hold of two minutes does not begin with a word about its time", () => {
	const said = [];
	const teller = createTeller((left) => said.push(left));
	teller.reset(119_800);
	for (let left = 119_800; left >= 0; left -= 200) teller.tick(left);
	assert.equal(said.length, 2);
});
