// Puts the catalogue's words where the document asks for them:
// data-t="key" is an element's text, data-t-label its accessible name.

export function fillWords(root, { t, lang, dir }) {
	document.documentElement.lang = lang;
	document.documentElement.dir = dir;
	for (const e of root.querySelectorAll("[data-t]")) e.textContent = t(e.dataset.t);
	for (const e of root.querySelectorAll("[data-t-label]"))
		e.setAttribute("aria-label", t(e.dataset.tLabel));
}
