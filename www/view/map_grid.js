// The seats of the section in use, as elements that can have the focus: what
// a keyboard and a screen reader find where the eye sees the canvas.
//
// One cell a seat, right over its picture, in a grid with a single tab stop.
// The cells carry no text and no colour, only name, state and focus ring.
// They are made a few rows at a time, and of a very large section only those
// around the seat that has the tab stop, so that it stops nothing.

import { arrange, step } from "../core/steps.js";
import { toStage } from "../core/viewport.js";
import { h, setAttr } from "./dom.js";

export const UNIT = 32; // CSS pixels of a seat before the grid is scaled
const SLICE_CELLS = 80;
const MOST_CELLS = 2500; // of a section that is wholly there

export function createGrid({ hall, seats, names, text, root, onTake, onFocus, say }) {
	const { t } = text;
	let section = null;
	let rows = []; // all of the section's
	let there = [0, 0]; // the first of them that has elements, and the one past
	let origin = [0, 0];
	let current = 0; // the ordinal that has the tab stop
	let round = 0;
	const cells = new Map(); // ordinal -> element

	function describe(cell, o) {
		const look = seats.look(o);
		setAttr(cell, "aria-label", names.cell(o, look));
		setAttr(cell, "aria-selected", look === "mine");
		setAttr(cell, "aria-disabled", !(look === "a" || look === "mine"));
	}

	function makeCell(o) {
		const cell = h("div", { className: "cell", role: "gridcell", tabIndex: -1 });
		cell.dataset.seat = o;
		cell.style.left = `${(hall.x[o] - 0.5 - origin[0]) * UNIT}px`;
		cell.style.top = `${(hall.y[o] - 0.5 - origin[1]) * UNIT}px`;
		describe(cell, o);
		cells.set(o, cell);
		return cell;
	}

	function buildRow(i) {
		const { row, seats: ordinals } = rows[i];
		const attributes = { role: "row", "aria-label": t("rowName", { row: row.name }), "aria-rowindex": i + 1 };
		root.append(h("div", attributes, ...ordinals.map(makeCell)));
		return ordinals.length;
	}

	function buildSlice(from, mine) {
		if (mine !== round) return;
		let made = 0;
		let i = from;
		while (i < there[1] && made < SLICE_CELLS) made += buildRow(i++);
		if (from === there[0]) setCurrent(firstFree());
		if (i < there[1]) setTimeout(buildSlice, 0, i, mine);
		else root.setAttribute("aria-busy", "false");
	}

	function firstFree() {
		const some = rows.slice(...there).flatMap((r) => r.seats);
		return some.find(seats.isFree) ?? some[0];
	}

	// All that is wanted and not there yet, at once.
	function finish() {
		round++;
		for (let i = there[0]; i < there[1]; i++) if (!cells.has(rows[i].seats[0])) buildRow(i);
		root.setAttribute("aria-busy", "false");
	}

	function setCurrent(o) {
		if (!cells.has(o)) finish();
		cells.get(current)?.setAttribute("tabindex", "-1");
		current = o;
		cells.get(o).setAttribute("tabindex", "0");
	}

	// The rows around one that are to have elements.
	function around(middle) {
		if (section.count <= MOST_CELLS) return [0, rows.length];
		const many = Math.max(3, Math.floor((MOST_CELLS / section.count) * rows.length));
		const first = Math.min(Math.max(0, middle - (many >> 1)), rows.length - many);
		return [Math.max(0, first), Math.min(rows.length, first + many)];
	}

	function clear() {
		round++;
		current = 0;
		cells.clear();
		root.replaceChildren();
		root.setAttribute("aria-busy", "true");
	}

	function use(next) {
		if (section === next) return;
		section = next;
		rows = arrange(hall, section).filter((r) => r.seats.length > 0);
		origin = [section.box[0], section.box[1]];
		there = around(0);
		clear();
		root.setAttribute("aria-label", t("gridLabel", { section: section.name || hall.title }));
		root.setAttribute("aria-rowcount", rows.length);
		buildSlice(there[0], round);
	}

	// The seat's row gets elements, if it is too far from those that have.
	function reach(o) {
		const i = rows.findIndex((r) => r.seats.includes(o));
		if (i >= there[0] && i < there[1]) return;
		there = around(i);
		clear();
		finish();
	}

	function focus(o) {
		use(hall.section(o));
		reach(o);
		setCurrent(o);
		cells.get(o).focus({ preventScroll: true });
	}

	root.addEventListener("focusin", ({ target }) => {
		const o = Number(target.dataset.seat);
		if (!o) return;
		setCurrent(o);
		onFocus(o);
	});
	root.addEventListener("keydown", (e) => {
		const o = Number(e.target.dataset.seat);
		if (!o || e.altKey || e.metaKey) return;
		if (e.key === "Enter" || e.key === " ") {
			e.preventDefault();
			onTake(o);
			return;
		}
		const to = step(hall, rows, o, e.key, e.ctrlKey);
		if (to === undefined) return;
		e.preventDefault();
		focus(to);
	});
	seats.subscribe((ordinals) => {
		for (const o of ordinals) {
			const cell = cells.get(o);
			if (!cell) continue;
			describe(cell, o);
			if (cell === document.activeElement)
				say(t("seatIsNow", { seat: names.short(o), state: t(`state_${seats.look(o)}`) }));
		}
	});
	return {
		use,
		focus,
		section: () => section,
		hasFocus: () => root.contains(document.activeElement),
		// Lays the grid over the canvas.
		place(view, size) {
			if (!section) return;
			const at = toStage(view, size, origin[0], origin[1]);
			root.style.transform = `translate(${at.x}px, ${at.y}px) scale(${view.scale / UNIT})`;
		},
	};
}
