// Everything the page knows, in one place. Views read it and never change it;
// changes go through the functions below, which tell the subscribers.
//
//   available  ids that can be reserved, in sale order; null: not known yet
//   holds      id -> { due, whole, fence, asked }: reserved by me until due
//              (clock.js) of whole ms; asked: to be booked, answer not known
//   booked     ids that I booked
//   busy       ids with a request under way
//   link       "wait", "live" or "away"
//   notice     { text, kind } or null: what happened last
//
// clientId, holds and booked are kept in the browser and shared by its tabs.

import { deadlineFromWall, leftMs } from "./clock.js";

const KEY = "holdfast";

// null where nothing may be stored: the page then works until it is closed.
function browserStorage() {
	try {
		return localStorage;
	} catch {
		return null;
	}
}

export function createState(storage = browserStorage()) {
	const state = {
		clientId: "",
		available: null,
		holds: new Map(),
		booked: [],
		busy: new Set(),
		link: "wait",
		notice: null,
	};
	const subscribers = [];
	const tell = () => subscribers.forEach((f) => f(state));

	// What is kept; null when there is nothing, or nothing readable.
	function read() {
		try {
			return JSON.parse(storage.getItem(KEY));
		} catch {
			return null;
		}
	}

	// A hold as it was kept; the deadline that this tab counts wins, because
	// it knows the monotonic clock too.
	function takeHold(id, kept, before) {
		const mine = before.get(id);
		const whole = kept.whole ?? 0;
		const same = mine && mine.due.wall === kept.wall;
		const due = same ? mine.due : deadlineFromWall(kept.wall, whole);
		if (same || kept.asked || leftMs(due) > 0)
			state.holds.set(id, { due, whole, fence: kept.fence, asked: Boolean(kept.asked) });
	}

	// Takes up what another tab or an earlier visit kept.
	function load() {
		const kept = read();
		if (!kept) return;
		state.clientId = kept.clientId ?? state.clientId;
		state.booked = Array.isArray(kept.booked) ? kept.booked : [];
		const before = state.holds;
		state.holds = new Map();
		for (const [id, hold] of Object.entries(kept.holds ?? {})) takeHold(id, hold, before);
	}

	function save() {
		const holds = {};
		for (const [id, { due, whole, fence, asked }] of state.holds)
			holds[id] = { wall: due.wall, whole, fence, asked };
		const kept = { clientId: state.clientId, holds, booked: state.booked };
		try {
			storage.setItem(KEY, JSON.stringify(kept));
		} catch {
			// Full or forbidden: see browserStorage().
		}
	}

	// For what this tab alone shows.
	const shown = (f) => (...args) => {
		f(...args);
		tell();
	};

	// For what is kept. Another tab may have written since, so its news are
	// read first; otherwise the last writer would undo the others' holds.
	const kept = (f) => (...args) => {
		load();
		f(...args);
		save();
		tell();
	};

	const withdraw = (id) => {
		state.available = state.available?.filter((x) => x !== id) ?? null;
	};

	load();
	if (!state.clientId) {
		state.clientId = makeId();
		save();
	}
	return {
		get: () => state,
		subscribe(f) {
			subscribers.push(f);
			f(state);
		},
		reload: shown(load),
		setAvailable: shown((ids) => {
			state.available = ids;
			state.link = "live";
		}),
		setAway: shown(() => {
			state.link = "away";
		}),
		setBusy: shown((id, busy) => {
			if (busy) state.busy.add(id);
			else state.busy.delete(id);
		}),
		setNotice: shown((text, kind) => {
			state.notice = text ? { text, kind } : null;
		}),
		// The server granted id for ms from now; a repeated grant is only the
		// rest of the whole.
		setHold: kept((id, due, ms, fence) => {
			const before = state.holds.get(id);
			const again = before?.fence === fence;
			const whole = again ? before.whole : ms;
			state.holds.set(id, { due, whole, fence, asked: again && before.asked });
			withdraw(id);
		}),
		// Whether id is to be booked and the answer is not known.
		setAsked: kept((id, asked) => {
			const hold = state.holds.get(id);
			if (hold) state.holds.set(id, { ...hold, asked });
		}),
		dropHold: kept((id) => {
			state.holds.delete(id);
		}),
		giveBack: kept((id) => {
			state.holds.delete(id);
			state.available = withTickets(state.available ?? [], [id]);
		}),
		setBooked: kept((id) => {
			state.holds.delete(id);
			if (!state.booked.includes(id)) state.booked.push(id);
			withdraw(id);
		}),
	};
}

const byName = new Intl.Collator("en", { numeric: true }).compare;

// ids and those of more that are not among them, in order.
export function withTickets(ids, more) {
	const there = new Set(ids);
	const missing = more.filter((id) => !there.has(id));
	return missing.length ? [...ids, ...missing].sort(byName) : ids;
}

// crypto.randomUUID() is there on https and localhost only.
function makeId() {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}
