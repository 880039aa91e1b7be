// How a seat looks, in each of its states, drawn once per size and copied.
//
// Never by colour alone: available is a full seat, mine has a ring and a
// check, another's basket is hatched, sold is a pale cross, not for sale a
// dot, being reserved a dashed ring.

const BODY = 0.82; // of a seat's width
const NUMBER_FROM = 22; // px: smaller numbers nobody reads
export const SIGN_FROM = 9;
const COLOURS = 6;

function body(c, s, inset = 0) {
	const d = s * BODY - 2 * inset;
	const at = (s - d) / 2;
	c.beginPath();
	c.roundRect(at, at, d, d, [d * 0.36, d * 0.36, d * 0.2, d * 0.2]);
}

function lines(c, s, ...points) {
	c.beginPath();
	for (const [x0, y0, x1, y1] of points) {
		c.moveTo(s * x0, s * y0);
		c.lineTo(s * x1, s * y1);
	}
	c.stroke();
}

const PAINT = {
	a(c, s, theme, colour) {
		c.fillStyle = colour;
		body(c, s);
		c.fill();
	},
	mine(c, s, theme) {
		c.fillStyle = theme.ink;
		body(c, s, -s * 0.04);
		c.fill();
		if (s < SIGN_FROM) return;
		c.strokeStyle = theme.sheet;
		c.lineWidth = Math.max(1, s * 0.05);
		body(c, s, s * 0.06);
		c.stroke();
		c.lineWidth = Math.max(1.5, s * 0.11);
		c.lineCap = c.lineJoin = "round";
		c.beginPath();
		c.moveTo(s * 0.32, s * 0.52);
		c.lineTo(s * 0.45, s * 0.64);
		c.lineTo(s * 0.69, s * 0.37);
		c.stroke();
	},
	pending(c, s, theme, colour) {
		c.strokeStyle = colour;
		c.lineWidth = Math.max(1, s * 0.1);
		c.setLineDash([s * 0.16, s * 0.1]);
		body(c, s, s * 0.06);
		c.stroke();
	},
	h(c, s, theme) {
		c.fillStyle = theme.sheet;
		body(c, s);
		c.fill();
		c.save();
		c.clip();
		c.strokeStyle = theme["seat-held"];
		c.lineWidth = Math.max(1, s * 0.11);
		const stripes = [-0.3, 0, 0.3, 0.6].map((x) => [x, 0.95, x + 0.9, 0.05]);
		if (s >= SIGN_FROM) lines(c, s, ...stripes);
		c.restore();
		c.strokeStyle = theme["seat-held"];
		c.lineWidth = Math.max(1, s * 0.06);
		body(c, s, s * 0.03);
		c.stroke();
	},
	b(c, s, theme) {
		c.fillStyle = theme["seat-void"];
		body(c, s);
		c.fill();
		if (s < SIGN_FROM) return;
		c.strokeStyle = theme["seat-sold"];
		c.lineWidth = Math.max(1, s * 0.08);
		c.lineCap = "round";
		lines(c, s, [0.36, 0.36, 0.64, 0.64], [0.64, 0.36, 0.36, 0.64]);
	},
	x(c, s, theme) {
		c.fillStyle = theme["seat-sold"];
		c.beginPath();
		c.arc(s / 2, s / 2, Math.max(0.8, s * 0.1), 0, 2 * Math.PI);
		c.fill();
	},
};

function canvas(s, ratio) {
	const e = document.createElement("canvas");
	e.width = e.height = Math.ceil(s * ratio);
	const c = e.getContext("2d");
	c.scale(e.width / s, e.height / s);
	return [e, c];
}

function sign(c, s, words, colour, font) {
	c.fillStyle = colour;
	c.font = `600 ${Math.round(s * (words.length > 2 ? 0.3 : 0.38))}px ${font}`;
	c.textAlign = "center";
	c.textBaseline = "middle";
	c.fillText(words, s / 2, s * 0.52);
}

// Sprites for seats of s pixels: sprite(look, category, words); words: a
// seat's number, "" for none. hasNumbers: whether any words are looked at.
export function createSprites(theme, s, ratio) {
	const numbered = new Map();
	const plain = new Map(); // look -> by colour

	function make(look, colour, number) {
		const [e, c] = canvas(s, ratio);
		PAINT[look](c, s, theme, theme[`cat-${colour}`]);
		if (number) sign(c, s, number, theme["seat-ink"], theme.font);
		return e;
	}

	// Thousands of times a frame: no key is put together for a plain one.
	function plainOne(look, colour) {
		let colours = plain.get(look);
		if (!colours) plain.set(look, (colours = []));
		return (colours[colour] ??= make(look, colour, ""));
	}

	function sprite(look, category, words) {
		const colour = look === "a" || look === "pending" ? category % COLOURS : 0;
		if (look !== "a" || !sprite.hasNumbers || words === "") return plainOne(look, colour);
		const key = `${colour}|${words}`;
		let found = numbered.get(key);
		if (!found) numbered.set(key, (found = make(look, colour, words)));
		return found;
	}

	sprite.hasNumbers = s >= NUMBER_FROM;
	return sprite;
}

// The colour of a seat that is smaller than any sign.
export function plainColour(theme, look, category) {
	switch (look) {
		case "a":
			return theme[`cat-${category % COLOURS}`];
		case "mine":
			return theme.ink;
		case "pending":
		case "h":
			return theme["seat-held"];
		default:
			return theme["seat-void"];
	}
}
