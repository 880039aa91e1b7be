// What happened last, and what can be done about it in one tap.

import { $, button, setText } from "./dom.js";

export function createNotice() {
	let shown = null;

	function clear() {
		shown = null;
		const hadFocus = $("notice").contains(document.activeElement);
		$("notice").hidden = true;
		setText($("notice-text"), "");
		$("notice-actions").replaceChildren();
		if (hadFocus) $("choose-title").focus();
	}

	// { text, kind: "good" | "bad", actions: [{ label, run }] }
	function show(notice) {
		shown = notice;
		$("notice").hidden = false;
		$("notice").dataset.kind = notice.kind;
		setText($("notice-text"), notice.text);
		const buttons = (notice.actions ?? []).map(({ label, run }) =>
			button("small", label, () => {
				clear();
				run();
			}),
		);
		$("notice-actions").replaceChildren(...buttons);
	}

	return { show, clear, shown: () => shown };
}
