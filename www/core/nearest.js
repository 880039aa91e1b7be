// What to offer who lost a seat: its nearest equals.
//
// Equal is a seat of the same price category, or at least of no higher price.
// Several seats are replaced by as many side by side in one row. Near is near
// in the hall; in tickets that are only numbered, near in number.

const ROW_WEIGHT = 1.5; // a row behind is further away than a seat beside
const DEARER = 1e6; // comes after every equal one

function middleOf(hall, ordinals) {
	const sum = (of) => ordinals.reduce((s, o) => s + of(o), 0) / ordinals.length;
	return {
		x: sum((o) => hall.x[o]),
		y: sum((o) => hall.y[o]),
		ordinal: sum((o) => o),
	};
}

function distance(hall, o, to) {
	if (!hall.hasPlan) return Math.abs(o - to.ordinal);
	return Math.hypot(hall.x[o] - to.x, (hall.y[o] - to.y) * ROW_WEIGHT);
}

// Every run of count free seats side by side, by its first ordinal.
function* runs(hall, isFree, count) {
	for (const row of hall.rows) {
		let length = 0;
		for (let i = 0; i < row.count; i++) {
			const o = row.first + i;
			const beside = length > 0 && Math.abs(hall.pos[o] - hall.pos[o - 1]) === 1;
			length = isFree(o) ? (beside ? length : 0) + 1 : 0;
			if (length >= count) yield o - count + 1;
		}
	}
}

const span = (first, count) => Array.from({ length: count }, (_, i) => first + i);

// Groups that share no seat, the best first.
function pickApart(found, count, howMany) {
	found.sort((a, b) => a.far - b.far || a.first - b.first);
	const picked = [];
	for (const { first } of found) {
		if (picked.every((p) => Math.abs(p - first) >= count)) picked.push(first);
		if (picked.length === howMany) break;
	}
	return picked.map((first) => span(first, count));
}

// At most howMany groups of as many free seats as were lost.
export function nearestEquals(hall, isFree, lost, howMany = 3) {
	if (lost.length === 0) return [];
	const to = middleOf(hall, lost);
	const price = Math.max(...lost.map(hall.price));
	const category = hall.category[lost[0]];
	const count = lost.length;
	const found = [];
	for (const first of runs(hall, isFree, count)) {
		const group = span(first, count);
		if (group.some((o) => hall.price(o) > price)) continue;
		const other = group.some((o) => hall.category[o] !== category);
		const far = group.reduce((s, o) => s + distance(hall, o, to), 0) / count;
		found.push({ first, far: far + (other ? DEARER : 0) });
	}
	return pickApart(found, count, howMany);
}

// The most free seats side by side in a row: what a party asks first.
export function longestRun(hall, isFree, row) {
	let longest = 0;
	let length = 0;
	for (let i = 0; i < row.count; i++) {
		const o = row.first + i;
		const beside = length > 0 && Math.abs(hall.pos[o] - hall.pos[o - 1]) === 1;
		length = isFree(o) ? (beside ? length : 0) + 1 : 0;
		longest = Math.max(longest, length);
	}
	return longest;
}
