// One stream of server-sent events, that comes back by itself.
//
// The browser reconnects a broken one, from the last message on; one that was
// refused or ended for good (no live part in this nginx, too many listeners)
// is tried again now and then. tell("open" | "down") and tell("data", text).

const QUIET_MS = 45_000; // three pings missed: the line is dead
const AGAIN_MS = 20_000;

export function createStream(url, tell) {
	let source = null;
	let timer = 0;
	let heard = false;

	// Only a stream that pings can be missed.
	function expectMore() {
		clearTimeout(timer);
		timer = setTimeout(restart, QUIET_MS);
	}

	function restart() {
		tell("down");
		open();
	}

	function failed() {
		tell("down");
		clearTimeout(timer);
		if (source.readyState !== EventSource.CLOSED) return;
		timer = setTimeout(open, AGAIN_MS * (1 + Math.random() / 2));
	}

	function open() {
		close();
		source = new EventSource(url);
		source.addEventListener("open", () => tell("open"));
		source.addEventListener("error", failed);
		source.addEventListener("message", ({ data }) => {
			if (heard) expectMore();
			tell("data", data);
		});
		source.addEventListener("ping", () => {
			heard = true;
			expectMore();
		});
	}

	function close() {
		clearTimeout(timer);
		source?.close();
		source = null;
	}

	open();
	return { close };
}
