// The basket: what is held for me, and every call that changes it.
//
//   holds    id -> { id, ordinals, total, due, whole, extensionsLeft, asked }
//            due: the server's ms; asked: to be booked, answer not known
//   ended    ordinals whose time ran out, until taken again or dismissed
//   orders   numbers that I booked for this event
//   busy     "", "finding", "extending", "booking" or "releasing"
//
// The server's list of my holds is the truth: it is asked at the start, when
// the page is seen again, when another tab changed something, when a clock is
// in doubt and after every outage. A call whose answer was lost is repeated.

import * as api from "../net/api.js";

const DOUBT_MS = 2000; // between two questions about a clock in doubt
const WANTED_MS = 60_000; // so long a lost reserve is asked for again

export function createBasket({ eventId, hall, seats, clock, kept, bus }) {
	const state = { holds: new Map(), ended: [], orders: [], busy: "" };
	const wanted = new Map(); // ordinals -> since when a take has no answer
	let revision = 0; // of what only this tab knows to be newer than a list
	let syncing = null;
	let lastDoubt = -Infinity;

	function changed() {
		const mine = new Map();
		for (const hold of state.holds.values())
			for (const o of hold.ordinals) mine.set(o, hold.id);
		seats.setMine(mine);
		bus.tell("basket", state);
	}

	function setBusy(busy) {
		state.busy = busy;
		bus.tell("basket", state);
	}

	// Only answers made for me alone: a shared one may be a second old.
	function hear(answer) {
		if (answer.sent) clock.hear(Date.parse(answer.data.server_time), answer.sent);
	}

	// ---- holds come and go -------------------------------------------------

	function put(body) {
		const before = state.holds.get(body.id);
		const asked = before?.asked ?? kept.read()[body.id]?.asked ?? false;
		state.holds.set(body.id, {
			id: body.id,
			ordinals: body.seats.map((s) => s.ordinal),
			total: body.total_minor,
			due: Date.parse(body.server_time) + body.expires_in_ms,
			whole: Math.max(before?.whole ?? 0, body.expires_in_ms),
			extensionsLeft: body.extensions_left ?? 0,
			asked,
		});
		kept.put(body.id, body.seats.map((s) => s.ordinal), asked);
	}

	function drop(id) {
		state.holds.delete(id);
		kept.drop(id);
	}

	function putAndTell(body) {
		revision++;
		put(body);
		const ordinals = state.holds.get(body.id).ordinals;
		state.ended = state.ended.filter((o) => !ordinals.includes(o));
		changed();
		return ordinals;
	}

	function ended(id) {
		const { ordinals } = state.holds.get(id) ?? kept.read()[id] ?? { ordinals: [] };
		drop(id);
		state.ended = [...new Set([...state.ended, ...ordinals])];
		bus.tell("ended", ordinals);
	}

	function booked(id, number) {
		drop(id);
		if (!state.orders.includes(number)) state.orders.push(number);
	}

	// There is more to do on this page than to look at an order.
	const isUnfinished = () => state.holds.size > 0 || wanted.size > 0;

	// What became of a hold that the server's list does not name any more.
	async function askWhatBecame(id) {
		const answer = await api.showHold(id);
		if (answer.away) return;
		const number = numberOf(answer.data);
		const isWaitedFor = state.holds.get(id)?.asked;
		if (answer.ok && answer.data.seats && !number) put(answer.data);
		else if (number) {
			booked(id, number);
			if (isWaitedFor) bus.tell("booked", [number], isUnfinished());
		} else if (answer.problem === "hold-expired") ended(id);
		else drop(id);
	}

	const numberOf = ({ number, order }) => number ?? order?.split("/").pop();

	async function readOnce() {
		const before = revision;
		const answer = await api.holds();
		hear(answer);
		if (answer.away) return false;
		if (revision !== before) return readOnce();
		if (!answer.ok) return true;
		const mine = answer.data.holds.filter((h) => h.event === eventId);
		for (const body of mine) put({ server_time: answer.data.server_time, ...body });
		const listed = new Set(mine.map((h) => h.id));
		const gone = [...new Set([...state.holds.keys(), ...Object.keys(kept.read())])];
		await Promise.all(gone.filter((id) => !listed.has(id)).map(askWhatBecame));
		changed();
		return true;
	}

	// Once at a time: who asks meanwhile gets the same answer.
	function sync() {
		syncing ??= readOnce().finally(() => {
			syncing = null;
		});
		return syncing;
	}

	async function syncOrders() {
		const answer = await api.orders();
		if (!answer.ok) return;
		const mine = answer.data.orders.filter((o) => o.event === eventId && !o.cancelled_at);
		state.orders = [...new Set([...mine.map((o) => o.number), ...state.orders])];
		changed();
	}

	// ---- what a person asks for --------------------------------------------

	async function take(ordinals) {
		if (ordinals.some((o) => seats.look(o) === "pending")) return;
		const key = ordinals.join();
		if (!wanted.has(key)) wanted.set(key, { ordinals, since: performance.now() });
		seats.setPending(ordinals, true);
		const answer = await api.take(eventId, { seats: ordinals.map(hall.id) });
		hear(answer);
		seats.setPending(ordinals, false);
		if (!answer.away) wanted.delete(key);
		if (!answer.ok) bus.tell("refused", { doing: "reserve", ordinals, answer });
		else bus.tell("reserved", putAndTell(answer.data));
	}

	async function takeBest(best) {
		if (state.busy) return;
		setBusy("finding");
		const answer = await api.take(eventId, { best });
		hear(answer);
		state.busy = "";
		if (answer.ok) bus.tell("reserved", putAndTell(answer.data), "best");
		else bus.tell("refused", { doing: "best", ordinals: [], answer, wish: best });
		changed();
	}

	// What the line says when it is my turn.
	async function takeTurn(wish) {
		const answer = await api.take(eventId, wish);
		hear(answer);
		if (answer.ok) bus.tell("reserved", putAndTell(answer.data), "best");
		return answer;
	}

	async function release(id) {
		const hold = state.holds.get(id);
		if (!hold || state.busy) return;
		setBusy("releasing");
		const answer = await api.release(id);
		hear(answer);
		state.busy = "";
		revision++;
		if (answer.ok) {
			seats.setReturned(hold.ordinals);
			drop(id);
			bus.tell("returned", hold.ordinals);
		} else if (answer.away) bus.tell("refused", { doing: "release", ordinals: hold.ordinals, answer });
		else await askWhatBecame(id);
		changed();
	}

	// Those that end about together with the first.
	function endingHolds() {
		const holds = [...state.holds.values()].filter((h) => !h.asked);
		const first = Math.min(...holds.map((h) => h.due));
		return holds.filter((h) => h.extensionsLeft > 0 && h.due < first + h.whole / 2);
	}

	async function extendOne({ id, ordinals }) {
		const answer = await api.extend(id);
		hear(answer);
		revision++;
		if (answer.ok) put(answer.data);
		else if (answer.status === 410) await askWhatBecame(id);
		else bus.tell("refused", { doing: "extend", ordinals, answer });
		return answer.ok;
	}

	async function extend() {
		if (state.busy) return;
		setBusy("extending");
		let done = 0;
		for (const hold of endingHolds()) done += await extendOne(hold);
		state.busy = "";
		changed();
		if (done > 0) bus.tell("extended", dueFirst());
	}

	function setAsked(hold, asked) {
		state.holds.set(hold.id, { ...hold, asked });
		kept.put(hold.id, hold.ordinals, asked);
	}

	async function bookOne(hold) {
		const answer = await api.book(hold.id);
		hear(answer);
		revision++;
		const number = numberOf(answer.data);
		if (answer.ok || number) booked(hold.id, number);
		else if (answer.problem === "hold-expired") ended(hold.id);
		else {
			if (!answer.away) setAsked(hold, false);
			bus.tell("refused", { doing: "book", ordinals: hold.ordinals, answer });
		}
		return number;
	}

	async function bookThese(holds) {
		if (state.busy || holds.length === 0) return;
		setBusy("booking");
		for (const hold of holds) setAsked(hold, true);
		const numbers = [];
		for (const hold of holds) numbers.push(await bookOne(hold));
		state.busy = "";
		changed();
		const done = numbers.filter(Boolean);
		if (done.length > 0) bus.tell("booked", done, isUnfinished() || done.length < numbers.length);
	}

	// ---- what happens by itself --------------------------------------------

	const dueFirst = () => Math.min(...[...state.holds.values()].map((h) => h.due));

	// The service answers again: what came of the calls that had no answer?
	async function askAgain() {
		if (!(await sync())) return;
		bookThese([...state.holds.values()].filter((h) => h.asked));
		for (const [key, { ordinals, since }] of wanted) {
			if (ordinals.every((o) => seats.holdOf(o))) wanted.delete(key);
			else if (performance.now() - since < WANTED_MS) take(ordinals);
			else {
				wanted.delete(key);
				bus.tell("gaveUp", ordinals);
			}
		}
	}

	function tick() {
		if (state.holds.size === 0) return;
		if (clock.isInDoubt()) {
			if (performance.now() - lastDoubt < DOUBT_MS) return;
			lastDoubt = performance.now();
			sync();
			return;
		}
		const over = [...state.holds.values()].filter((h) => !h.asked && h.due <= clock.now());
		if (over.length === 0) return;
		revision++;
		for (const { id } of over) ended(id);
		changed();
	}

	return {
		get: () => state,
		hasLoose: () => wanted.size > 0 || [...state.holds.values()].some((h) => h.asked),
		dueFirst,
		take,
		takeBest,
		takeTurn,
		release,
		extend,
		book: () => bookThese([...state.holds.values()]),
		dismissEnded() {
			state.ended = [];
			changed();
		},
		takeEnded: () => take(state.ended),
		start: () => Promise.all([sync(), syncOrders()]),
		// For who waits: the server's time, and one question less at the door.
		identify: async () => hear(await api.identify()),
		sync,
		askAgain,
		tick,
	};
}
