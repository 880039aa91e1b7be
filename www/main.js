// Wiring: the state, its view, and the calls between them and the server.

import * as api from "./api.js";
import { asMinutes, clocksDisagree, deadline, leftMs } from "./clock.js";
import { createState } from "./state.js";
import { createView } from "./view.js";

const POLL_MS = 1000;
const POLL_MAX_MS = 8000; // while the service is away
const CLOCK_MS = 200;

const state = createState();
const view = createView({ reserve, book, release });

// Runs action for a ticket, once at a time, with its buttons disabled.
async function busily(id, action) {
	if (state.get().busy.has(id)) return;
	state.setBusy(id, true);
	try {
		await action();
	} finally {
		state.setBusy(id, false);
	}
}

function refused(answer) {
	let text = answer.message;
	if (answer.code === "held" && answer.retryAfter > 0)
		text += ` It may be free in ${asMinutes(answer.retryAfter * 1000)}, or sooner.`;
	else if (api.isAway(answer)) text += " Nothing was changed as far as we know; try again.";
	state.setNotice(text, "bad");
}

// Takes up what a (repeated) reserve answered.
function granted(id, answer) {
	const ms = answer.data.expires_in_ms ?? answer.data.expires_in * 1000;
	state.setHold(id, deadline(answer.sent, ms), answer.data.fence);
}

function reserve(id) {
	return busily(id, async () => {
		const answer = await api.reserve(state.get().clientId, [id]);
		if (!answer.ok) {
			refused(answer);
			poll();
			return;
		}
		granted(id, answer);
		state.setBusy(id, false);
		state.setNotice("", "");
		view.say(`Ticket ${id} is reserved for you.`);
		view.focusHold(id);
	});
}

function book(id) {
	return busily(id, async () => {
		const answer = await api.book(state.get().clientId, [id]);
		if (!answer.ok) {
			refused(answer);
			if (!api.isAway(answer)) state.dropHold(id);
			return;
		}
		state.setBooked(id);
		state.setNotice(`Ticket ${id} is yours.`, "good");
		view.focusBooked();
	});
}

function release(id) {
	return busily(id, async () => {
		const answer = await api.release(state.get().clientId, [id]);
		if (!answer.ok) {
			refused(answer);
			if (!api.isAway(answer)) state.dropHold(id);
			return;
		}
		state.dropHold(id);
		state.setNotice(`Ticket ${id} was given back.`, "good");
		await poll();
		state.setBusy(id, false);
		view.focusTicket(id);
	});
}

// Asks the server how long a hold still lasts: repeating a reserve does not
// extend it. A new token means that the old hold had ended after all.
function confirmHold(id) {
	return busily(id, async () => {
		const hold = state.get().holds.get(id);
		const answer = await api.reserve(state.get().clientId, [id]);
		if (answer.ok && answer.data.fence === hold?.fence) {
			granted(id, answer);
			return;
		}
		if (answer.ok) await api.release(state.get().clientId, [id]);
		if (!answer.ok && api.isAway(answer)) return; // asked again later
		if (answer.code === "booked" && /already/.test(answer.message)) state.setBooked(id);
		else ended(id);
	});
}

function ended(id) {
	state.dropHold(id);
	state.setNotice(`Your time for ticket ${id} is up. If it is still free, you can reserve it again.`, "bad");
}

// ---- what happens by itself ------------------------------------------------

let pollTimer = 0;
let pollDelay = POLL_MS;
let polling = false;

async function poll() {
	if (polling) return;
	polling = true;
	clearTimeout(pollTimer);
	const answer = await api.available();
	polling = false;
	if (answer.ok) {
		pollDelay = POLL_MS;
		const { holds, booked } = state.get();
		state.setAvailable(
			answer.data.available_tickets.filter((id) => !holds.has(id) && !booked.includes(id)),
		);
	} else {
		pollDelay = Math.min(2 * pollDelay, POLL_MAX_MS);
		state.setAway();
	}
	if (!document.hidden) pollTimer = setTimeout(poll, pollDelay);
}

function tick() {
	for (const [id, hold] of state.get().holds) {
		if (leftMs(hold.due) === 0) ended(id);
		else if (clocksDisagree(hold.due)) confirmHold(id);
	}
	view.drawClocks(state.get());
}

function confirmAll() {
	for (const id of state.get().holds.keys()) confirmHold(id);
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
