// The form that lets the house choose: the first thing on a phone.

import { $, h, setAttr, setBusy, setText } from "./dom.js";

const MOST = 10;

export function createBest({ hall, text, onFind }) {
	const { t, money } = text;
	const plain = !hall.hasPlan;
	let count = Math.min(2, MOST);

	function option(value, label) {
		return h("option", { value }, label);
	}

	function fillChoices() {
		const sections = hall.sections.map((s) => option(s.name, s.name));
		$("best-where").replaceChildren(option("", t("bestAnywhere")), ...sections);
		$("best-where-part").hidden = hall.sections.length < 2;
		const prices = [...new Set(hall.categories.map((c) => c.price_minor))].sort((a, b) => a - b);
		const priced = prices.map((p) =>
			option(p, t("bestPriceEach", { price: money(p, hall.currency) })),
		);
		$("best-price").replaceChildren(option("", t("bestAnyPrice")), ...priced);
		$("best-price-part").hidden = prices.length < 2;
		$("best-accessible-part").hidden = !hall.accessible.includes(1);
		$("best-together-part").hidden = plain;
	}

	function draw(busy) {
		setText($("best-count"), text.number(count));
		setBusy($("best-fewer"), count <= 1);
		setBusy($("best-more"), count >= MOST);
		const finding = busy === "finding";
		setBusy($("best-find"), Boolean(busy));
		const label = t(plain ? "bestFindPlain" : "bestFind", { n: count });
		setText($("best-find"), finding ? t("bestFinding") : label);
	}

	function change(by) {
		count = Math.min(Math.max(count + by, 1), MOST);
		draw("");
	}

	function wish() {
		const chosen = { count };
		if ($("best-where").value) chosen.section = $("best-where").value;
		if ($("best-price").value) chosen.max_price = Number($("best-price").value);
		chosen.together = $("best-together").checked ? "required" : "if_possible";
		if ($("best-accessible").checked) chosen.accessible = true;
		return chosen;
	}

	fillChoices();
	setText($("best-title"), t(plain ? "bestTitlePlain" : "bestTitle"));
	$("best-fewer").addEventListener("click", () => change(-1));
	$("best-more").addEventListener("click", () => change(1));
	setAttr($("best-fewer"), "aria-label", t("bestFewer"));
	setAttr($("best-more"), "aria-label", t("bestMore"));
	$("best-form").addEventListener("submit", (e) => {
		e.preventDefault();
		if ($("best-find").getAttribute("aria-disabled") !== "true") onFind(wish());
	});
	draw("");
	return { draw };
}
