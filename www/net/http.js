// One call: { ok, away, status, problem, data, retryAfterMs, sent }.
//
// An answer that is not ours, or none at all, is an outcome like the others.
// away: the service did not decide, so nobody knows whether the call was
// carried out. Repeating any of ours is safe. problem is the last word of a
// problem's type (RFC 9457), "unreachable" or "unreadable".

import { now } from "../core/clock.js";

const TIMEOUT_MS = 15_000;
const TOO_MANY_REQUESTS = 429;
const DECIDED = ["wait-in-line", "line-full"]; // of 429: an answer, and no outage

const undecided = (problem, sent) => ({
	ok: false,
	away: true,
	status: 0,
	problem,
	data: {},
	retryAfterMs: 0,
	sent,
});

const isObject = (data) => data !== null && typeof data === "object" && !Array.isArray(data);

const wordOf = (type) => (typeof type === "string" ? type.split("/").pop() : "");

function retryAfterMs(response, data) {
	const seconds = data.retry_after_s ?? Number(response.headers.get("Retry-After") ?? 0);
	return Number.isFinite(seconds) ? seconds * 1000 : 0;
}

async function read(response) {
	try {
		return await response.json();
	} catch {
		return null;
	}
}

// isWhole: whether a good answer has all that its reader needs.
export async function call(path, options = {}, isWhole = () => true) {
	const sent = now();
	let response;
	try {
		response = await fetch(path, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) });
	} catch {
		return undecided("unreachable", sent);
	}
	const data = await read(response);
	if (!isObject(data) || (response.ok && !isWhole(data))) return undecided("unreadable", sent);
	const problem = response.ok ? "" : wordOf(data.type);
	const isHaste = response.status === TOO_MANY_REQUESTS && !DECIDED.includes(problem);
	return {
		ok: response.ok,
		away: response.status >= 500 || isHaste,
		status: response.status,
		problem,
		data,
		retryAfterMs: retryAfterMs(response, data),
		sent,
	};
}

export function post(path, body, headers = {}, isWhole) {
	const options = {
		method: "POST",
		headers: { "Content-Type": "application/json", ...headers },
		body: JSON.stringify(body ?? {}),
	};
	return call(path, options, isWhole);
}
