// The wiring of one event's sale: seats, feed and basket on one side, what is
// seen on the other.

import { createTeller } from "../core/countdown.js";
import { createPlaceTeller } from "../core/place.js";
import { $, oncePerFrame, setText } from "../view/dom.js";
import { createBasketView } from "../view/basket.js";
import { createBell } from "../view/bell.js";
import { createBest } from "../view/best.js";
import { createChoose } from "../view/choose.js";
import { createLegend } from "../view/legend.js";
import { createLineView } from "../view/line.js";
import { createList } from "../view/list.js";
import { createMap } from "../view/map.js";
import { createNotice } from "../view/notice.js";
import { say, sayNow } from "../view/speak.js";
import { createWait } from "../view/wait.js";
import { createWarning } from "../view/warn.js";
import { createBasket } from "./basket.js";
import { createFeed } from "./feed.js";
import { createKept } from "./kept.js";
import { createLine } from "./line.js";
import { createNames } from "./names.js";
import { createRefusals } from "./refusals.js";

const TICK_MS = 200;
const SOON_MINUTES = 4; // what returning.within_240_s speaks of

export function openSale({ eventId, hall, seats, state, badge, text, clock, bus }) {
	const { t, duration } = text;
	const names = createNames(hall, text);
	const kept = createKept(eventId);
	const basket = createBasket({ eventId, hall, seats, clock, kept, bus });
	const feed = createFeed({ eventId, seats, bus });
	const explain = createRefusals({ hall, seats, names, text, basket, onLine: seeLine });
	const line = createLine({ eventId, seats, basket, bus });
	const lineView = createLineView({ hall, text, onJoin: line.join, onLeave: line.leave });
	const bell = createBell();
	const placeTeller = createPlaceTeller((n) => say(t("lineSaidPlace", { place: text.nth(n) })));
	const notice = createNotice();
	const teller = createTeller((left) => say(t("timeLeft", { time: duration(left) })));
	const warning = createWarning({ text, clock, basket });
	const basketView = createBasketView({ hall, names, text, clock, basket });
	const best = createBest({ hall, text, onFind: basket.takeBest });
	const wait = createWait({ hall, text, clock, onOpen: feed.poll });
	const list = createList({ hall, seats, names, text, onToggle: toggle });
	const map = hall.hasPlan ? createMap({ hall, seats, names, text, say, onTake: toggle }) : null;
	const choose = createChoose({ hasPlan: hall.hasPlan, onShow: (which) => which === "list" && list.draw() });
	let latest = state;
	let layout = state.layout;
	let dueTold = 0;
	let othersFirst = false; // the line was met on the way to a seat

	// Enter or a tap on a seat of the map.
	function toggle(o) {
		const look = seats.look(o);
		if (look === "a") basket.take([o]);
		else if (look === "mine") giveBack(o);
		else say(t("seatIsNow", { seat: names.short(o), state: t(`state_${look}`) }));
	}

	function giveBack(o) {
		const id = seats.holdOf(o);
		const hold = basket.get().holds.get(id);
		const phrase = text.list(hold.ordinals.map(names.full));
		if (hold.ordinals.length === 1) basket.release(id);
		else {
			const label = t("giveBackLabel", { seats: names.some(hold.ordinals) });
			tell(t("belongTogether", { seats: phrase }), "good", [{ label, run: () => basket.release(id) }]);
		}
	}

	const tell = (words, kind, actions) => notice.show({ text: words, kind, actions });

	// ---- news --------------------------------------------------------------

	bus.on("link", badge.set);
	bus.on("back", basket.askAgain);
	bus.on("refused", (asked) => {
		othersFirst ||= asked.answer.problem === "wait-in-line";
		notice.show(explain(asked));
		drawLine();
		if (asked.answer.away) feed.doubt();
		else feed.poll();
	});
	bus.on("reserved", (ordinals, how) => {
		const n = ordinals.length;
		notice.clear();
		say(t("reserved", { n, seats: text.list(ordinals.map(names.full)) }));
		if (how === "best") map?.showSeats(ordinals);
	});
	bus.on("returned", (ordinals) => {
		const again = { label: t("takeAgain"), run: () => basket.take(ordinals) };
		tell(t("returned", { seats: names.some(ordinals) }), "good", [again]);
		feed.poll();
	});
	bus.on("ended", (ordinals) => sayNow(t("endedSpoken", { seats: names.some(ordinals) })));
	bus.on("extended", (due) => tell(t("extended", { when: text.timeSeconds(due) }), "good"));
	bus.on("gaveUp", (ordinals) => tell(t("gaveUp", { seats: names.some(ordinals) }), "bad"));
	bus.on("booked", (numbers, isPart) => {
		if (!isPart) {
			const query = numbers.map((n) => `number=${encodeURIComponent(n)}`).join("&");
			location.assign(`/order/?${query}`);
		} else $("orders-title").focus();
	});
	bus.on("basket", () => {
		basketView.draw();
		best.draw(basket.get().busy);
		const due = basket.dueFirst();
		if (due !== dueTold) teller.reset(due - clock.now());
		dueTold = due;
	});
	bus.on("state", (next) => {
		if (next.layout !== layout) location.reload(); // another hall
		layout = next.layout;
		latest = next;
		drawSale();
	});

	// ---- the waiting line --------------------------------------------------

	bus.on("line", () => {
		const place = line.get().place;
		if (place?.state === "waiting") placeTeller.hear(place.position);
		if (place?.length === 0) othersFirst = false;
		drawLine();
	});
	bus.on("lineJoined", ({ position }) => {
		notice.clear();
		placeTeller.reset(position ?? Infinity);
		say(position ? t("lineSaidJoined", { place: text.nth(position) }) : t("lineSaidEarly"));
	});
	bus.on("lineLeft", () => say(t("lineSaidLeft")));
	bus.on("lineEntered", () => {
		tell(t("lineEntered"), "good");
		bell.ring(t("lineEntered"));
	});
	bus.on("lineLost", () => tell(t("lineLost"), "bad"));

	// Why the line is offered; null: it is not.
	function lineOffer() {
		if (latest.sale.state === "not_yet") return "early";
		if (latest.sale.state !== "open") return null;
		if (seats.count("a") === 0) return heldByOthers() > 0 ? "all held" : null;
		return othersFirst ? "others" : null;
	}

	function drawLine() {
		const offer = lineOffer();
		lineView.draw(line.get(), line.isIn(), offer);
		line.watch(offer !== null);
	}

	function seeLine(wish) {
		lineView.setWish(wish);
		lineView.focus();
	}

	// ---- the sale as a whole -----------------------------------------------

	function heldByOthers() {
		const mine = [...basket.get().holds.values()].flatMap((hold) => hold.ordinals);
		return seats.count("h") - mine.filter((o) => seats.letter(o) === "h").length;
	}

	function emptyText() {
		const [free, held] = [seats.count("a"), seats.count("h")];
		if (free > 0) return "";
		if (held === 0) return seats.count("b") > 0 ? t("soldOut") : t("nothingFree");
		if (heldByOthers() <= 0) return t("allMine");
		const n = latest.returning?.within_240_s ?? 0;
		const hope = n > 0 ? t("allHeldSoon", { n, minutes: SOON_MINUTES }) : t("allHeldLater");
		return `${t("allHeld")} ${hope}`;
	}

	function drawCounts() {
		setText($("counts"), t("left", { n: seats.count("a") }));
		const words = emptyText();
		$("empty").hidden = words === "";
		setText($("empty"), words);
		drawLine();
	}

	function drawSale() {
		const { state: phase, opens_at: opensAt } = latest.sale;
		wait.set(phase === "not_yet" ? Date.parse(opensAt) : null);
		const wasWaiting = $("sale").hidden && $("sale").dataset.seen === "wait";
		$("sale").dataset.seen = phase === "not_yet" ? "wait" : "sale";
		$("sale").hidden = phase === "not_yet";
		$("best").hidden = phase === "closed";
		if (phase === "closed" && !notice.shown()) tell(t("saleClosed"), "bad");
		if (wasWaiting && phase === "open") {
			say(t("saleOpened"));
			$("choose-title").focus();
		}
		drawCounts();
	}

	function tick() {
		basket.tick();
		if (basket.get().holds.size > 0) teller.tick(basket.dueFirst() - clock.now());
		basketView.drawClock();
		warning.tick();
		wait.tick();
	}

	setText($("choose-title"), t(hall.hasPlan ? "chooseTitle" : "choosePlain"));
	seats.subscribe(oncePerFrame(drawCounts));
	if (map) createLegend({ hall, text });
	feed.start(state);
	choose.start();
	basketView.draw();
	basket.start();
	if (state.sale.state === "not_yet") basket.identify();
	line.start();
	window.addEventListener("storage", ({ key }) => key === kept.key && basket.sync());
	document.addEventListener("visibilitychange", () => {
		if (!document.hidden) basket.sync();
		tick();
	});
	window.addEventListener("pageshow", ({ persisted }) => persisted && basket.start());
	setInterval(tick, TICK_MS);
	window.holdfast = map; // where seats are on the canvas: for measurements
}
