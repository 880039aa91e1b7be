// The hall as the box office sees it: every seat a square, warm where it
// sells. One canvas; a change repaints its seat only.

import { ground } from "../core/viewport.js";
import { readTheme } from "../view/theme.js";

const HIGHEST_PX = 560;

export function createHeat(canvas, hall, seats) {
	const c = canvas.getContext("2d");
	const box = ground(hall.hasPlan ? hall.box : gridBox(hall.size));
	let theme = readTheme();
	let px = 1;

	function placeOf(o) {
		if (hall.hasPlan) return [hall.x[o], hall.y[o]];
		const wide = gridBox(hall.size)[2] + 1;
		return [(o - 1) % wide, Math.floor((o - 1) / wide)];
	}

	function colour(letter) {
		return { a: theme.line, h: theme["cat-1"], b: theme.accent, x: theme.ground }[letter];
	}

	function paintSeat(o) {
		const [x, y] = placeOf(o);
		const at = [(x - 0.5 - box[0]) * px, (y - 0.5 - box[1]) * px];
		c.clearRect(at[0], at[1], px, px);
		c.fillStyle = colour(seats.letter(o));
		const d = px > 3 ? px * 0.86 : px;
		c.fillRect(at[0] + (px - d) / 2, at[1] + (px - d) / 2, d, d);
	}

	function paint() {
		const room = canvas.parentElement.clientWidth;
		const [w, h] = [box[2] - box[0], box[3] - box[1]];
		const scale = Math.min(room / w, HIGHEST_PX / h, 28);
		const ratio = Math.min(devicePixelRatio, 2);
		canvas.width = Math.round(w * scale * ratio);
		canvas.height = Math.round(h * scale * ratio);
		canvas.style.inlineSize = `${w * scale}px`;
		canvas.style.blockSize = `${h * scale}px`;
		px = scale * ratio;
		for (let o = 1; o <= hall.size; o++) if (hall.row(o)) paintSeat(o);
	}

	seats.subscribe((ordinals) => ordinals.forEach(paintSeat));
	return {
		paint() {
			theme = readTheme();
			paint();
		},
	};
}

// Tickets that are only numbered: about twice as wide as high.
function gridBox(size) {
	const wide = Math.max(1, Math.ceil(Math.sqrt(size * 2)));
	return [0, 0, wide - 1, Math.ceil(size / wide) - 1];
}
