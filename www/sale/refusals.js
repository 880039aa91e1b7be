// What to say when something could not be done, and what to do instead.
//
// Gives { text, kind: "bad", actions: [{ label, run }] }: never a code, always
// a way on where there is one.

import { nearestEquals } from "../core/nearest.js";

export function createRefusals({ hall, seats, names, text, basket, onLine }) {
	const { t, duration } = text;
	const bad = (words, actions = []) => ({ text: words, kind: "bad", actions });

	// The lost seats, and how each was lost; who lost all, by the problem.
	function losses(ordinals, { problem, data }) {
		const conflicts = (data.conflicts ?? [])
			.map((c) => ({ ...c, ordinal: hall.ordinal(c.seat) }))
			.filter((c) => c.ordinal !== undefined);
		if (conflicts.length > 0) return conflicts;
		const state = { "seat-sold": "booked", "seat-blocked": "blocked" }[problem] ?? "held";
		return ordinals.map((ordinal) => ({ ordinal, state }));
	}

	function lostText(lost) {
		if (lost.length > 1) return t("lostMany", { n: lost.length });
		const [{ ordinal, state, may_return_in_s: s }] = lost;
		const seat = names.full(ordinal);
		if (state === "booked") return t("lostSold", { seat });
		if (state === "blocked") return t("lostBlocked", { seat });
		return s ? t("lostHeldReturn", { seat, time: duration(s * 1000) }) : t("lostHeld", { seat });
	}

	function lostSeats(ordinals, answer) {
		const lost = losses(ordinals, answer);
		const gone = new Set(lost.map((l) => l.ordinal));
		const isFree = (o) => seats.isFree(o) && !gone.has(o);
		const groups = nearestEquals(hall, isFree, ordinals);
		const actions = groups.map((group) => ({
			label: t("takeInstead", { seats: names.some(group) }),
			run: () => basket.take(group),
		}));
		const then = groups.length > 0 ? t("instead", { n: ordinals.length }) : t("noneLike");
		return bad(`${lostText(lost)} ${then}`, actions);
	}

	function limit({ data }) {
		const n = data.seats_limit;
		return bad(n ? t("limitReached", { n }) : t("limitReachedPlain"));
	}

	// Others come first; the panel of the line says how to join them.
	function inLine({ answer, ordinals, wish }) {
		const join = { label: t("lineSee"), run: () => onLine(wish ?? { count: ordinals.length }) };
		return bad(t("lineFirst", { n: answer.data.length ?? 0 }), [join]);
	}

	const says = (key) => () => bad(t(key));

	const PROBLEMS = {
		"seat-held": (asked) => lostSeats(asked.ordinals, asked.answer),
		"seat-sold": (asked) => lostSeats(asked.ordinals, asked.answer),
		"seat-blocked": (asked) => lostSeats(asked.ordinals, asked.answer),
		"nothing-fits": says("bestNothing"),
		"wait-in-line": inLine,
		"line-full": ({ answer }) => bad(t("lineFull", { n: answer.data.length ?? 0 })),
		unacceptable: ({ doing }) => bad(t(doing === "line" ? "lineNever" : "refusedPlain")),
		"seat-limit": ({ answer }) => limit(answer),
		"sale-closed": says("saleClosed"),
		"sale-not-open": says("saleNotOpen"),
		"no-extension-left": says("noExtension"),
		"too-fast": says("tooFast"),
		"not-configured": says("notConfigured"),
	};

	const OUTLOOK = {
		reserve: "againReserve",
		best: "refusedPlain",
		book: "againBook",
		release: "againRelease",
		extend: "againRelease",
		line: "againRelease",
	};

	return function explain(asked) {
		const { doing, answer } = asked;
		const known = PROBLEMS[answer.problem];
		if (known) return known(asked);
		if (answer.away) return bad(`${t("unreachable")} ${t(OUTLOOK[doing])}`);
		return bad(t("refusedPlain"));
	};
}
