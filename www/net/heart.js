// Calls f about each second, also while the page is hidden: whoever waits in a
// line and looks elsewhere is there all the same. stop() ends it.

export function createHeart(f) {
	let stop = () => {};

	function byTimer() {
		const timer = setInterval(f, 1000);
		stop = () => clearInterval(timer);
	}

	try {
		const beat = new Worker("/net/beat.js", { type: "module", name: "beat" });
		beat.addEventListener("message", f);
		beat.addEventListener("error", byTimer);
		stop = () => beat.terminate();
	} catch {
		byTimer();
	}
	return { stop: () => stop() };
}
