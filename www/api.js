// The four calls. Each gives { ok, code, message, retryAfter, data, sent }:
// an answer that is no JSON, or none at all, becomes an error like the others.

import { now } from "./clock.js";

const TIMEOUT_MS = 15000;

function failure(code, message, retryAfter = 2) {
	return { ok: false, code, message, retryAfter, data: {} };
}

async function call(path, options) {
	const sent = now();
	let response;
	let data;
	try {
		response = await fetch(path, {
			...options,
			signal: AbortSignal.timeout(TIMEOUT_MS),
		});
	} catch {
		return { ...failure("unreachable", "The ticket service cannot be reached."), sent };
	}
	try {
		data = await response.json();
	} catch {
		return { ...failure("unreadable", "The ticket service gave an answer that cannot be read."), sent };
	}
	return {
		ok: response.ok && data.status === "success",
		code: data.code ?? "",
		message: data.message ?? "",
		retryAfter: data.retry_after ?? 0,
		data,
		sent,
	};
}

function post(path, clientId, ids) {
	return call(path, {
		method: "POST",
		headers: { "Content-Type": "application/json" },
		body: JSON.stringify({ client_id: clientId, ticket_ids: ids }),
	});
}

export const reserve = (clientId, ids) => post("reserve_ticket", clientId, ids);
export const book = (clientId, ids) => post("book_ticket", clientId, ids);
export const release = (clientId, ids) => post("release_ticket", clientId, ids);

// "no-cache": the browser asks with If-None-Match, and a 304 costs nothing.
export const available = () => call("available_tickets", { cache: "no-cache" });

// Whether the service itself is away, rather than the wish refused.
export function isAway(answer) {
	return ["unreachable", "unreadable", "unavailable", "lock_unavailable",
		"database_unavailable", "too_many_requests"].includes(answer.code);
}
