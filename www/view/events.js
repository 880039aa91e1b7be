// The start: one card an event, with when, where, and how much is left.
//
// The list of events says nothing of what is left; an answer of …/state since
// a version that will never be has the counts and hardly a seat.

import { h, setText } from "./dom.js";

const NEVER = Number.MAX_SAFE_INTEGER;

// askState(id, since): as api.state()
export function createEvents({ text, askState }) {
	const { t, number, dayParts, whenShort } = text;

	// The day in large, for the eye; it stands in words beside it, too.
	function dateBlock({ starts_at: at, time_zone: zone }) {
		if (!at) return "";
		const { day, month } = dayParts(Date.parse(at), zone);
		return h("span", { className: "event-date", "aria-hidden": "true" },
			h("span", { className: "event-day" }, day),
			h("span", {}, month));
	}

	function saleLine({ sale, time_zone: zone }) {
		if (sale.state === "closed") return t("eventClosed");
		if (sale.state === "not_yet") return t("eventOpens", { when: whenShort(Date.parse(sale.opens_at), zone) });
		return t("eventOpen");
	}

	function card(event) {
		const line = h("span", { className: "event-line" }, saleLine(event));
		const when = event.starts_at ? whenShort(Date.parse(event.starts_at), event.time_zone) : "";
		const facts = [event.venue, when].filter(Boolean).map((words) => h("span", { className: "soft" }, words));
		const rest = h("span", { className: "event-rest", "aria-hidden": "true", hidden: true }, h("span"));
		const li = h("li", {},
			h("a", { className: "card event", href: `/?event=${encodeURIComponent(event.id)}` },
				dateBlock(event),
				h("span", { className: "event-body" },
					h("span", { className: "event-title" }, event.title || event.id), ...facts),
				h("span", { className: "event-foot" }, rest, line)));
		return { event, li, line, rest };
	}

	function showCounts({ line, rest }, { available, held, booked, blocked }) {
		const all = available + held + booked + blocked;
		const words = available > 0 ? t("eventLeft", { n: available }) : t(held > 0 ? "eventAllHeld" : "eventSoldOut");
		setText(line, words);
		rest.hidden = all === 0;
		rest.firstChild.style.setProperty("inline-size", `${(100 * available) / all}%`);
		rest.title = t("eventLeftOf", { n: available, all: number(all) });
	}

	// One after the other: a long list asks no crowd of questions.
	async function fillIn(cards) {
		for (const one of cards) {
			if (one.event.sale.state !== "open") continue;
			const { ok, data } = await askState(one.event.id, NEVER);
			if (ok && data.counts) showCounts(one, data.counts);
		}
	}

	return {
		show(list, events) {
			const cards = events.map(card);
			list.replaceChildren(...cards.map((c) => c.li));
			list.hidden = false;
			fillIn(cards);
		},
	};
}
