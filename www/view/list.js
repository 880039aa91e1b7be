// The seats as a list: section, row, seat. As mighty as the map; what cannot
// be chosen is left out. Only what is opened is built.

import { longestRun } from "../core/nearest.js";
import { $, button, h, keepFocus, oncePerFrame, setAttr, setBusy, setText, sync } from "./dom.js";

const LISTED = new Set(["a", "pending", "mine"]);
const SMALL = 60; // seats of a hall that is shown unfolded
const AT_ONCE = 200; // buttons of a row; more are shown when asked

export function createList({ hall, seats, names, text, onToggle }) {
	const { t, money } = text;
	const open = new Set(); // keys of what is open: "s3", "r17"
	const shown = new Map(); // row -> how many seats at most
	const isFlat = !hall.hasPlan && hall.rows.length === 1; // numbered tickets

	// What can be chosen or is chosen: the rest is left out.
	const listed = (row) => {
		const found = [];
		for (let i = 0; i < row.count; i++)
			if (LISTED.has(seats.look(row.first + i))) found.push(row.first + i);
		return found;
	};

	function priceRange(section) {
		let low = Infinity;
		let high = 0;
		for (const row of section.rows)
			for (let i = 0; i < row.count; i++) {
				const price = hall.price(row.first + i);
				low = Math.min(low, price);
				high = Math.max(high, price);
			}
		if (high === 0) return "";
		const from = money(low, hall.currency);
		return low === high ? from : `${from} – ${money(high, hall.currency)}`;
	}

	// ---- seats of a row ----------------------------------------------------

	function makeSeat(ordinal) {
		const data = { seat: ordinal };
		if (hall.categories.length > 1) data.category = hall.category[ordinal] % 6;
		const b = button("seat-button", "", () => onToggle(ordinal), { data });
		b.append(h("span", { className: "seat-number" }, String(hall.number(ordinal))));
		if (hall.accessible[ordinal]) b.append(h("span", { className: "seat-sign", "aria-hidden": "true" }, "♿"));
		const price = names.price(ordinal);
		if (price) b.append(h("span", { className: "seat-price" }, price));
		return h("li", {}, b);
	}

	function drawSeat(b, ordinal) {
		const look = seats.look(ordinal);
		// Number and price end the name, as they stand on the button.
		const kind = hall.accessible[ordinal] && t("accessible");
		const seat = [kind, names.full(ordinal), names.price(ordinal)].filter(Boolean).join(", ");
		setAttr(b, "aria-label", look === "mine" ? t("giveBackLabel", { seats: seat }) : t("reserveSeat", { seat }));
		b.classList.toggle("mine", look === "mine");
		setBusy(b, look === "pending");
	}

	function drawSeats(row, ul, more) {
		const found = listed(row);
		const most = shown.get(row) ?? AT_ONCE;
		sync(ul, found.slice(0, most), makeSeat);
		for (const li of ul.children) drawSeat(li.firstChild, Number(li.dataset.id));
		more.hidden = found.length <= most;
		if (!more.hidden) setText(more, t("more", { n: Math.min(found.length - most, AT_ONCE) }));
	}

	function seatsOf(row) {
		const ul = h("ul", { className: "seats" });
		const more = button("quiet more", "", () => {
			shown.set(row, (shown.get(row) ?? AT_ONCE) + AT_ONCE);
			drawSeats(row, ul, more);
		});
		more.hidden = true;
		return { ul, more, draw: () => drawSeats(row, ul, more) };
	}

	// ---- what opens and closes ---------------------------------------------

	function fold(key, className, title, body) {
		const line = h("span", { className: "fold-line" });
		const head = h("button", { type: "button", className: "fold-head" },
			h("span", { className: "fold-title" }, title), line);
		setAttr(head, "aria-expanded", "false");
		const li = h("li", { className, data: { key } }, head);
		let inner = null;
		head.addEventListener("click", () => {
			if (open.has(key)) open.delete(key);
			else open.add(key);
			draw();
		});
		function draw() {
			const isOpen = open.has(key);
			setAttr(head, "aria-expanded", isOpen);
			if (isOpen && !inner) {
				inner = body();
				li.append(inner.root);
			}
			if (inner) inner.root.hidden = !isOpen;
			if (isOpen) inner.draw();
		}
		return { li, line, draw };
	}

	function makeRow(row) {
		const body = () => {
			const { ul, more, draw } = seatsOf(row);
			return { root: h("div", { className: "fold-body" }, ul, more), draw };
		};
		const part = fold(`r${row.first}`, "row", t("rowName", { row: row.name }), body);
		return {
			li: part.li,
			draw() {
				const found = listed(row);
				const n = found.filter(seats.isFree).length;
				part.li.hidden = found.length === 0;
				const together = longestRun(hall, seats.isFree, row);
				setText(part.line, t("rowLine", { n, together }));
				part.draw();
			},
		};
	}

	function rowsOf(section) {
		const rows = section.rows.map(makeRow);
		const root = h("ul", { className: "rows fold-body" }, ...rows.map((r) => r.li));
		return { root, draw: () => rows.forEach((r) => r.draw()) };
	}

	function makeSection(section) {
		const price = priceRange(section);
		const part = fold(`s${section.index}`, "section", section.name, () => rowsOf(section));
		return {
			li: part.li,
			draw() {
				const n = seats.count("a", section.index);
				part.li.classList.toggle("full", n === 0);
				const line = price ? t("sectionLine", { n, price }) : t("left", { n });
				setText(part.line, n === 0 ? t("sectionFull") : line);
				part.draw();
			},
		};
	}

	function flat() {
		const { ul, more, draw } = seatsOf(hall.rows[0]);
		ul.id = "available";
		$("list").append(ul, more);
		return [{ draw }];
	}

	function folded() {
		const made = hall.sections.map(makeSection);
		$("list").append(h("ul", { className: "sections" }, ...made.map((s) => s.li)));
		if (hall.sections.length === 1 || hall.size <= SMALL) hall.sections.forEach((s) => open.add(`s${s.index}`));
		if (hall.size <= SMALL) hall.rows.forEach((r) => open.add(`r${r.first}`));
		return made;
	}

	let parts = null; // made when first shown

	// A seat went under the focus: to the next seat of the row, or to the title.
	const focusPlace = {
		before: (e) => {
			const li = e.closest("li");
			const index = [...(li?.parentElement?.children ?? [])].indexOf(li);
			return { list: li?.parentElement, index };
		},
		after: ({ list, index }) => {
			const near = list?.children[Math.min(index, list.children.length - 1)];
			return near?.querySelector("button") ?? $("choose-title");
		},
	};

	function drawAll() {
		parts ??= isFlat ? flat() : folded();
		parts.forEach((part) => part.draw());
	}

	const draw = () => {
		if (!$("list").hidden) keepFocus($("list"), drawAll, focusPlace);
	};
	seats.subscribe(oncePerFrame(draw));
	return { draw };
}
