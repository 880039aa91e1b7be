// www/core/seats.js: what is right whatever order the news come in.

import assert from "node:assert/strict";
import test from "node:test";
import { createSeats } from "../../www/core/seats.js";
import { randomFrom } from "./halls.mjs";

const snapshot = (version, seats, era = "one") => ({ version, seats, era });
const letters = (seats) => Array.from({ length: seats.size }, (_, i) => seats.letter(i + 1)).join("");

test("a snapshot names what is not available; the rest is", () => {
	const seats = createSeats(4);
	seats.applySnapshot(snapshot(10, [[2, "h", 7], [3, "b", 4]]), true);
	assert.equal(letters(seats), "ahba");
	seats.applySnapshot(snapshot(20, [[3, "b", 4]]), true);
	assert.equal(letters(seats), "aaba");
});

test("an older frame changes nothing, the same frame twice neither", () => {
	const seats = createSeats(2);
	seats.applyFrame([[1, "b", 9]]);
	seats.applyFrame([[1, "h", 8]]);
	seats.applyFrame([[1, "b", 9]]);
	assert.equal(letters(seats), "ba");
});

test("a snapshot older than a frame does not undo it", () => {
	const seats = createSeats(2);
	seats.applyFrame([[1, "h", 105]]);
	seats.applySnapshot(snapshot(100, []), true);
	assert.equal(letters(seats), "ha");
	seats.applySnapshot(snapshot(106, []), true);
	assert.equal(letters(seats), "aa");
});

test("a frame older than the snapshot that left the seat out is late", () => {
	const seats = createSeats(1);
	seats.applySnapshot(snapshot(100, []), true);
	seats.applyFrame([[1, "h", 99]]);
	assert.equal(letters(seats), "a");
	seats.applyFrame([[1, "h", 100]]);
	assert.equal(letters(seats), "h");
});

test("a hold that ran out is available by its own version, and stays so", () => {
	const seats = createSeats(1);
	seats.applyFrame([[1, "h", 50]]);
	seats.applySnapshot(snapshot(60, [[1, "a", 50]]), false);
	assert.equal(letters(seats), "a");
	seats.applyFrame([[1, "h", 50]]);
	assert.equal(letters(seats), "a");
});

test("an answer since a version says nothing of the seats it does not name", () => {
	const seats = createSeats(2);
	seats.applySnapshot(snapshot(10, [[1, "b", 3]]), true);
	seats.applySnapshot(snapshot(20, [[2, "h", 15]]), false);
	assert.equal(letters(seats), "bh");
	assert.equal(seats.since(), 20);
});

test("another era begins anew, though its versions are smaller", () => {
	const seats = createSeats(2);
	seats.applySnapshot(snapshot(1000, [[1, "b", 900]]), true);
	assert.equal(seats.isOtherEra("two"), true);
	seats.applySnapshot(snapshot(5, [[2, "h", 4]], "two"), true);
	assert.equal(letters(seats), "ah");
	assert.equal(seats.since(), 5);
});

// A sale of random changes, told in frames that are shuffled, doubled and
// lost, with snapshots in between that may be old: in the end all is right.
test("shuffled, doubled and lost news converge on the truth", () => {
	for (let seed = 1; seed <= 50; seed++) {
		const random = randomFrom(seed);
		const size = 30;
		const truth = Array.from({ length: size + 1 }, () => ["a", 0]);
		const news = [];
		for (let version = 1; version <= 300; version++) {
			const o = 1 + Math.floor(random() * size);
			truth[o] = ["ahbx"[Math.floor(random() * 4)], version];
			if (random() < 0.8) news.push({ frame: [[o, ...truth[o]]] });
			if (random() < 0.1) news.push(news[Math.floor(random() * news.length)] ?? { frame: [] });
			if (random() < 0.03) {
				const listed = truth.map(([l, v], i) => [i, l, v]).filter(([i, l]) => i > 0 && l !== "a");
				news.push({ whole: snapshot(version + 1, listed) });
			}
		}
		const seats = createSeats(size);
		for (const item of news.map((n) => [random(), n]).sort(([a], [b]) => a - b).map(([, n]) => n))
			item.frame ? seats.applyFrame(item.frame) : seats.applySnapshot(item.whole, true);
		const last = truth.map(([l, v], i) => [i, l, v]).filter(([i, l]) => i > 0 && l !== "a");
		seats.applySnapshot(snapshot(301, last), true);
		assert.equal(letters(seats), truth.slice(1).map(([l]) => l).join(""), `seed ${seed}`);
		assert.equal(seats.count("h"), truth.filter(([l]) => l === "h").length);
	}
});

test("counts follow every change, in each section", () => {
	const seats = createSeats(4, (o) => (o > 2 ? 1 : 0), 2);
	seats.applyFrame([[1, "h", 1], [3, "b", 1], [4, "x", 1]]);
	assert.deepEqual(["a", "h", "b", "x"].map((l) => seats.count(l)), [1, 1, 1, 1]);
	assert.equal(seats.count("a", 0), 1);
	assert.equal(seats.count("a", 1), 0);
});

test("mine and pending lie over the public state, and are told", () => {
	const seats = createSeats(3);
	const told = [];
	seats.subscribe((ordinals) => told.push(...ordinals));
	seats.setPending([2], true);
	assert.equal(seats.look(2), "pending");
	assert.equal(seats.isFree(2), false);
	seats.setPending([2], false);
	seats.setMine(new Map([[2, "hold"]]));
	assert.equal(seats.look(2), "mine");
	assert.equal(seats.holdOf(2), "hold");
	seats.setMine(new Map());
	assert.equal(seats.look(2), "a");
	assert.deepEqual(told, [2, 2, 2, 2]);
});

test("a seat given back is available before the news of it, not after other news", () => {
	const seats = createSeats(2);
	seats.applyFrame([[1, "h", 5], [2, "h", 5]]);
	seats.setMine(new Map([[1, "hold"], [2, "hold"]]));
	seats.setReturned([1, 2]);
	seats.setMine(new Map());
	assert.equal(seats.look(1) + seats.look(2), "aa");
	seats.applySnapshot({ seats: [[1, "h", 5], [2, "h", 5]], version: 5, era: "e" }, false);
	assert.equal(seats.look(1) + seats.look(2), "aa", "that answer may be older");
	seats.applyFrame([[2, "h", 6]]);
	assert.equal(seats.look(1) + seats.look(2), "ah", "somebody was quick");
});

test("an answer long after a seat was given back knows better", (t) => {
	const seats = createSeats(1);
	let now = 1000;
	t.mock.method(performance, "now", () => now);
	seats.applyFrame([[1, "h", 5]]);
	seats.setReturned([1]);
	now += 3001;
	seats.applySnapshot({ seats: [[1, "h", 5]], version: 5, era: "e" }, false);
	assert.equal(seats.look(1), "h");
});

test("nonsense in a frame is left alone", () => {
	const seats = createSeats(2);
	seats.applyFrame([[0, "b", 5], [3, "b", 5], [1, "q", 5], ["1", "b", NaN]]);
	assert.equal(letters(seats), "aa");
});
