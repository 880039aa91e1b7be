// The panel of the waiting line: the offer to join, and the place.

import { roughly } from "../core/place.js";
import { $, h, setBusy, setText } from "./dom.js";

const MOST = 10;

export function createLineView({ hall, text, onJoin, onLeave }) {
	const { t, nth, money, number } = text;
	let offered = null; // "all held", "early" or "others"

	function option(value, label) {
		return h("option", { value }, label);
	}

	function fillChoices() {
		const counts = Array.from({ length: MOST }, (_, i) => option(i + 1, number(i + 1)));
		$("line-count").replaceChildren(...counts);
		$("line-count").value = "2";
		const sections = hall.sections.map((s) => option(s.name, s.name));
		$("line-where").replaceChildren(option("", t("bestAnywhere")), ...sections);
		$("line-where-part").hidden = hall.sections.length < 2;
		const prices = [...new Set(hall.categories.map((c) => c.price_minor))].sort((a, b) => a - b);
		const priced = prices.map((p) => option(p, t("bestPriceEach", { price: money(p, hall.currency) })));
		$("line-price").replaceChildren(option("", t("bestAnyPrice")), ...priced);
		$("line-price-part").hidden = prices.length < 2;
	}

	function wish() {
		const chosen = { count: Number($("line-count").value) };
		if ($("line-where").value) chosen.section = $("line-where").value;
		if ($("line-price").value) chosen.max_price = Number($("line-price").value);
		return chosen;
	}

	// What somebody asked for elsewhere on the page.
	function setWish({ count, section, max_price: price }) {
		if (count) $("line-count").value = String(count);
		$("line-where").value = section ?? "";
		$("line-price").value = price ?? "";
	}

	// ---- the offer ---------------------------------------------------------

	function joinLabel(place, busy) {
		if (busy === "joining") return t("lineJoining");
		if (!place || place.sale.state === "not_yet") return t("lineJoin");
		return t("lineJoinAs", { place: nth(place.length + 1) });
	}

	function whyText(place) {
		if (offered === "early") return t("lineWhyEarly", { n: place?.length ?? 0 });
		if (offered === "others") return t("lineWhyOthers", { n: place?.length ?? 0 });
		return t("lineWhyHeld");
	}

	function drawOffer({ place, busy }) {
		setText($("line-title"), t(offered === "early" ? "lineTitleEarly" : "lineTitle"));
		setText($("line-why"), whyText(place));
		setText($("line-join"), joinLabel(place, busy));
		setBusy($("line-join"), Boolean(busy));
	}

	// ---- the place ---------------------------------------------------------

	function etaText(place) {
		if (place.state === "early") return t("lineEtaEarly");
		const rough = roughly(place.eta_s);
		if (rough.key === "unknown") return t("lineEtaUnknown");
		return rough.key === "soon" ? t("lineEtaSoon") : t("lineEta", { n: rough.n });
	}

	function aheadText(place) {
		if (place.state === "early") return t("lineEarlyOf", { n: place.length });
		return place.ahead === 0 ? t("lineNobodyAhead") : t("lineAhead", { n: place.ahead });
	}

	function wishText({ count, section, max_price: price }) {
		const parts = [t("seats", { n: count }), section, price !== null && t("linePriceUpTo", { price: money(price, hall.currency) })];
		return t("lineFor", { wish: parts.filter(Boolean).join(" · ") });
	}

	// In the order of the hall.
	function sectionLines(place) {
		const order = new Map(hall.sections.map((s, i) => [s.name, i]));
		return [...place.sections]
			.sort((a, b) => (order.get(a.section) ?? 0) - (order.get(b.section) ?? 0))
			.map((s) => h("li", {}, h("span", {}, s.section || hall.title),
				h("span", { className: "soft" }, t("lineSection", { free: s.available, held: s.held }))));
	}

	function drawPlace({ place, busy }) {
		setText($("line-title"), t(place.state === "turn" ? "lineTurn" : "lineIn"));
		setText($("line-position"), place.position === null ? t("lineDrawn") : nth(place.position));
		setText($("line-ahead"), aheadText(place));
		setText($("line-eta"), etaText(place));
		setText($("line-wish"), wishText(place.wish));
		$("line-sections").replaceChildren(...sectionLines(place));
		setBusy($("line-leave"), Boolean(busy));
	}

	fillChoices();
	$("line-form").addEventListener("submit", (e) => {
		e.preventDefault();
		if ($("line-join").getAttribute("aria-disabled") !== "true") onJoin(wish());
	});
	$("line-leave").addEventListener("click", () => {
		if ($("line-leave").getAttribute("aria-disabled") !== "true") onLeave();
	});

	return {
		setWish,
		focus: () => $("line-title").focus(),
		// offer: why it is offered, or null.
		draw(state, isIn, offer) {
			offered = offer;
			const hadFocus = $("line").contains(document.activeElement);
			const wasIn = !$("line-in").hidden;
			$("line").hidden = !isIn && offer === null;
			$("line-offer").hidden = isIn;
			$("line-in").hidden = !isIn;
			if (isIn) drawPlace(state);
			else if (offer !== null) drawOffer(state);
			if (hadFocus && ($("line").hidden || wasIn !== isIn))
				($("line").hidden ? $("choose-title") : $("line-title")).focus();
		},
	};
}
