// My place in the event's waiting line.
//
//   place    the server's last answer; null: not asked yet
//   busy     "", "joining" or "leaving"
//
// The server has the place, so it outlives reloads, tabs and crashes: the page
// asks where it is, and that is the sign of life. When it is my turn, the page
// posts what the server says. Of several tabs one is faster; the others find
// the hold in the basket.

import * as api from "../net/api.js";
import { createHeart } from "../net/heart.js";

const AWAY_MS = 3000;
const WATCH_MS = 15_000; // a crowd that is not in line asks less often
const NUDGE_MS = 700; // between two questions because seats came back
const NUDGED_AHEAD = 20; // who has more people before him waits for his time

export function createLine({ eventId, seats, basket, bus }) {
	const state = { place: null, busy: "" };
	let heart = null;
	let watching = false; // somebody wants to know how long the line is
	let asking = false;
	let asked = -Infinity;
	let due = Infinity;

	const isIn = () => state.place !== null && state.place.state !== "none";

	function changed() {
		bus.tell("line", state);
		const beats = isIn() || watching;
		if (beats) heart ??= createHeart(beat);
		else {
			heart?.stop();
			heart = null;
		}
	}

	function put(place) {
		state.place = place;
		const least = place.state === "none" ? WATCH_MS : 0;
		due = performance.now() + Math.max(place.ask_again_in_ms, least);
		changed();
	}

	// My turn was taken by another tab, or my place is gone.
	async function lookAround() {
		const before = basket.get().holds.size;
		await basket.sync();
		bus.tell(basket.get().holds.size > before ? "lineEntered" : "lineLost");
	}

	async function enter({ hold }) {
		const answer = await basket.takeTurn(hold);
		if (answer.problem === "seat-limit") {
			bus.tell("refused", { doing: "best", ordinals: [], answer });
			await leave();
		} else if (answer.ok) {
			put({ ...state.place, state: "none", turn: null });
			bus.tell("lineEntered");
		}
	}

	async function askOnce() {
		const wasIn = isIn();
		const answer = await api.line(eventId);
		if (!answer.ok) {
			due = performance.now() + Math.max(AWAY_MS, answer.retryAfterMs);
			return;
		}
		put(answer.data);
		if (wasIn && !isIn() && state.busy === "") await lookAround();
		if (answer.data.turn) await enter(answer.data.turn);
	}

	// Once at a time.
	async function ask() {
		if (asking) return;
		asking = true;
		asked = performance.now();
		await askOnce();
		asking = false;
	}

	function beat() {
		if (performance.now() >= due) ask();
	}

	// Seats came back: those near the head need not wait for their time.
	function nudge() {
		if (!isIn() || seats.count("a") === 0) return;
		if ((state.place.ahead ?? Infinity) > NUDGED_AHEAD) return;
		if (performance.now() - asked > NUDGE_MS) ask();
	}

	async function act(busy, call) {
		if (state.busy) return null;
		state.busy = busy;
		changed();
		const answer = await call();
		state.busy = "";
		return answer;
	}

	async function join(wish) {
		const answer = await act("joining", () => api.joinLine(eventId, wish));
		if (answer === null) return;
		if (answer.ok) {
			put(answer.data);
			bus.tell("lineJoined", answer.data);
			if (answer.data.turn) enter(answer.data.turn);
		} else {
			changed();
			bus.tell("refused", { doing: "line", ordinals: [], answer });
		}
	}

	async function leave() {
		const answer = await act("leaving", () => api.leaveLine(eventId));
		if (answer === null) return;
		if (answer.ok) {
			put({ ...state.place, state: "none", turn: null });
			bus.tell("lineLeft");
			ask();
		} else {
			changed();
			bus.tell("refused", { doing: "line", ordinals: [], answer });
		}
	}

	return {
		get: () => state,
		isIn,
		join,
		leave,
		ask,
		// Whether the line is offered: then its length is asked for.
		watch(on) {
			if (on === watching) return;
			watching = on;
			if (on) ask();
			else changed();
		},
		start() {
			seats.subscribe(nudge);
			ask();
		},
	};
}
