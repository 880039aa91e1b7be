// The box office's live picture of a sale: /board/?event=ID, behind a password.

import * as api from "../net/api.js";
import { createBus } from "../core/events.js";
import { decodeLayout } from "../core/layout.js";
import { createSeats } from "../core/seats.js";
import { fillBuckets } from "../core/series.js";
import { createFeed } from "../sale/feed.js";
import { text } from "../text/text.js";
import { createBadge } from "../view/badge.js";
import { $, h, oncePerFrame, setText, sync } from "../view/dom.js";
import { onThemeChange } from "../view/theme.js";
import { fillWords } from "../view/words.js";
import { drawChart } from "./chart.js";
import { createHeat } from "./heat.js";

const { t, money, number, percent, time, timeSeconds, duration } = text;
const SERIES = ["held", "sold", "returned"];
const WORDS = { held: "boardHeld", sold: "boardSold", returned: "boardReturned" };
const RANGES_S = [900, 3600, 21600, 86400];
const BUCKETS = 60; // what the server gives of any step
const ASK_MS = 2000;
const badge = createBadge(text);

// ---- figures ---------------------------------------------------------------

function tile(name, value, under = "") {
	return h("div", { className: "card tile" },
		h("dt", {}, name), h("dd", {}, value), under ? h("dd", { className: "soft under" }, under) : "");
}

function drawTiles(hall, seats, revenue) {
	const [free, held, sold, blocked] = ["a", "h", "b", "x"].map((l) => seats.count(l));
	const all = free + held + sold + blocked || 1;
	const tiles = [
		tile(t("boardSold"), number(sold), t("boardPercent", { percent: percent(sold / all) })),
		tile(t("boardHeld"), number(held)),
		tile(t("boardFree"), number(free)),
		tile(t("boardBlocked"), number(blocked)),
	];
	if (revenue !== undefined) tiles.push(tile(t("boardRevenue"), money(revenue, hall.currency)));
	$("tiles").replaceChildren(...tiles);
	setText($("heat-text"), t("boardHeatText", { free, held, sold }));
}

function drawSections(hall, seats) {
	if (hall.sections.length < 2) return;
	const make = (i) => h("li", {}, h("span", {}, hall.sections[i].name), h("meter", { min: 0, max: 1 }), h("span", { className: "soft" }));
	sync($("sections"), hall.sections.map((s) => s.index), make);
	for (const li of $("sections").children) {
		const section = hall.sections[Number(li.dataset.id)];
		const part = seats.count("b", section.index) / section.count;
		li.children[1].value = part;
		li.children[1].setAttribute("aria-label", section.name);
		setText(li.children[2], percent(part));
	}
}

function drawTable(buckets) {
	const cell = (tag, words) => h(tag, {}, words);
	const head = h("tr", {}, ...["boardTime", ...SERIES.map((n) => WORDS[n])].map((k) => cell("th", t(k))));
	const rows = buckets
		.filter((b) => SERIES.some((n) => b[n] > 0))
		.reverse()
		.map((b) => h("tr", {}, cell("th", timeSeconds(b.t * 1000)), ...SERIES.map((n) => cell("td", number(b[n])))));
	$("table").replaceChildren(h("thead", {}, head), h("tbody", {}, ...rows));
}

function drawSeries(body, range) {
	const step = body.step_s;
	const to = Math.floor(Date.parse(body.server_time) / 1000);
	const buckets = fillBuckets(body.buckets, body.from, to, step, SERIES);
	const label = t("boardChartText", { step: duration(step * 1000) });
	setText($("chart-text"), buckets.every((b) => SERIES.every((n) => b[n] === 0)) ? t("boardEmpty") : label);
	drawChart($("chart"), buckets, SERIES, { number, time: range > 900 ? time : timeSeconds, label });
	drawTable(buckets);
}

// ---- wiring ----------------------------------------------------------------

function fillChoices(events, chosen) {
	const option = (value, label) => h("option", { value }, label);
	$("event").replaceChildren(...events.map((e) => option(e.id, e.title || e.id)));
	$("event").value = chosen;
	$("event").addEventListener("change", (e) => {
		location.search = `?event=${encodeURIComponent(e.target.value)}`;
	});
	$("range").replaceChildren(...RANGES_S.map((s) => option(s, t(`boardRange_${s}`))));
	$("range").value = RANGES_S[1];
	const legend = SERIES.map((n) =>
		h("li", {}, h("span", { className: `swatch ${n}`, "aria-hidden": "true" }), t(WORDS[n])));
	$("chart-legend").replaceChildren(...legend);
}

function openBoard(hall, state) {
	const seats = createSeats(hall.size, (o) => hall.section(o).index, hall.sections.length);
	const bus = createBus();
	const feed = createFeed({ eventId: state.event, seats, bus });
	const heat = createHeat($("heat"), hall, seats);
	let latest = null;

	const drawFigures = oncePerFrame(() => {
		drawTiles(hall, seats, latest?.revenue_minor);
		drawSections(hall, seats);
	});

	function draw() {
		if (latest) drawSeries(latest, Number($("range").value));
		drawFigures();
	}

	async function ask() {
		const answer = await api.board(state.event, Number($("range").value) / BUCKETS);
		$("trouble").hidden = answer.ok;
		if (!answer.ok) setText($("trouble"), t("boardAway"));
		else latest = answer.data;
		draw();
	}

	bus.on("link", badge.set);
	seats.subscribe(drawFigures);
	seats.applySnapshot(state, true);
	feed.start(state);
	heat.paint();
	$("range").addEventListener("change", ask);
	onThemeChange(heat.paint);
	new ResizeObserver(oncePerFrame(() => {
		heat.paint();
		draw();
	})).observe($("chart"));
	ask();
	setInterval(() => document.hidden || ask(), ASK_MS);
}

async function main() {
	fillWords(document, text);
	setInterval(badge.draw, 200);
	const { data } = await api.events();
	const events = data.events ?? [];
	const chosen = new URLSearchParams(location.search).get("event") ?? events.at(-1)?.id ?? "default";
	fillChoices(events, chosen);
	const state = await api.state(chosen, null);
	const layout = state.ok ? await api.layout(state.data.layout) : state;
	if (!layout.ok) {
		$("trouble").hidden = false;
		setText($("trouble"), t(layout.status === 404 ? "unknownEvent" : "boardAway"));
		return;
	}
	const hall = decodeLayout(layout.data);
	setText($("title"), hall.title || t("boardTitle"));
	openBoard(hall, state.data);
}

main();
