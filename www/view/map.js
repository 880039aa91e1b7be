// The map: a canvas that shows the hall, a grid of real elements over the
// section in use, and the hands and buttons that move both.

import {
	between, fit, fitScale, keep, meets, pan, reveal, seen, toHall, zoom,
} from "../core/viewport.js";
import { $, h, oncePerFrame, setBusy, setText } from "./dom.js";
import { createGrid } from "./map_grid.js";
import { createHand } from "./map_hand.js";
import { createPainter } from "./map_paint.js";
import { onThemeChange, readTheme } from "./theme.js";

const MOVE_MS = 320;
const SETTLE_MS = 250; // after a move, before the section in sight is used
const STEP = 1.6; // of the zoom buttons
const KEY_SCALE = 30; // px: a seat that has the focus is at least so large
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const coarse = matchMedia("(pointer: coarse)");

// Seats smaller than this are not meant: a tap goes nearer instead.
const tapScale = () => (coarse.matches ? 28 : 14);
const nearScale = () => (coarse.matches ? 44 : 30);

export function createMap({ hall, seats, names, text, onTake, say }) {
	const { t } = text;
	const stage = $("stage");
	const canvas = $("hall");
	const c = canvas.getContext("2d");
	const size = { width: 0, height: 0 };
	let ratio = 1;
	let view = null;
	let moving = 0;
	let isResting = true;
	let settleTimer = 0;

	const repaint = oncePerFrame(paint);
	const painter = createPainter({ hall, seats, text, repaint });
	const grid = createGrid({
		hall, seats, names, text, say, onTake,
		root: $("grid"),
		onFocus: showFocused,
	});

	function paint() {
		if (!view || size.width === 0) return;
		c.setTransform(ratio, 0, 0, ratio, 0, 0);
		painter.draw(c, view, size, ratio, isResting);
		grid.place(view, size);
	}

	// ---- moving ------------------------------------------------------------

	function look(next) {
		const before = view?.scale;
		view = keep(next, hall.box, size);
		if (view.scale !== before) isResting = false;
		const whole = fitScale(hall.box, size);
		stage.classList.toggle("whole", view.scale <= whole * 1.01);
		setBusy($("zoom-out"), view.scale <= whole * 1.001);
		repaint();
	}

	function go(next) {
		cancelAnimationFrame(moving);
		const to = keep(next, hall.box, size);
		if (calm.matches || !view) {
			look(to);
			settle();
			return;
		}
		const from = view;
		let began = null;
		const frame = (at) => {
			began ??= at;
			const part = Math.min(1, (at - began) / MOVE_MS);
			look(part < 1 ? between(from, to, part) : to);
			if (part < 1) moving = requestAnimationFrame(frame);
			else settle();
		};
		moving = requestAnimationFrame(frame);
	}

	function settle() {
		clearTimeout(settleTimer);
		settleTimer = setTimeout(() => {
			isResting = true;
			repaint();
			useInSight();
		}, SETTLE_MS);
	}

	// The section in the middle becomes the one in use, once seats are large
	// enough to be chosen; never one away from under the focus.
	function useInSight() {
		if (grid.hasFocus() || view.scale < tapScale()) return;
		const box = [view.x, view.y, view.x, view.y];
		const middle = hall.sections.find((s) => meets(s.box, box));
		const other = hall.sections.find((s) => meets(s.box, seen(view, size)));
		use(middle ?? other);
	}

	function use(section) {
		if (!section) return;
		grid.use(section);
		$("map-section").value = section.index;
		repaint();
	}

	function showSection(section) {
		use(section);
		go(fit(section.box, size, Math.min(nearScale(), 30)));
	}

	function showSeats(ordinals) {
		if (ordinals.length === 0 || size.width === 0) return;
		const box = [Infinity, Infinity, -Infinity, -Infinity];
		for (const o of ordinals) {
			box[0] = Math.min(box[0], hall.x[o]);
			box[1] = Math.min(box[1], hall.y[o]);
			box[2] = Math.max(box[2], hall.x[o]);
			box[3] = Math.max(box[3], hall.y[o]);
		}
		const { x, y, scale } = fit(box, size);
		go({ x, y, scale: Math.min(scale, nearScale()) });
	}

	function showFocused(o) {
		if (size.width === 0) return;
		const near = view.scale < KEY_SCALE ? { ...view, x: hall.x[o], y: hall.y[o], scale: KEY_SCALE } : view;
		const next = reveal(near, size, hall.x[o], hall.y[o], KEY_SCALE * 1.5);
		if (near !== view || next.x !== view.x || next.y !== view.y) go(next);
		$("map-section").value = hall.section(o).index;
	}

	// ---- tapping -----------------------------------------------------------

	function seatAt(x, y) {
		for (const section of hall.sections)
			for (const row of section.rows) {
				const [x0, y0, x1, y1] = row.box;
				if (x < x0 - 0.5 || x > x1 + 0.5 || y < y0 - 0.5 || y > y1 + 0.5) continue;
				for (let o = row.first; o < row.first + row.count; o++)
					if (Math.abs(hall.x[o] - x) <= 0.5 && Math.abs(hall.y[o] - y) <= 0.5) return o;
			}
		return 0;
	}

	function tap(px, py, target) {
		const told = Number(target.dataset.seat);
		const at = toHall(view, size, px, py);
		const o = told || seatAt(at.x, at.y);
		if (o && view.scale >= tapScale()) {
			grid.focus(o);
			onTake(o);
			return;
		}
		const box = [at.x, at.y, at.x, at.y];
		const section = hall.sections.find((s) => meets(s.box, box));
		if (!section) return;
		use(section);
		const whole = fit(section.box, size);
		const scale = Math.max(whole.scale, nearScale());
		go(whole.scale >= scale ? whole : { x: at.x, y: at.y, scale });
	}

	function hover(at) {
		const p = at && view && toHall(view, size, at.x, at.y);
		const o = p && view.scale >= tapScale() ? seatAt(p.x, p.y) : 0;
		const tip = $("tip");
		tip.hidden = !o;
		stage.classList.toggle("on-seat", Boolean(o) && ["a", "mine"].includes(seats.look(o)));
		if (!o) return;
		setText(tip, names.cell(o, seats.look(o)));
		const low = at.y < 70;
		tip.style.transform = `translate(${at.x}px, ${at.y + (low ? 26 : -14)}px) translate(-50%, ${low ? 0 : -100}%)`;
	}

	createHand(stage, {
		onPan: (dx, dy) => {
			cancelAnimationFrame(moving);
			look(pan(view, dx, dy));
		},
		onZoom: (factor, x, y) => {
			cancelAnimationFrame(moving);
			look(zoom(view, size, factor, x, y));
		},
		onTap: tap,
		onDone: settle,
		onHover: hover,
	});

	// ---- buttons, size, colours --------------------------------------------

	function fillSections() {
		const whole = h("option", { value: "" }, t("mapWhole"));
		const all = hall.sections.map((s) => h("option", { value: s.index }, s.name));
		$("map-section").replaceChildren(whole, ...all);
		$("map-section-part").hidden = hall.sections.length < 2;
	}

	function resize() {
		const r = stage.getBoundingClientRect();
		if (r.width === 0) return;
		size.width = r.width;
		size.height = r.height;
		ratio = Math.min(devicePixelRatio, 2);
		canvas.width = Math.round(r.width * ratio);
		canvas.height = Math.round(r.height * ratio);
		const isFirst = view === null;
		look(view ?? fit(hall.box, size));
		isResting = true;
		if (!isFirst) paint(); // at once: a resized canvas is empty
		if (!grid.section()) setTimeout(useFirst);
	}

	// After the first picture, which is not to wait for it.
	function useFirst() {
		if (!grid.section()) use(hall.sections.find((s) => seats.count("a", s.index) > 0) ?? hall.sections[0]);
	}

	fillSections();
	$("zoom-in").addEventListener("click", () => go(zoom(view, size, STEP)));
	$("zoom-out").addEventListener("click", () => go(zoom(view, size, 1 / STEP)));
	$("zoom-fit").addEventListener("click", () => go(fit(hall.box, size)));
	$("map-section").addEventListener("change", (e) => {
		const section = hall.sections[e.target.value === "" ? -1 : Number(e.target.value)];
		if (section) showSection(section);
		else go(fit(hall.box, size));
	});
	painter.setTheme(readTheme());
	onThemeChange(() => painter.setTheme(readTheme()));
	new ResizeObserver(resize).observe(stage);
	return {
		showSeats,
		focusSeat: grid.focus,
		// For measurements and tests: where a seat's middle is on the stage.
		view: () => ({ ...view, ...size }),
	};
}
