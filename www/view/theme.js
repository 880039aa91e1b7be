// The stylesheet's colours, as the canvas needs them: worked out by the
// browser for the colour scheme, the contrast and the forced colours in force.

const NAMES = [
	"ground", "sheet", "ink", "ink-soft", "line", "accent", "accent-ink", "ring",
	"seat-held", "seat-sold", "seat-void", "seat-ink",
	"cat-0", "cat-1", "cat-2", "cat-3", "cat-4", "cat-5",
];

const QUERIES = [
	"(prefers-color-scheme: dark)",
	"(forced-colors: active)",
	"(prefers-contrast: more)",
];

export function readTheme() {
	const probe = document.createElement("span");
	probe.className = "probe";
	document.body.append(probe);
	const theme = {};
	for (const name of NAMES) {
		probe.style.color = `var(--${name})`;
		theme[name] = getComputedStyle(probe).color;
	}
	theme.font = getComputedStyle(document.body).fontFamily;
	probe.remove();
	return theme;
}

export function onThemeChange(f) {
	for (const query of QUERIES) matchMedia(query).addEventListener("change", f);
}
