// The chart of a sale over time: SVG, drawn by hand. Lines differ by colour
// and by dash, and the same numbers stand in the table beneath.

import { areaPath, linePath, marks, points, roundUp } from "../core/series.js";
import { setAttr } from "../view/dom.js";

const SVG = "http://www.w3.org/2000/svg";
const MARGIN = { left: 44, right: 14, top: 12, bottom: 26 };
const TIMES = 5;

function s(tag, attributes, ...children) {
	const e = document.createElementNS(SVG, tag);
	for (const [name, value] of Object.entries(attributes)) setAttr(e, name, value);
	e.append(...children);
	return e;
}

function scaleLines(top, box, number) {
	return marks(top).map((v) => {
		const y = box.height - (v / top) * box.height;
		return s("g", { class: "scale" },
			s("line", { x1: 0, x2: box.width, y1: y, y2: y }),
			s("text", { x: -8, y: y + 4, "text-anchor": "end" }, number(v)));
	});
}

function timeMarks(buckets, box, time) {
	const every = Math.max(1, Math.round((buckets.length - 1) / TIMES));
	const dx = box.width / Math.max(1, buckets.length - 1);
	return buckets
		.map((b, i) => [b, i])
		.filter(([, i]) => i % every === 0)
		.map(([b, i]) => {
			const end = i * dx > box.width - 20;
			return s("text", { class: "time", x: i * dx, y: box.height + 18, "text-anchor": i === 0 ? "start" : end ? "end" : "middle" },
				time(b.t * 1000));
		});
}

// Draws buckets' series by names into root, in its present size.
export function drawChart(root, buckets, names, { number, time, label }) {
	const width = Math.max(280, root.clientWidth);
	const height = Math.max(180, root.clientHeight);
	const box = {
		width: width - MARGIN.left - MARGIN.right,
		height: height - MARGIN.top - MARGIN.bottom,
	};
	const top = Math.max(4, roundUp(Math.max(...buckets.flatMap((b) => names.map((n) => b[n])))));
	const lines = names.map((name) => {
		const pts = points(buckets.map((b) => b[name]), top, box);
		return s("g", { class: `series ${name}` },
			s("path", { class: "area", d: areaPath(pts, box.height) }),
			s("path", { class: "line", d: linePath(pts) }));
	});
	const inner = s("g", { transform: `translate(${MARGIN.left} ${MARGIN.top})` },
		...scaleLines(top, box, number), ...lines, ...timeMarks(buckets, box, time));
	root.replaceChildren(
		s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label }, inner));
}
