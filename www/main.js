// Wiring: the state, its view, and the calls between them and the server.

import * as api from "./api.js";
import { asMinutes, clocksDisagree, deadline, leftMs } from "./clock.js";
import { createState, withTickets } from "./state.js";
import { createView } from "./view.js";

const POLL_MS = 1000;
const POLL_MAX_MS = 8000; // while the service is away
const POLL_JITTER = 0.2; // so that a crowd does not come back in one instant
const CLOCK_MS = 200;
const CONFIRM_MS = 2000; // between two questions about one hold
const STALE_MS = 2000; // a list is hardly ever older
const WANTED_MS = 60000; // so long a reserve is asked for again by itself

const state = createState();
const view = createView({ reserve, book, release });

// Runs action for a ticket, once at a time.
async function busily(id, action) {
	if (state.get().busy.has(id)) return;
	state.setBusy(id, true);
	try {
		await action();
	} finally {
		state.setBusy(id, false);
	}
}

function refused(answer, outlook) {
	let text = answer.message;
	if (answer.code === "held" && answer.retryAfter > 0)
		text += ` It may be free in ${asMinutes(answer.retryAfter * 1000)}, or sooner.`;
	else if (answer.away) text += ` ${outlook}`;
	state.setNotice(text, "bad");
}

// Takes up what a (repeated) reserve answered.
function granted(id, answer) {
	const ms = answer.data.expires_in_ms ?? answer.data.expires_in * 1000;
	state.setHold(id, deadline(answer.sent, ms), ms, answer.data.fence);
}

// ---- what a person asks for ------------------------------------------------

const wanted = new Map(); // id -> since when a reserve waits for its answer

function reserve(id) {
	if (!wanted.has(id)) wanted.set(id, performance.now());
	return busily(id, async () => {
		const answer = await api.reserve(state.get().clientId, [id]);
		if (answer.away) {
			refused(answer, "Your ticket is asked for again by itself.");
			return;
		}
		wanted.delete(id);
		if (!answer.ok) {
			refused(answer);
			poll();
			return;
		}
		granted(id, answer);
		state.setNotice("", "");
		view.say(`Ticket ${id} is reserved for you.`);
	});
}

function book(id) {
	return busily(id, async () => {
		state.setAsked(id, true);
		const answer = await api.book(state.get().clientId, [id]);
		if (answer.away) {
			refused(answer, "Your booking is asked for again by itself.");
			return;
		}
		if (!answer.ok) {
			refused(answer);
			state.dropHold(id);
			return;
		}
		state.setBooked(id);
		state.setNotice(`Ticket ${id} is yours.`, "good");
	});
}

function release(id) {
	return busily(id, async () => {
		state.setAsked(id, false);
		const answer = await api.release(state.get().clientId, [id]);
		if (!answer.ok) {
			refused(answer, "Try again, or let the time run out.");
			if (!answer.away) state.dropHold(id);
			return;
		}
		returned.set(id, performance.now());
		state.giveBack(id);
		state.setNotice(`Ticket ${id} was given back.`, "good");
	});
}

// ---- what the answers left open --------------------------------------------

const confirmed = new Map(); // id -> when the server was asked last

// Asks the server how long a hold still lasts: repeating a reserve does not
// extend it. A new token means that the old hold had ended after all.
function confirmHold(id) {
	const before = confirmed.get(id) ?? -Infinity;
	if (performance.now() - before < CONFIRM_MS) return undefined;
	return busily(id, async () => {
		confirmed.set(id, performance.now());
		const { clientId, holds } = state.get();
		const fence = holds.get(id)?.fence;
		const answer = await api.reserve(clientId, [id]);
		if (answer.away) return; // asked again later
		if (answer.ok && answer.data.fence === fence) granted(id, answer);
		else await settle(id, answer);
	});
}

// The hold that the page showed is over: sold to me, or lost.
async function settle(id, answer) {
	const { clientId } = state.get();
	if (answer.ok) await api.release(clientId, [id]);
	// Booking again what I have booked answers success again.
	const sold = answer.code === "booked" ? await api.book(clientId, [id]) : answer;
	if (sold.away) return;
	if (sold !== answer && sold.ok) state.setBooked(id);
	else ended(id);
}

function ended(id) {
	state.dropHold(id);
	state.setNotice(`Your time for ticket ${id} is up. If it is still free, you can reserve it again.`, "bad");
}

// The service answers again: what came of the calls whose answers were lost?
// The list cannot tell, it may be old; repeating a call is safe, and does.
function askAgain() {
	for (const [id, hold] of state.get().holds) if (hold.asked) book(id);
	for (const [id, since] of wanted) {
		if (performance.now() - since < WANTED_MS) reserve(id);
		else forget(id);
	}
}

function forget(id) {
	wanted.delete(id);
	state.setNotice(`Ticket ${id} could not be reserved in time. If it is still free, try again.`, "bad");
}

// ---- what happens by itself ------------------------------------------------

let pollTimer = 0;
let pollDelay = POLL_MS;
let polling = false;

// id -> when I gave it back: a list may be older, and would hide it again.
const returned = new Map();

function showAvailable(ids) {
	const { holds, booked } = state.get();
	const mine = new Set([...holds.keys(), ...booked]);
	state.setAvailable(withTickets(ids, [...returned.keys()]).filter((id) => !mine.has(id)));
}

function forgetReturned(sent) {
	for (const [id, when] of returned) if (sent.mono - when >= STALE_MS) returned.delete(id);
}

async function poll() {
	if (polling) return;
	polling = true;
	clearTimeout(pollTimer);
	const answer = await api.available();
	polling = false;
	if (answer.ok) {
		pollDelay = POLL_MS;
		forgetReturned(answer.sent);
		showAvailable(answer.data.available_tickets);
		askAgain();
	} else {
		pollDelay = Math.min(2 * pollDelay, POLL_MAX_MS);
		state.setAway();
	}
	const spread = 1 + POLL_JITTER * (Math.random() - 0.5);
	if (!document.hidden) pollTimer = setTimeout(poll, pollDelay * spread);
}

function tick() {
	for (const [id, hold] of state.get().holds) {
		if (hold.asked) continue; // over only when the booking is known
		if (clocksDisagree(hold.due)) confirmHold(id);
		else if (leftMs(hold.due) === 0) ended(id);
	}
	view.drawClocks(state.get());
}

function confirmAll() {
	for (const [id, hold] of state.get().holds) if (!hold.asked) confirmHold(id);
}

document.addEventListener("visibilitychange", () => {
	clearTimeout(pollTimer);
	if (document.hidden) return;
	confirmAll();
	poll();
});
window.addEventListener("online", poll);
window.addEventListener("storage", () => state.reload());

state.subscribe((s) => view.draw(s));
confirmAll();
poll();
setInterval(tick, CLOCK_MS);
