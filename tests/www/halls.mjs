// Small halls for the tests of the page's modules.

import { decodeLayout } from "../../www/core/layout.js";

// rows of count seats, front to back; seats one apart.
export function plainHall(rows, count, extra = {}) {
	return decodeLayout({
		id: "small",
		currency: "EUR",
		categories: [{ name: "A", price_minor: 4500 }, { name: "B", price_minor: 3000 }],
		sections: [
			{
				name: "Stalls",
				rows: Array.from({ length: rows }, (_, r) => ({
					name: String.fromCharCode(65 + r),
					first: 1 + r * count,
					count,
					numbers: { from: 1, step: 1 },
					x: { from: 0, step: 1 },
					y: r,
					pos: { from: 1, step: 1 },
					category: 0,
					id_prefix: `small:Stalls-${String.fromCharCode(65 + r)}-`,
					...extra,
				})),
			},
		],
	});
}

// Reproducible numbers from 0 to 1.
export function randomFrom(seed) {
	let state = seed;
	return () => {
		state = (state * 16807) % 2147483647;
		return state / 2147483647;
	};
}
