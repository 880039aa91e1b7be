// The on-sale page: which event, and then everything wired together.

import * as api from "../net/api.js";
import { createClock } from "../core/clock.js";
import { createBus } from "../core/events.js";
import { decodeLayout } from "../core/layout.js";
import { createPace } from "../core/pace.js";
import { createSeats } from "../core/seats.js";
import { text } from "../text/text.js";
import { $, h, setText } from "../view/dom.js";
import { createBadge } from "../view/badge.js";
import { fillWords } from "../view/words.js";
import { openSale } from "./sale.js";

const TICK_MS = 200;
const { t, money, day, dayTime, time } = text;
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

function eventLine({ sale, counts, price_from: from, currency }) {
	const left = counts?.available;
	const words = [];
	if (sale?.state === "closed") words.push(t("eventClosed"));
	else if (sale?.state === "not_yet") words.push(t("eventOpens", { when: dayTime(Date.parse(sale.opens_at)) }));
	else if (left !== undefined) words.push(left > 0 ? t("eventLeft", { n: left }) : t("eventSoldOut"));
	if (from > 0) words.push(t("eventFrom", { price: money(from, currency) }));
	return words.join(" · ");
}

function showEvents(events) {
	setText($("title"), t(events.length > 0 ? "pickEvent" : "eventsEmpty"));
	const items = events.map((e) =>
		h("li", {},
			h("a", { className: "card event", href: `/?event=${encodeURIComponent(e.id)}` },
				h("span", { className: "kicker" }, e.starts_at ? day(Date.parse(e.starts_at)) : ""),
				h("span", { className: "event-title" }, e.title || e.id),
				h("span", { className: "soft" }, e.venue ?? ""),
				h("span", { className: "event-line" }, eventLine(e)))),
	);
	$("events").replaceChildren(...items);
	$("events").hidden = false;
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
	const when = Number.isFinite(hall.startsAt) ? `${day(hall.startsAt)}, ${time(hall.startsAt)}` : "";
	setText($("kicker"), [when, hall.venue].filter(Boolean).join(" · "));
	const title = hall.title || t(hall.hasPlan ? "chooseTitle" : "defaultTitle");
	setText($("title"), title);
	document.title = `${title} · Holdfast`;
}

async function load(eventId) {
	const state = await insist(() => api.state(eventId, null));
	if (!state.ok) return null;
	const layout = await insist(() => api.layout(state.data.layout));
	return layout.ok ? { state: state.data, hall: decodeLayout(layout.data) } : load(eventId);
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
	const seats = createSeats(hall.size, (o) => hall.section(o).index, hall.sections.length);
	showHead(hall);
	openSale({ eventId, hall, seats, state, badge, text, clock: createClock(), bus: createBus() });
}

main();
