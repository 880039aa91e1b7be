// Draws the state. An element stays the same as long as its ticket is shown,
// so the focus and a screen reader's place survive every poll. When it goes,
// the focus follows the ticket to its new place, or stays in the neighbourhood.

import { asMinutes, asWords, leftMs } from "./clock.js";

const WARN_MS = 30000;
const SPOKEN_MS = [60000, 30000, 10000];

const $ = (id) => document.getElementById(id);

function element(tag, className, text) {
	const e = document.createElement(tag);
	e.className = className;
	if (text !== undefined) e.textContent = text;
	return e;
}

function button(className, text, label, onclick) {
	const b = element("button", className, text);
	b.type = "button";
	b.setAttribute("aria-label", label);
	b.addEventListener("click", onclick);
	return b;
}

// Makes list have exactly one li for each id, in order; make(id) builds one.
function sync(list, ids, make) {
	const there = new Map([...list.children].map((li) => [li.dataset.id, li]));
	const wanted = new Set(ids);
	for (const [id, li] of there) if (!wanted.has(id)) li.remove();
	ids.forEach((id, i) => {
		let li = there.get(id);
		if (!li) {
			li = make(id);
			li.dataset.id = id;
		}
		if (list.children[i] !== li) list.insertBefore(li, list.children[i] ?? null);
	});
}

const find = (list, id) => [...$(list).children].find((li) => li.dataset.id === id);

// Not the attribute "disabled", which would take the focus away.
function setBusy(li, busy) {
	for (const b of li.querySelectorAll("button"))
		if (b.ariaDisabled !== String(busy)) b.ariaDisabled = String(busy);
}

// Which ticket has the focus, and where.
function focusedTicket() {
	const li = document.activeElement?.closest("li[data-id]");
	if (!li) return null;
	return { li, list: li.parentElement.id, index: [...li.parentElement.children].indexOf(li) };
}

// The focus was in a ticket's element that has gone. Never to the button of
// another ticket's hold: who presses Enter twice would book that one, too.
function followFocus({ li, list, index }) {
	const { id } = li.dataset;
	const tickets = $("available").children;
	const near = list === "available" ? tickets[Math.min(index, tickets.length - 1)] : null;
	const place =
		find("holds", id)?.querySelector(".primary") ??
		(find("booked", id) && $("booked-title")) ??
		(find("available", id) ?? near)?.querySelector("button") ??
		$("available-title");
	place.focus();
}

export function createView(actions) {
	const spoken = new Map(); // id -> the last mark that was announced

	function makeTicket(id) {
		const li = element("li", "ticket");
		const b = button("ticket-button", "", `Reserve ticket ${id}`, () => actions.reserve(id));
		b.append(element("span", "ticket-id", id), element("span", "ticket-word", "Reserve"));
		li.append(b);
		return li;
	}

	function makeHold(id) {
		const li = element("li", "hold");
		const name = element("p", "hold-name", `Ticket ${id}`);
		const time = element("p", "hold-time");
		const clock = element("span", "hold-clock");
		clock.setAttribute("role", "timer");
		time.append(clock, element("span", "hold-word", " left to book"));
		const bar = element("div", "bar");
		bar.setAttribute("aria-hidden", "true");
		bar.append(element("div", "bar-rest"));
		const row = element("div", "hold-actions");
		row.append(
			button("primary", "Book", `Book ticket ${id}`, () => actions.book(id)),
			button("quiet", "Release", `Release ticket ${id}`, () => actions.release(id)),
		);
		li.append(name, time, bar, row);
		return li;
	}

	function makeBooked(id) {
		const li = element("li", "booked-ticket");
		li.append(element("span", "check", "✓"), document.createTextNode(` Ticket ${id}`));
		li.firstChild.setAttribute("aria-hidden", "true");
		return li;
	}

	function drawLink(state) {
		const words = { wait: "Connecting", live: "Live", away: "Not reachable, trying again" };
		$("link").dataset.state = state.link;
		$("link-text").textContent = words[state.link];
	}

	function drawNotice({ notice }) {
		const n = $("notice");
		n.hidden = !notice;
		if (!notice) return;
		if (n.textContent !== notice.text) n.textContent = notice.text;
		n.dataset.kind = notice.kind;
	}

	function drawAvailable(state) {
		const ids = state.available ?? [];
		$("available").setAttribute("aria-busy", String(state.available === null));
		sync($("available"), ids, makeTicket);
		for (const li of $("available").children) setBusy(li, state.busy.has(li.dataset.id));
		$("count").textContent = state.available === null ? "" : `${ids.length} left`;
		$("empty").hidden = state.available === null || ids.length > 0;
		$("empty").textContent =
			"No ticket is free right now. Reserved ones may come back: this page looks every second.";
	}

	function drawHolds(state) {
		$("holds-part").hidden = state.holds.size === 0;
		sync($("holds"), [...state.holds.keys()], makeHold);
		for (const li of $("holds").children) setBusy(li, state.busy.has(li.dataset.id));
	}

	function drawBooked(state) {
		$("booked-part").hidden = state.booked.length === 0;
		sync($("booked"), state.booked, makeBooked);
	}

	function say(text) {
		$("announce").textContent = text;
	}

	// Speaks at a few marks only: a voice that counts every second is no help.
	function announce(id, left) {
		const mark = SPOKEN_MS.filter((m) => left <= m).pop();
		if (mark === undefined) spoken.delete(id);
		else if (spoken.get(id) !== mark) {
			spoken.set(id, mark);
			say(`Ticket ${id}: ${asWords(left)} left to book`);
		}
	}

	return {
		draw(state) {
			const focused = focusedTicket();
			drawLink(state);
			drawNotice(state);
			drawHolds(state);
			drawAvailable(state);
			drawBooked(state);
			this.drawClocks(state);
			if (focused && !focused.li.isConnected) followFocus(focused);
		},
		drawClocks(state) {
			for (const li of $("holds").children) {
				const hold = state.holds.get(li.dataset.id);
				if (!hold) continue;
				const left = leftMs(hold.due);
				const clock = li.querySelector(".hold-clock");
				const text = asMinutes(left);
				if (clock.textContent !== text) clock.textContent = text;
				li.classList.toggle("ending", left <= WARN_MS);
				const rest = `${(100 * left) / hold.whole}%`;
				li.querySelector(".bar-rest").style.setProperty("inline-size", rest);
				announce(li.dataset.id, left);
			}
		},
		say,
	};
}
