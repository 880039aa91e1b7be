// Long work in pieces, so that a finger or a key never waits for all of it.

const PIECE_MS = 8;

// The browser's own way lets other work in sooner and this go on sooner.
export const pause = () =>
	globalThis.scheduler?.yield?.() ?? new Promise((done) => setTimeout(done));

// Runs a generator to its end, and lets others in at its yields when it is
// time; gives what it returns.
export async function gently(work) {
	let began = performance.now();
	for (;;) {
		const { done, value } = work.next();
		if (done) return value;
		if (performance.now() - began < PIECE_MS) continue;
		await pause();
		began = performance.now();
	}
}

// The same without a pause.
export function atOnce(work) {
	for (;;) {
		const { done, value } = work.next();
		if (done) return value;
	}
}
