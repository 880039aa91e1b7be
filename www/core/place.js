// A place in a waiting line: what of it is worth saying, and when.

const SPOKEN = [100, 50, 20, 10, 5, 3, 2, 1]; // positions, each once

// The smallest of these that a position has come down to; undefined before.
export const spokenPlace = (position) => SPOKEN.filter((mark) => position <= mark).pop();

// Speaks at a few positions only: a line that moves each second is no news.
export function createPlaceTeller(say) {
	let last;
	return {
		// In line anew: the place is said by whoever joined.
		reset(position) {
			last = spokenPlace(position);
		},
		hear(position) {
			const mark = spokenPlace(position);
			if (mark === undefined || mark === last || (last !== undefined && mark > last)) return;
			last = mark;
			say(position);
		},
	};
}

// A time that is an estimate, in words: { key, n }. Never to the second.
export function roughly(seconds) {
	if (seconds === null) return { key: "unknown" };
	if (seconds <= 60) return { key: "soon" };
	const minutes = Math.ceil(seconds / 60);
	return { key: "minutes", n: minutes > 10 ? 5 * Math.ceil(minutes / 5) : minutes };
}
