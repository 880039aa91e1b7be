// How soon the state is asked for again.
//
// The live stream tells everything while it runs; asking now and then finds
// out what no stream can: that it runs dry, and how many seats may return.

const LIVE_MS = 10_000;
const POLL_MS = 1000; // an answer is good for a second, as nginx keeps it
const AWAY_MAX_MS = 8000;
const JITTER = 0.2; // so that a crowd does not come back in one instant

export function createPace(random = Math.random) {
	let failures = 0;
	return {
		succeeded() {
			failures = 0;
		},
		failed() {
			failures++;
		},
		next(isLive) {
			const base = isLive ? LIVE_MS : POLL_MS;
			const ms = failures ? Math.min(POLL_MS * 2 ** failures, AWAY_MAX_MS) : base;
			return ms * (1 + JITTER * (random() - 0.5));
		},
	};
}
