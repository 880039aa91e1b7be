// The four calls. Each gives { ok, away, code, message, retryAfter, data, sent }:
// an answer that is not ours, or none at all, becomes an error like the others.
// away: the service did not decide, so nobody knows whether the call was
// carried out. Repeating any of them is safe.

import { now } from "./clock.js";

const TIMEOUT_MS = 15000;
const TOO_MANY_REQUESTS = 429;

function undecided(code, message, sent) {
	return { ok: false, away: true, code, message, retryAfter: 0, data: {}, sent };
}

const isOurs = (data) => typeof data?.status === "string";

async function call(path, options, isWhole = isOurs) {
	const sent = now();
	let response;
	let data;
	try {
		response = await fetch(path, {
			...options,
			signal: AbortSignal.timeout(TIMEOUT_MS),
		});
	} catch {
		return undecided("unreachable", "The ticket service cannot be reached.", sent);
	}
	try {
		data = await response.json();
	} catch {
		data = null;
	}
	if (!isOurs(data) || (response.ok && !isWhole(data)))
		return undecided("unreadable", "The ticket service gave an answer that cannot be read.", sent);
	return {
		ok: response.ok && data.status === "success",
		away: response.status >= 500 || response.status === TOO_MANY_REQUESTS,
		code: data.code ?? "",
		message: data.message ?? "",
		retryAfter: data.retry_after ?? 0,
		data,
		sent,
	};
}

function post(path, clientId, ids, isWhole) {
	const options = {
		method: "POST",
		headers: { "Content-Type": "application/json" },
		body: JSON.stringify({ client_id: clientId, ticket_ids: ids }),
	};
	return call(path, options, isWhole);
}

const hasTime = (data) => Number.isFinite(data.expires_in);
const hasList = (data) => Array.isArray(data.available_tickets);

export const reserve = (clientId, ids) => post("reserve_ticket", clientId, ids, hasTime);
export const book = (clientId, ids) => post("book_ticket", clientId, ids);
export const release = (clientId, ids) => post("release_ticket", clientId, ids);

// "no-cache": the browser asks with If-None-Match, and a 304 costs nothing.
export const available = () => call("available_tickets", { cache: "no-cache" }, hasList);
