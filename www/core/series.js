// Turns the board's time series into lines of a chart: pure arithmetic.

// A round number at or above n, so that a scale ends well: 1, 2 or 5 times a
// power of ten.
export function roundUp(n) {
	if (n <= 0) return 1;
	const power = 10 ** Math.floor(Math.log10(n));
	return [1, 2, 5, 10].map((f) => f * power).find((v) => v >= n);
}

// The marks of a scale from 0 to top: whole numbers, at most parts + 1.
export function marks(top, parts = 4) {
	const step = Math.max(1, top / parts);
	const all = [];
	for (let v = 0; v <= top; v += step) all.push(Math.round(v));
	return [...new Set(all)];
}

// Buckets that nothing happened in are left out by the server: puts them back.
export function fillBuckets(buckets, from, to, step, names) {
	const at = new Map(buckets.map((b) => [b.t, b]));
	const nothing = Object.fromEntries(names.map((n) => [n, 0]));
	const all = [];
	const first = Math.floor(from / step) * step;
	for (let t = first; t <= to; t += step) all.push({ ...nothing, ...at.get(t), t });
	return all;
}

// The points of one line, in a box of width × height.
export function points(values, top, { width, height }) {
	const dx = values.length > 1 ? width / (values.length - 1) : 0;
	return values.map((v, i) => [i * dx, height - (Math.min(v, top) / top) * height]);
}

const two = ([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`;

export const linePath = (pts) => pts.map((p, i) => `${i ? "L" : "M"}${two(p)}`).join("");

export function areaPath(pts, height) {
	if (pts.length === 0) return "";
	return `${linePath(pts)}L${two([pts.at(-1)[0], height])}L${two([pts[0][0], height])}Z`;
}
