// How keys move through the seats of one section, as they lie in the hall.

const PAGE_ROWS = 5;

// Rows from the top down, seats from the left on: as the map shows them,
// whatever direction the ordinals run in.
export function arrange(hall, section) {
	const rows = section.rows.map((row) => {
		const seats = Array.from({ length: row.count }, (_, i) => row.first + i);
		return { row, seats: seats.sort((a, b) => hall.x[a] - hall.x[b]) };
	});
	const height = ({ row }) => (row.box[1] + row.box[3]) / 2;
	return rows.sort((a, b) => height(a) - height(b));
}

const bound = (i, length) => Math.min(Math.max(i, 0), length - 1);

function nearestIn(hall, seats, x) {
	return seats.reduce((best, o) =>
		Math.abs(hall.x[o] - x) < Math.abs(hall.x[best] - x) ? o : best,
	);
}

// The ordinal that key leads to from ordinal; undefined: not our key.
export function step(hall, rows, ordinal, key, isControl = false) {
	const r = rows.findIndex(({ seats }) => seats.includes(ordinal));
	const { seats } = rows[r];
	const i = seats.indexOf(ordinal);
	const along = (to) => seats[bound(to, seats.length)];
	const across = (by) => nearestIn(hall, rows[bound(r + by, rows.length)].seats, hall.x[ordinal]);
	switch (key) {
		case "ArrowLeft":
			return along(i - 1);
		case "ArrowRight":
			return along(i + 1);
		case "ArrowUp":
			return across(-1);
		case "ArrowDown":
			return across(1);
		case "PageUp":
			return across(-PAGE_ROWS);
		case "PageDown":
			return across(PAGE_ROWS);
		case "Home":
			return isControl ? rows[0].seats[0] : along(0);
		case "End":
			return isControl ? rows.at(-1).seats.at(-1) : along(seats.length);
		default:
			return undefined;
	}
}
