// Keeps the seats true: the live stream, and a snapshot now and then.
//
// The stream gives what changes; a snapshot closes every gap: at the start,
// after each break, when the stream says so, and every second while there is
// no stream at all. A hidden page asks nothing and catches up when seen.
//
//   link   { stream: "wait" | "open" | "down", poll: "wait" | "ok" | "away",
//            heard: ms of this machine's monotonic clock, or null }

import * as api from "../net/api.js";
import { listenLive } from "../net/live.js";
import { createPace } from "../core/pace.js";

// An answer may have been kept for a second: only one asked for later than that
// after the stream opened is sure to close the gap.
const KEPT_MS = 1300;

export function createFeed({ eventId, seats, bus }) {
	const link = { stream: "wait", poll: "wait", heard: null, wasOpen: false };
	const pace = createPace();
	let timer = 0;
	let polling = false;
	let again = false; // something asked while a question was under way
	let whole = true;
	let latest = null; // state
	let soon = false; // the next question comes after KEPT_MS

	const tellLink = () => bus.tell("link", link);

	function heard() {
		link.heard = performance.now();
	}

	function takeState({ data }, isWhole) {
		pace.succeeded();
		heard();
		if (!isWhole && seats.isOtherEra(data.era)) {
			whole = true;
			again = true;
			return;
		}
		seats.applySnapshot(data, isWhole);
		whole = false;
		bus.tell("state", (latest = data));
	}

	async function ask() {
		const isWhole = whole || seats.since() === null;
		const answer = await api.state(eventId, isWhole ? null : seats.since());
		const wasAway = link.poll !== "ok"; // also meanwhile: see doubt()
		link.poll = answer.ok ? "ok" : "away";
		if (answer.ok) takeState(answer, isWhole);
		else pace.failed();
		tellLink();
		if (answer.ok && wasAway) bus.tell("back");
	}

	async function poll() {
		if (polling) {
			again = true;
			return;
		}
		polling = true;
		clearTimeout(timer);
		do {
			again = false;
			await ask();
		} while (again);
		polling = false;
		const wait = soon ? KEPT_MS : pace.next(link.stream === "open");
		soon = false;
		if (!document.hidden) timer = setTimeout(poll, wait);
	}

	// A call had no answer: as good as a question that failed. The next answer
	// tells "back", and what was left open is asked again.
	function doubt() {
		link.poll = "away";
		pace.failed();
		tellLink();
		clearTimeout(timer);
		timer = setTimeout(poll, pace.next(false));
	}

	function frame({ c, sale, resync }) {
		heard();
		if (sale) bus.tell("state", (latest = { ...latest, sale }));
		if (Array.isArray(c)) seats.applyFrame(c);
		if (!resync) return;
		whole = true;
		poll();
	}

	function stream(kind, data) {
		if (kind === "frame") return frame(data);
		link.stream = kind;
		link.wasOpen ||= kind === "open";
		soon = kind === "open";
		tellLink();
		return poll(); // a gap is behind us, or begins
	}

	function seen() {
		clearTimeout(timer);
		if (!document.hidden) poll();
	}

	return {
		link,
		poll,
		doubt,
		// first: an answer that the seats have already.
		start(first) {
			heard();
			whole = false;
			bus.tell("state", (latest = first));
			link.poll = "ok";
			tellLink();
			listenLive(api.liveOf(eventId), stream);
			document.addEventListener("visibilitychange", seen);
			window.addEventListener("pageshow", ({ persisted }) => persisted && seen());
			window.addEventListener("online", poll);
			timer = setTimeout(poll, pace.next(false));
		},
	};
}
