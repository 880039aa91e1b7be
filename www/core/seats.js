// The state of every seat, and how news change it.
//
//   "a" available   "h" held   "b" booked   "x" blocked
//
// Each change of a seat has a version, greater than the seat's last one, so
// news may come late, twice or in any order: the greatest version is right.
// A snapshot of version V names every seat that is not available and every
// one of at least V; what it does not name is available, by a version below V.
// One thing has no version: a hold that ran out. Its seat is available by the
// hold's own version, and never held by that version again.
//
// Over that lies what only this browser knows: seats that are mine, seats that
// I asked for and have no answer about, and seats that I gave back, which are
// available though the news of it is still on its way.

export const LETTERS = ["a", "h", "b", "x"];
const AVAILABLE = 0;
const HELD = 1;
const CODES = { a: 0, h: 1, b: 2, x: 3 };
const STALE_MS = 3000; // nginx may give a state that is two seconds old

export function createSeats(size, sectionOf = () => 0, sectionCount = 1) {
	const codes = new Uint8Array(size + 1);
	const versions = new Float64Array(size + 1);
	const counts = new Int32Array(sectionCount * LETTERS.length);
	const subscribers = [];
	let since = null; // the version that a later snapshot may begin at
	let era = null;
	let mine = new Map(); // ordinal -> hold
	const pending = new Set();
	const returned = new Map(); // ordinal -> the version that it had then, and when

	for (let o = 1; o <= size; o++) counts[sectionOf(o) * 4]++;

	const tell = (ordinals) => {
		if (ordinals.length > 0) subscribers.forEach((f) => f(ordinals));
	};

	// Whether the seat looks another way now.
	function put(ordinal, code, version) {
		versions[ordinal] = version;
		const before = codes[ordinal];
		if (before === code) return false;
		codes[ordinal] = code;
		const at = sectionOf(ordinal) * 4;
		counts[at + before]--;
		counts[at + code]++;
		return true;
	}

	function isNews(ordinal, code, version) {
		if (!(ordinal >= 1 && ordinal <= size) || code === undefined) return false;
		if (version > versions[ordinal]) return true;
		return version === versions[ordinal] && code === AVAILABLE && codes[ordinal] === HELD;
	}

	function takeListed(list) {
		const changed = [];
		for (const [ordinal, letter, version] of list) {
			const code = CODES[letter];
			if (isNews(ordinal, code, version) && put(ordinal, code, version)) changed.push(ordinal);
		}
		return changed;
	}

	function takeAbsent(listed, version) {
		const named = new Uint8Array(size + 1);
		for (const [ordinal] of listed) if (ordinal <= size) named[ordinal] = 1;
		const changed = [];
		for (let o = 1; o <= size; o++)
			if (!named[o] && versions[o] < version && put(o, AVAILABLE, version - 1)) changed.push(o);
		return changed;
	}

	// What was given back so long ago that an answer of …/state knows better.
	function doubted() {
		const old = [...returned].filter(([, { at }]) => performance.now() - at > STALE_MS);
		old.forEach(([ordinal]) => returned.delete(ordinal));
		return old.map(([ordinal]) => ordinal);
	}

	function look(ordinal) {
		if (pending.has(ordinal)) return "pending";
		if (mine.has(ordinal)) return "mine";
		if (codes[ordinal] === HELD && returned.get(ordinal)?.version === versions[ordinal]) return "a";
		return LETTERS[codes[ordinal]];
	}

	const count = (letter, section) => {
		if (section !== undefined) return counts[section * 4 + CODES[letter]];
		let sum = 0;
		for (let i = CODES[letter]; i < counts.length; i += 4) sum += counts[i];
		return sum;
	};

	return {
		size,
		look,
		count,
		letter: (ordinal) => LETTERS[codes[ordinal]],
		isFree: (ordinal) => look(ordinal) === "a",
		holdOf: (ordinal) => mine.get(ordinal),
		since: () => since,
		subscribe: (f) => subscribers.push(f),

		// A frame of the live stream: [[ordinal, letter, version], …].
		applyFrame(changes) {
			tell(takeListed(changes));
		},
		// An answer of …/state; isWhole: it was asked for without since.
		applySnapshot({ seats, version, era: itsEra }, isWhole) {
			if (isWhole && era !== null && era !== itsEra) {
				versions.fill(0);
				since = null;
			}
			era = itsEra;
			const absent = isWhole ? takeAbsent(seats, version) : [];
			tell([...doubted(), ...absent, ...takeListed(seats)]);
			since = Math.max(since ?? 0, version);
		},
		// Another database, or one that was put back: versions begin anew.
		isOtherEra: (itsEra) => era !== null && era !== itsEra,
		setMine(holdsByOrdinal) {
			const before = mine;
			mine = holdsByOrdinal;
			tell([...new Set([...before.keys(), ...mine.keys()])].filter(
				(o) => before.has(o) !== mine.has(o),
			));
		},
		// The server has taken them back: until the next news of one, or an
		// answer of …/state that cannot be older than that.
		setReturned(ordinals) {
			const at = performance.now();
			for (const o of ordinals) returned.set(o, { version: versions[o], at });
		},
		setPending(ordinals, isPending) {
			for (const o of ordinals) isPending ? pending.add(o) : pending.delete(o);
			tell([...ordinals]);
		},
	};
}
