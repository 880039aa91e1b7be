// Map or list: two tabs of one state. On a narrow screen the list comes
// first, on a wide one the map; where there is no plan, there is only a list.

import { $, setAttr } from "./dom.js";

const NARROW = matchMedia("(max-width: 719px)");
const VIEWS = ["map", "list"];

export function createChoose({ hasPlan, onShow }) {
	function show(which, hasFocus = false) {
		for (const name of VIEWS) {
			const on = name === which;
			$(name).hidden = !on;
			setAttr($(`tab-${name}`), "aria-selected", on);
			$(`tab-${name}`).tabIndex = on ? 0 : -1;
			if (on && hasFocus) $(`tab-${name}`).focus();
		}
		onShow(which);
	}

	function key(e) {
		const other = VIEWS.find((name) => $(name).hidden);
		const isOurs = ["ArrowLeft", "ArrowRight", "Home", "End"].includes(e.key);
		if (!isOurs) return;
		e.preventDefault();
		show({ Home: "map", End: "list" }[e.key] ?? other, true);
	}

	for (const name of VIEWS) $(`tab-${name}`).addEventListener("click", () => show(name));
	$("tabs").addEventListener("keydown", key);
	$("tabs").hidden = !hasPlan;
	return { show, start: () => show(hasPlan && !NARROW.matches ? "map" : "list") };
}
