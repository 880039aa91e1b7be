// Everything the page knows, in one place. Views read it and never change it;
// changes go through the functions below, which tell the subscribers.
//
//   available  ids that can be reserved, in sale order; null: not known yet
//   holds      id -> { due, fence, retaken }: reserved by me until due (clock.js)
//   booked     ids that I booked
//   busy       ids with a request under way
//   link       "wait", "live" or "away"
//   notice     { text, kind } or null: what happened last

import { deadlineFromWall, leftMs } from "./clock.js";

const KEY = "holdfast";

export function createState(storage = localStorage) {
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

	// What another tab or an earlier visit kept.
	function load() {
		let kept = {};
		try {
			kept = JSON.parse(storage.getItem(KEY)) ?? {};
		} catch {
			// Unreadable: as if there was nothing.
		}
		state.clientId = kept.clientId ?? state.clientId;
		state.booked = Array.isArray(kept.booked) ? kept.booked : [];
		const before = state.holds;
		state.holds = new Map();
		for (const [id, hold] of Object.entries(kept.holds ?? {})) {
			const mine = before.get(id);
			const same = mine && mine.due.wall === hold.wall;
			const due = same ? mine.due : deadlineFromWall(hold.wall);
			if (leftMs(due) > 0)
				state.holds.set(id, { due, fence: hold.fence });
		}
		if (!state.clientId) {
			state.clientId = makeId();
			save();
		}
	}

	function save() {
		const holds = {};
		for (const [id, { due, fence }] of state.holds)
			holds[id] = { wall: due.wall, fence };
		const kept = { clientId: state.clientId, holds, booked: state.booked };
		try {
			storage.setItem(KEY, JSON.stringify(kept));
		} catch {
			// A full or forbidden store: the page works until it is closed.
		}
	}

	const change = (f) => (...args) => {
		f(...args);
		save();
		tell();
	};

	load();
	return {
		get: () => state,
		subscribe(f) {
			subscribers.push(f);
			f(state);
		},
		reload() {
			load();
			tell();
		},
		setAvailable: change((ids) => {
			state.available = ids;
			state.link = "live";
		}),
		setAway: change(() => {
			state.link = "away";
		}),
		setBusy: change((id, busy) => {
			if (busy) state.busy.add(id);
			else state.busy.delete(id);
		}),
		setHold: change((id, due, fence) => {
			state.holds.set(id, { due, fence });
			state.available = state.available?.filter((x) => x !== id) ?? null;
		}),
		dropHold: change((id) => {
			state.holds.delete(id);
		}),
		setBooked: change((id) => {
			state.holds.delete(id);
			if (!state.booked.includes(id)) state.booked.push(id);
			state.available = state.available?.filter((x) => x !== id) ?? null;
		}),
		setNotice: change((text, kind) => {
			state.notice = text ? { text, kind } : null;
		}),
	};
}

// crypto.randomUUID() is there on https and localhost only.
function makeId() {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}
