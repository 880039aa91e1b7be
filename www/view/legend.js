// What the signs and colours mean, drawn with the very sprites of the map.

import { $, h } from "./dom.js";
import { createSprites } from "./seat_sprites.js";
import { onThemeChange, readTheme } from "./theme.js";

const SIZE = 22;
const LOOKS = ["mine", "h", "b", "x"];

export function createLegend({ hall, text }) {
	const { t, money } = text;

	function entry(picture, words) {
		picture.className = "legend-seat";
		picture.setAttribute("aria-hidden", "true");
		return h("li", {}, picture, words);
	}

	function category({ name, price_minor: price }) {
		return [name, price > 0 && money(price, hall.currency)].filter(Boolean).join(" · ") || t("state_a");
	}

	function draw() {
		// A picture of its own for each: more prices than colours share theirs.
		const theme = readTheme();
		const sprite = (...what) => createSprites(theme, SIZE, Math.min(devicePixelRatio, 2))(...what);
		const used = [...hall.categories.entries()]
			.sort(([, a], [, b]) => b.price_minor - a.price_minor)
			.map(([i, c]) => entry(sprite("a", i, ""), category(c)));
		const states = LOOKS.map((look) => entry(sprite(look, 0, ""), t(`state_${look}`)));
		$("legend").replaceChildren(...used, ...states);
	}

	draw();
	onThemeChange(draw);
}
