// Before the sale opens: when it does, what there will be, and the door that
// opens by itself. Who joins the line meanwhile has a place in it (line.js).

import { asMinutes } from "../core/clock.js";
import { $, h, setText } from "./dom.js";

const KNOCK_MS = 700;

export function createWait({ hall, text, clock, onOpen }) {
	const { t, money, whenShort } = text;
	let opensAt = null;
	let asked = -Infinity;

	// The clock may be early by a little: asks again until it is open.
	function knock() {
		if (performance.now() - asked < KNOCK_MS) return;
		asked = performance.now();
		onOpen();
	}

	function zones() {
		return hall.sections.map((s) => {
			const prices = s.rows.flatMap((r) => [hall.price(r.first), hall.price(r.first + r.count - 1)]);
			const low = Math.min(...prices);
			const line = [t("seats", { n: s.count }), low > 0 && t("eventFrom", { price: money(low, hall.currency) })];
			return h("li", {}, h("span", {}, s.name || hall.title),
				h("span", { className: "soft" }, line.filter(Boolean).join(" · ")));
		});
	}

	return {
		// at: the server's ms, or null when the sale is not waited for.
		set(at) {
			opensAt = at;
			$("wait").hidden = at === null;
			if (at === null) return;
			setText($("wait-text"), t("opensAt", { when: whenShort(at, hall.timeZone) }));
			if ($("wait-zones").children.length === 0) $("wait-zones").replaceChildren(...zones());
		},
		tick() {
			if (opensAt === null) return;
			const left = opensAt - clock.now();
			setText($("wait-clock"), asMinutes(left));
			if (left <= 0) knock();
		},
	};
}
