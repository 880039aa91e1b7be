// How fresh the page is, always in sight.

import { $, setText } from "./dom.js";

const GRACE_MS = 2500; // a stream that comes back at once is no news

export function createBadge({ t, ago }) {
	let link = { stream: "wait", poll: "wait", heard: null };
	let downSince = null;

	function since() {
		return link.heard === null ? null : performance.now() - link.heard;
	}

	function look() {
		const age = since();
		if (link.poll === "wait" && age === null) return ["wait", t("linkWait")];
		if (link.poll === "away") {
			return ["away", age === null ? t("linkAway") : t("linkAwaySince", { ago: ago(age) })];
		}
		if (link.stream === "open") return ["live", t("linkLive")];
		const isNews = downSince !== null && performance.now() - downSince > GRACE_MS;
		if (link.wasOpen && isNews) return ["poll", t("linkPoll", { ago: ago(age) })];
		return ["live", link.wasOpen ? t("linkLive") : t("linkPolled", { ago: ago(age) })];
	}

	function draw() {
		const [kind, words] = look();
		$("link").dataset.state = kind;
		setText($("link-text"), words);
	}

	return {
		draw,
		set(now) {
			if (now.stream === "open") downSince = null;
			else downSince ??= performance.now();
			link = now;
			draw();
		},
	};
}
