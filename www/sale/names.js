// What seats are called, and how they are described in full.

export function createNames(hall, { t, money, list }) {
	const isPlain = (o) => hall.row(o).name === "" && hall.section(o).name === "";

	// Within its section: "Row A, seat 14".
	function short(o) {
		if (isPlain(o)) return t("ticket", { number: String(hall.number(o)) });
		return t("seat", { row: hall.row(o).name, number: String(hall.number(o)) });
	}

	function full(o) {
		const section = hall.section(o).name;
		if (isPlain(o) || section === "" || hall.sections.length === 1) return short(o);
		const row = hall.row(o).name;
		return t("seatInSection", { section, row, number: String(hall.number(o)) });
	}

	const price = (o) => {
		const minor = hall.price(o);
		return minor > 0 ? money(minor, hall.currency) : "";
	};

	// All that there is to say of a seat that looks so.
	function cell(o, look) {
		const category = hall.categories[hall.category[o]]?.name ?? "";
		const details = [
			hall.accessible[o] && t("accessible"),
			category,
			price(o) || (hall.categories.some((c) => c.price_minor > 0) && t("free")),
			t(`state_${look}`),
		].filter(Boolean);
		return t("cellName", { seat: short(o), details: details.join(", ") });
	}

	const MANY = 4;
	// Some seats in one phrase; many by their number only.
	function some(ordinals) {
		if (ordinals.length <= MANY) return list(ordinals.map(full));
		return t(hall.hasPlan ? "seats" : "tickets", { n: ordinals.length });
	}

	return { short, full, price, cell, some };
}
