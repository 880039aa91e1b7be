// When a hold's end is shown, warned of and spoken.

const WARN_MOST_MS = 60_000;
const WARN_LEAST_MS = 20_000; // WCAG 2.2.1: time enough to react
const SPOKEN_MS = [300_000, 120_000, 60_000, 30_000]; // and at 0

// So long before its end a hold of whole ms is warned of.
export const warnMs = (whole) =>
	Math.min(WARN_MOST_MS, Math.max(WARN_LEAST_MS, whole / 3));

// The mark that is to be spoken when left ms remain, each once; undefined
// before the first.
export const spokenMark = (left) => SPOKEN_MS.filter((mark) => left <= mark).pop();

// Speaks at a few marks only: a voice that counts every second is no help.
export function createTeller(say) {
	let last; // the mark spoken last
	return {
		// A new deadline: later marks may be spoken again, passed ones not.
		reset(left) {
			last = spokenMark(left);
		},
		tick(left) {
			const mark = spokenMark(left);
			if (mark === last || mark === undefined) return;
			last = mark;
			if (left > 0) say(left);
		},
	};
}
