// Counting down what the server granted, whatever this machine's clock says.
//
// The server says how long a hold lasts; it is counted from when the request
// was sent, so never more is shown than there is. Two clocks run: the
// monotonic one, which may stop while the machine sleeps, and the wall clock,
// which somebody may set. The smaller rest is shown, and when the two
// disagree the server is to be asked again.

const DISAGREE_MS = 1500;

export function now() {
	return { mono: performance.now(), wall: Date.now() };
}

// A deadline ms after the moment start (see now()).
export function deadline(start, ms) {
	return { mono: start.mono + ms, wall: start.wall + ms };
}

// One that was kept over a reload: only the wall clock went on. It may have
// been set back meanwhile, so no more is left than whole ms, what was granted.
export function deadlineFromWall(wall, whole, at = now()) {
	return { mono: at.mono + Math.min(wall - at.wall, whole), wall };
}

export function leftMs(due, at = now()) {
	return Math.max(0, Math.min(due.mono - at.mono, due.wall - at.wall));
}

export function clocksDisagree(due, at = now()) {
	return Math.abs(due.mono - at.mono - (due.wall - at.wall)) > DISAGREE_MS;
}

// 95000 -> "1:35"; a begun second counts, so that 0:00 means over.
export function asMinutes(ms) {
	const s = Math.ceil(ms / 1000);
	return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}

// For speech: "1 minute 35 seconds".
export function asWords(ms) {
	const s = Math.ceil(ms / 1000);
	const part = (n, word) => (n ? `${n} ${word}${n === 1 ? "" : "s"}` : "");
	return [part(Math.floor(s / 60), "minute"), part(s % 60, "second")]
		.filter(Boolean)
		.join(" ") || "0 seconds";
}
