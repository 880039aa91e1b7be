// The warning before the time is up: one key keeps the seats.

import { asMinutes } from "../core/clock.js";
import { warnMs } from "../core/countdown.js";
import { $, setText } from "./dom.js";

export function createWarning({ text, clock, basket }) {
	const { t } = text;
	const dialog = $("warn");
	let dismissed = 0; // the deadline that was warned of, and waved away

	function first() {
		const holds = [...basket.get().holds.values()].filter((hold) => !hold.asked);
		return holds.length === 0 ? null : holds.reduce((a, b) => (a.due <= b.due ? a : b));
	}

	function open(hold) {
		const more = hold.extensionsLeft > 0;
		setText($("warn-text"), t(more ? "warnText" : "warnNoMore"));
		$("warn-extend").hidden = !more;
		$("warn-extend").classList.toggle("primary", more);
		$("warn-book").classList.toggle("primary", !more);
		dialog.showModal(); // the browser gives the focus back when it closes
		(more ? $("warn-extend") : $("warn-close")).focus();
	}

	// What had the focus before may be gone with the hold.
	function end() {
		dialog.close();
		if (document.activeElement === document.body) $("choose-title").focus();
	}

	function tick() {
		const hold = first();
		const left = hold ? hold.due - clock.now() : 0;
		if (!hold || left <= 0 || left > warnMs(hold.whole)) {
			if (dialog.open) end();
			return;
		}
		setText($("warn-clock"), asMinutes(left));
		if (!dialog.open && dismissed !== hold.due) open(hold);
	}

	// This deadline is not warned of again; a later one will be.
	function wave() {
		dismissed = first()?.due ?? 0;
		if (dialog.open) dialog.close();
	}

	$("warn-extend").addEventListener("click", () => {
		wave();
		basket.extend();
	});
	$("warn-book").addEventListener("click", () => {
		wave();
		basket.book();
	});
	$("warn-close").addEventListener("click", wave);
	dialog.addEventListener("cancel", (e) => {
		e.preventDefault();
		wave();
	});
	return { tick };
}
