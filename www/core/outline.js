// The ground that a section stands on: around its outer seats, along the
// first row, down one side, back along the last row, up the other.

const EVERY = 6; // seats of a curved row that are enough to see its curve

function sample(seats) {
	return seats.filter((_, i) => i % EVERY === 0 || i === seats.length - 1);
}

export function outline(hall, section) {
	const rows = section.rows.filter((r) => r.count > 0);
	if (rows.length === 0) return [];
	const seats = ({ first, count }) => Array.from({ length: count }, (_, i) => first + i);
	// Rows may be numbered from either side: all in the direction of the first.
	const way = Math.sign(ahead(hall, rows[0])) || 1;
	const along = (row) => ((Math.sign(ahead(hall, row)) || way) === way ? seats(row) : seats(row).reverse());
	const ends = rows.slice(1, -1).map((row) => along(row));
	const ordinals = [
		...sample(along(rows[0])),
		...ends.map((s) => s.at(-1)),
		...sample(along(rows.at(-1))).reverse(),
		...ends.map((s) => s[0]).reverse(),
	];
	return ordinals.map((o) => [hall.x[o], hall.y[o]]);
}

// How far a row leads, measured in the direction that it mostly runs.
function ahead(hall, { first, count }) {
	const last = first + count - 1;
	const dx = hall.x[last] - hall.x[first];
	const dy = hall.y[last] - hall.y[first];
	return Math.abs(dx) >= Math.abs(dy) ? dx : dy;
}
