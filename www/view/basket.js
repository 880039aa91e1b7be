// Draws the basket: what is mine, until when, and what it costs.

import { asMinutes } from "../core/clock.js";
import { warnMs } from "../core/countdown.js";
import { $, button, h, keepFocus, setBusy, setText, sync } from "./dom.js";

const WORTH_BELOW = 0.75; // of the whole time

export function createBasketView({ hall, names, text, clock, basket }) {
	const { t, money, list } = text;
	const plain = !hall.hasPlan;
	let isInSight = false; // the basket itself: then the bar would only hide it

	function makeHold(id) {
		const { ordinals } = basket.get().holds.get(id);
		const seats = ordinals.map((o) =>
			h("li", { className: "held-seat", data: { ordinal: o } },
				h("span", { className: "held-name" }, names.full(o)),
				h("span", { className: "price" }, names.price(o))),
		);
		const label = t("giveBackLabel", { seats: list(ordinals.map(names.full)) });
		return h("li", { className: "hold" },
			h("ul", { className: "held-seats" }, ...seats),
			button("quiet give-back", t("giveBack"), () => basket.release(id), { "aria-label": label }));
	}

	const ofHolds = (holds, what) => holds.reduce((sum, hold) => sum + what(hold), 0);

	function drawWords(holds, busy) {
		const n = ofHolds(holds, (hold) => hold.ordinals.length);
		const total = ofHolds(holds, (hold) => hold.total);
		setText($("book"), busy === "booking" ? t("booking") : t(plain ? "bookTickets" : "book", { n }));
		$("total-line").hidden = total === 0;
		setText($("total"), money(total, hall.currency));
		const sum = total > 0 ? money(total, hall.currency) : "";
		setText($("bar-sum"), [t(plain ? "tickets" : "seats", { n }), sum].filter(Boolean).join(" · "));
		for (const b of document.querySelectorAll("#book, #extend, .give-back")) setBusy(b, busy !== "");
	}

	// Where the focus goes when its hold went: never to a button that would
	// book or give back something else on a second press.
	const focusPlace = {
		before: (e) => e.closest("[data-id]")?.querySelector("[data-ordinal]")?.dataset.ordinal,
		after: (ordinal) =>
			document.querySelector(`[data-seat="${ordinal}"]`) ??
			($("basket-full").hidden ? $("choose-title") : $("basket-title")),
	};

	const drawBar = () => {
		$("bar").hidden = isInSight || basket.get().holds.size === 0;
	};

	function drawHolds() {
		const { holds, busy } = basket.get();
		const some = [...holds.values()];
		$("basket-empty").hidden = some.length > 0;
		$("basket-full").hidden = some.length === 0;
		drawBar();
		sync($("holds"), [...holds.keys()], makeHold);
		if (some.length > 0) drawWords(some, busy);
	}

	function drawEnded() {
		const { ended } = basket.get();
		$("ended").hidden = ended.length === 0;
		if (ended.length === 0) return;
		const n = ended.length;
		setText($("ended-text"), t("endedText", { n, seats: names.some(ended) }));
		setText($("ended-again"), t("endedAgain", { n }));
	}

	function drawOrders() {
		const { orders } = basket.get();
		$("orders-part").hidden = orders.length === 0;
		sync($("orders"), orders, (number) =>
			h("li", { className: "order" },
				h("a", { href: `/order/?number=${encodeURIComponent(number)}` },
					t("orderLink", { number }))));
	}

	// Offered as soon as it gains something: at the start there is nothing to
	// be made longer.
	function drawExtend() {
		const button = $("extend");
		const gains = ({ due, whole }) => due - clock.now() < whole * WORTH_BELOW;
		const some = [...basket.get().holds.values()].filter((hold) => hold.extensionsLeft > 0);
		const hadFocus = button === document.activeElement;
		button.hidden = !some.some(gains);
		if (button.hidden && hadFocus) $("basket-title").focus();
	}

	function drawClock() {
		const { holds } = basket.get();
		if (holds.size === 0) return;
		const first = [...holds.values()].reduce((a, b) => (a.due <= b.due ? a : b));
		drawExtend();
		const left = Math.max(0, first.due - clock.now());
		const shown = asMinutes(left);
		setText($("clock"), shown);
		setText($("bar-clock"), shown);
		const isEnding = left <= warnMs(first.whole);
		$("basket").classList.toggle("ending", isEnding);
		$("bar").classList.toggle("ending", isEnding);
		$("rest").style.setProperty("inline-size", `${Math.min(100, (100 * left) / first.whole)}%`);
	}

	new IntersectionObserver(([entry]) => {
		isInSight = entry.isIntersecting;
		drawBar();
	}, { rootMargin: "0px 0px -64px" }).observe($("book"));
	setText($("basket-title"), t(plain ? "basketTitlePlain" : "basketTitle"));
	$("book").addEventListener("click", () => basket.book());
	$("extend").addEventListener("click", () => basket.extend());
	$("ended-again").addEventListener("click", () => basket.takeEnded());
	$("ended-dismiss").addEventListener("click", () => {
		basket.dismissEnded();
		$("choose-title").focus();
	});
	return {
		draw() {
			keepFocus($("basket"), drawHolds, focusPlace);
			keepFocus($("ended"), drawEnded, { after: () => $("basket-title") });
			drawOrders();
			drawClock();
		},
		drawClock,
	};
}
