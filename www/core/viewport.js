// Where the map looks: pure arithmetic, nothing is drawn here.
//
// A view is { x, y, scale }: the hall's point at the stage's middle, and how
// many CSS pixels a seat's width is. A size is the stage's, in CSS pixels.

export const MAX_SCALE = 64;
const EDGE = 1; // seat widths of free ground around the hall
const MARGIN = 14; // pixels around that, when all of it is shown

const clamp = (v, low, high) => Math.min(Math.max(v, low), high);

// A box of seats' middles as the ground that they cover.
export const ground = ([x0, y0, x1, y1]) => [x0 - EDGE, y0 - EDGE, x1 + EDGE, y1 + EDGE];

export function fitScale(box, size) {
	const [x0, y0, x1, y1] = ground(box);
	const width = Math.max(size.width - 2 * MARGIN, size.width / 2);
	const height = Math.max(size.height - 2 * MARGIN, size.height / 2);
	return Math.min(width / (x1 - x0), height / (y1 - y0), MAX_SCALE);
}

// The whole box in the middle; atLeast: larger than that, if need be.
export function fit(box, size, atLeast = 0) {
	return {
		x: (box[0] + box[2]) / 2,
		y: (box[1] + box[3]) / 2,
		scale: clamp(Math.max(fitScale(box, size), atLeast), 0, MAX_SCALE),
	};
}

export const toStage = (view, size, x, y) => ({
	x: (x - view.x) * view.scale + size.width / 2,
	y: (y - view.y) * view.scale + size.height / 2,
});

export const toHall = (view, size, px, py) => ({
	x: (px - size.width / 2) / view.scale + view.x,
	y: (py - size.height / 2) / view.scale + view.y,
});

export const seen = (view, size) => {
	const a = toHall(view, size, 0, 0);
	const b = toHall(view, size, size.width, size.height);
	return [a.x, a.y, b.x, b.y];
};

// Along one axis: the hall may not leave the stage; a hall that is smaller
// than the stage stays in its middle.
function held(middle, low, high, length) {
	if (high - low <= length) return (low + high) / 2;
	return clamp(middle, low + length / 2, high - length / 2);
}

// view, kept within what can be seen of the hall in box.
export function keep(view, box, size) {
	const [x0, y0, x1, y1] = ground(box);
	const scale = clamp(view.scale, fitScale(box, size), MAX_SCALE);
	return {
		scale,
		x: held(view.x, x0, x1, size.width / scale),
		y: held(view.y, y0, y1, size.height / scale),
	};
}

export const pan = (view, dx, dy) => ({
	...view,
	x: view.x - dx / view.scale,
	y: view.y - dy / view.scale,
});

// The hall's point under (px, py) stays under it.
export function zoom(view, size, factor, px = size.width / 2, py = size.height / 2) {
	const scale = clamp(view.scale * factor, 0, MAX_SCALE);
	const at = toHall(view, size, px, py);
	return {
		scale,
		x: at.x - (px - size.width / 2) / scale,
		y: at.y - (py - size.height / 2) / scale,
	};
}

// The least move that brings (x, y) at least margin pixels inside.
export function reveal(view, size, x, y, margin) {
	const at = toStage(view, size, x, y);
	const m = Math.min(margin, size.width / 2, size.height / 2);
	const dx = clamp(at.x, m, size.width - m) - at.x;
	const dy = clamp(at.y, m, size.height - m) - at.y;
	return pan(view, dx, dy);
}

export const meets = (a, b) => a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3];

// The way from one view to another: at t from 0 to 1.
export function between(a, b, t) {
	const s = t * t * (3 - 2 * t);
	return {
		x: a.x + (b.x - a.x) * s,
		y: a.y + (b.y - a.y) * s,
		scale: a.scale * (b.scale / a.scale) ** s,
	};
}
