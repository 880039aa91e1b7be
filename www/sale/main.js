// The on-sale page: which event, and then everything wired together.

import * as api from "../net/api.js";
import { createClock } from "../core/clock.js";
import { createBus } from "../core/events.js";
import { pause } from "../core/gently.js";
import { decodeGently } from "../core/layout.js";
import { createPace } from "../core/pace.js";
import { createSeats } from "../core/seats.js";
import { text } from "../text/text.js";
import { $, setText } from "../view/dom.js";
import { createBadge } from "../view/badge.js";
import { createEvents } from "../view/events.js";
import { fillWords } from "../view/words.js";
import { openSale } from "./sale.js";

const TICK_MS = 200;
const { t, whenLong } = text;
const badge = createBadge(text);

// Asks until there is an answer that decides.
async function insist(ask) {
	const pace = createPace();
	for (;;) {
		const answer = await ask();
		if (!answer.away) return answer;
		badge.set({ stream: "down", poll: "away", heard: null });
		pace.failed();
		await new Promise((done) => setTimeout(done, pace.next(false)));
	}
}

// ---- which event -----------------------------------------------------------

function showEvents(events) {
	setText($("title"), t(events.length > 0 ? "pickEvent" : "eventsEmpty"));
	createEvents({ text, askState: api.state }).show($("events"), events);
	badge.set({ stream: "open", poll: "ok", heard: performance.now() });
}

async function chosenEvent() {
	const named = new URLSearchParams(location.search).get("event");
	if (named) return named;
	const { data } = await insist(api.events);
	const events = data.events ?? [];
	if (events.length === 1) return events[0].id;
	showEvents(events);
	return null;
}

// ---- the event -------------------------------------------------------------

function showHead(hall) {
	const when = Number.isFinite(hall.startsAt) ? whenLong(hall.startsAt, hall.timeZone) : "";
	setText($("kicker"), [when, hall.venue].filter(Boolean).join(" · "));
	const title = hall.title || t(hall.hasPlan ? "chooseTitle" : "defaultTitle");
	setText($("title"), title);
	document.title = `${title} · Holdfast`;
}

async function load(eventId) {
	const state = await insist(() => api.state(eventId, null));
	if (!state.ok) return null;
	const layout = await insist(() => api.layout(state.data.layout));
	return layout.ok ? { state: state.data, hall: await decodeGently(layout.data) } : load(eventId);
}

async function main() {
	fillWords(document, text);
	setInterval(badge.draw, TICK_MS);
	const eventId = await chosenEvent();
	if (eventId === null) return;
	const loaded = await load(eventId);
	if (!loaded) {
		setText($("title"), t("unknownEvent"));
		return;
	}
	const { hall, state } = loaded;
	showHead(hall);
	await pause();
	const seats = createSeats(hall.size, (o) => hall.section(o).index, hall.sections.length);
	await pause();
	seats.applySnapshot(state, true); // before there is anything to draw it anew
	await pause();
	openSale({ eventId, hall, seats, state, badge, text, clock: createClock(), bus: createBus() });
}

main();
