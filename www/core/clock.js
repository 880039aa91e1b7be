// The server's clock, as well as this machine can know it.
//
// Each answer says the server's time; taken as of when the request was sent,
// it errs to the early side, so never more is shown than there is, and the
// quickest answer errs least. Two clocks of ours run on from there: the
// monotonic one, which may stop while the machine sleeps, and the wall clock,
// which somebody may set. The later of the two is believed, and when they
// disagree the server is to be asked again.

const DISAGREE_MS = 1500;

export function now() {
	return { mono: performance.now(), wall: Date.now() };
}

export function createClock(read = now) {
	let ahead = null; // what to add to each of ours; null: never heard

	const apart = (at) =>
		Math.abs(at.mono + ahead.mono - (at.wall + ahead.wall));

	return {
		isSet: () => ahead !== null,
		// The server said serverMs in its answer to what was sent then.
		hear(serverMs, sent) {
			if (!Number.isFinite(serverMs)) return;
			const told = { mono: serverMs - sent.mono, wall: serverMs - sent.wall };
			const better = ahead === null || told.mono < ahead.mono;
			if (better || apart(read()) > DISAGREE_MS) ahead = told;
		},
		now(at = read()) {
			if (ahead === null) return at.wall;
			return Math.max(at.mono + ahead.mono, at.wall + ahead.wall);
		},
		// Whether one of ours was set, or stood still.
		isInDoubt: (at = read()) => ahead !== null && apart(at) > DISAGREE_MS,
	};
}

// 95000 -> "1:35"; a begun second counts, so that 0:00 means over.
export function asMinutes(ms) {
	const s = Math.max(0, Math.ceil(ms / 1000));
	const two = (n) => String(n).padStart(2, "0");
	const minutes = Math.floor(s / 60);
	if (minutes < 60) return `${minutes}:${two(s % 60)}`;
	return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(s % 60)}`;
}
