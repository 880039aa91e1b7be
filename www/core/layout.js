// A hall, from the layout that the server gives (docs/openapi.yaml).
//
// A seat is known by its ordinal, 1 to size: what frames and snapshots name
// it by. Everything that is asked of every seat lies in typed arrays, at the
// ordinal; what is asked of one seat is worked out when asked.

import { atOnce, gently } from "./gently.js";

// SEQ: an array, one value for all, or an even step.
export function sequence(seq, count) {
	if (Array.isArray(seq)) return (i) => seq[i];
	if (seq !== null && typeof seq === "object") {
		const { from, step } = seq;
		return (i) => from + step * i;
	}
	return (i) => (i < count ? seq : undefined);
}

function rowOf(plain, section) {
	return {
		section,
		name: plain.name,
		first: plain.first,
		count: plain.count,
		numbers: sequence(plain.numbers, plain.count),
		ids: plain.ids,
		prefix: plain.id_prefix ?? "",
	};
}

const EMPTY = [Infinity, Infinity, -Infinity, -Infinity];

function widen(box, x, y) {
	box[0] = Math.min(box[0], x);
	box[1] = Math.min(box[1], y);
	box[2] = Math.max(box[2], x);
	box[3] = Math.max(box[3], y);
}

function fillRow(hall, row, plain) {
	const at = Object.fromEntries(
		["x", "y", "pos", "category"].map((k) => [k, sequence(plain[k] ?? 0, row.count)]),
	);
	const inOrder = plain.pos === undefined || plain.pos === null;
	for (let i = 0; i < row.count; i++) {
		const o = row.first + i;
		hall.x[o] = at.x(i);
		hall.y[o] = at.y(i);
		hall.pos[o] = inOrder ? i : at.pos(i);
		hall.category[o] = at.category(i);
		hall.rowIndex[o] = hall.rows.length;
		widen(row.box, hall.x[o], hall.y[o]);
	}
	for (const i of plain.accessible ?? []) hall.accessible[row.first + i] = 1;
}

function addSection(hall, plain) {
	const section = {
		index: hall.sections.length,
		name: plain.name,
		rows: [],
		count: 0,
		box: [...EMPTY],
	};
	for (const plainRow of plain.rows) {
		const row = rowOf(plainRow, section);
		row.box = [...EMPTY];
		fillRow(hall, row, plainRow);
		hall.rows.push(row);
		section.rows.push(row);
		section.count += row.count;
		widen(section.box, row.box[0], row.box[1]);
		widen(section.box, row.box[2], row.box[3]);
	}
	hall.sections.push(section);
}

function sizeOf(plain) {
	let last = 0;
	for (const section of plain.sections)
		for (const row of section.rows) last = Math.max(last, row.first + row.count - 1);
	return last;
}

// A yield after each section: for gently().
function* decoding(plain) {
	const size = sizeOf(plain);
	const hall = {
		id: plain.id,
		title: plain.title ?? "",
		venue: plain.venue ?? "",
		startsAt: plain.starts_at ? Date.parse(plain.starts_at) : NaN,
		timeZone: plain.time_zone ?? null,
		currency: plain.currency ?? "EUR",
		categories: plain.categories ?? [],
		size,
		x: new Float32Array(size + 1),
		y: new Float32Array(size + 1),
		pos: new Int32Array(size + 1),
		category: new Uint16Array(size + 1),
		accessible: new Uint8Array(size + 1),
		rowIndex: new Uint32Array(size + 1),
		rows: [],
		sections: [],
	};
	for (const section of plain.sections) {
		addSection(hall, section);
		yield;
	}
	// A map needs places: tickets that are only numbered have none.
	const rows = plain.sections.flatMap((s) => s.rows);
	hall.hasPlan = rows.length > 0 && rows.every((r) => r.x !== undefined && r.y !== undefined);
	hall.box = [...EMPTY];
	for (const { box } of hall.sections) {
		widen(hall.box, box[0], box[1]);
		widen(hall.box, box[2], box[3]);
	}
	return withLookups(hall);
}

export const decodeLayout = (plain) => atOnce(decoding(plain));
export const decodeGently = (plain) => gently(decoding(plain));

function withLookups(hall) {
	let ordinals = null; // made when first asked: few ever ask
	const row = (o) => hall.rows[hall.rowIndex[o]];
	return Object.assign(hall, {
		row,
		section: (o) => row(o).section,
		number: (o) => row(o).numbers(o - row(o).first),
		price: (o) => hall.categories[hall.category[o]]?.price_minor ?? 0,
		id(o) {
			const { ids, prefix, first } = row(o);
			return ids ? String(ids[o - first]) : `${prefix}${hall.number(o)}`;
		},
		ordinal(id) {
			if (!ordinals) {
				ordinals = new Map();
				for (let o = 1; o <= hall.size; o++) if (row(o)) ordinals.set(hall.id(o), o);
			}
			return ordinals.get(id);
		},
	});
}
