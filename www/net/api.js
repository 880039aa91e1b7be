// The calls of docs/openapi.yaml that the page makes.

import { call, post } from "./http.js";

const event = (id) => `/api/events/${encodeURIComponent(id)}`;
const hold = (id) => `/api/holds/${encodeURIComponent(id)}`;
const order = (number) => `/api/orders/${encodeURIComponent(number)}`;

// What an answer must have before anybody relies on it.
const isHold = (d) =>
	typeof d.id === "string" && Array.isArray(d.seats) && Number.isFinite(d.expires_in_ms);
const isState = (d) => Array.isArray(d.seats) && Number.isFinite(d.version) && Boolean(d.sale);
const isPlace = (d) =>
	typeof d.state === "string" && Number.isFinite(d.ask_again_in_ms) && Boolean(d.sale);
const hasSections = (d) => Array.isArray(d.sections);
const has = (name) => (d) => Array.isArray(d[name]);

// Who I am stands in a cookie that no script can read. Whether there ever was
// one is kept beside it, so that nobody's holds are asked for in vain.
const KNOWN = "holdfast:known";

function isKnown() {
	try {
		return localStorage.getItem(KNOWN) !== null;
	} catch {
		return true; // nothing may be stored: only the server can tell
	}
}

async function makeIdentity() {
	const answer = await post("/api/identity", { use: "cookie" });
	try {
		if (answer.ok) localStorage.setItem(KNOWN, "1");
	} catch {
		// See isKnown().
	}
	return answer;
}

let making = null;

// Makes me an identity, or finds that mine is good. Once at a time: of two
// that are made at once, the browser would keep one and lose the other's seats.
export function identify() {
	making ??= makeIdentity().finally(() => {
		making = null;
	});
	return making;
}

const noneOf = (name) => ({ ok: true, away: false, status: 200, problem: "", data: { [name]: [] } });
const isNobody = ({ problem }) => ["identity-required", "bad-identity"].includes(problem);

// Who has none yet, or one that is not good any more, gets one and asks again.
async function identified(ask) {
	if (!isKnown()) {
		const made = await identify();
		if (!made.ok) return made;
	}
	const answer = await ask();
	if (!isNobody(answer)) return answer;
	const made = await identify();
	return made.ok ? ask() : made;
}

// What is mine; a new identity has nothing.
async function mine(path, name) {
	if (!isKnown()) return noneOf(name);
	const answer = await call(path, { cache: "no-store" }, has(name));
	return isNobody(answer) ? noneOf(name) : answer;
}

export const events = () => call("/api/events", {}, has("events"));
export const layout = (path) => call(path, {}, hasSections);
export const state = (id, since) =>
	call(`${event(id)}/state${since === null ? "" : `?since=${since}`}`, {}, isState);
export const board = (id, step) => call(`${event(id)}/board?step=${step}`, {}, has("buckets"));

export const take = (id, wish) =>
	identified(() => post(`${event(id)}/holds`, wish, {}, isHold));

// Whoever has no identity may ask, too: then how long the line is.
export const line = (id) => call(`${event(id)}/line`, { cache: "no-store" }, isPlace);
export const joinLine = (id, wish) =>
	identified(() => post(`${event(id)}/line`, wish, {}, isPlace));
export const leaveLine = (id) => post(`${event(id)}/line/leave`);

export const holds = () => mine("/api/holds", "holds");
export const showHold = (id) => call(hold(id), { cache: "no-store" });
export const extend = (id) => post(`${hold(id)}/extend`, {}, {}, isHold);
export const release = (id) => post(`${hold(id)}/release`);

// The key is the hold's own id: however often it is sent, one order.
export const book = (id) => post(`${hold(id)}/book`, {}, { "Idempotency-Key": id });

export const orders = () => mine("/api/orders", "orders");
export const showOrder = (number) => call(order(number), { cache: "no-store" });
export const calendarOf = (number) => `${order(number)}/calendar.ics`;
export const liveOf = (id) => `${event(id)}/live`;
