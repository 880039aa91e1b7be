// Small helpers around the document.

export const $ = (id) => document.getElementById(id);

// h("button", { className: "quiet", onclick: f }, "Text", element): names with
// a dash are attributes, data is a dataset, the others are properties.
export function h(tag, props = {}, ...children) {
	const e = document.createElement(tag);
	for (const [name, value] of Object.entries(props)) {
		if (value === undefined) continue;
		if (name === "data") Object.assign(e.dataset, value);
		else if (name === "role" || name.includes("-")) e.setAttribute(name, value);
		else e[name] = value;
	}
	e.append(...children.filter((c) => c !== undefined && c !== ""));
	return e;
}

export const button = (className, label, onclick, props = {}) =>
	h("button", { type: "button", className, onclick, ...props }, label);

// Writes only what is new: a screen reader takes every write for news.
export function setText(e, text) {
	if (e.textContent !== text) e.textContent = text;
}

export function setAttr(e, name, value) {
	const text = String(value);
	if (e.getAttribute(name) !== text) e.setAttribute(name, text);
}

// Not the attribute "disabled", which would take the focus away.
export function setBusy(e, busy) {
	setAttr(e, "aria-disabled", Boolean(busy));
}

export const isBusy = (e) => e.getAttribute("aria-disabled") === "true";

// Makes list have exactly one child for each id, in order; make(id) builds
// one. A child stays the same as long as its id is there, and keeps the focus.
export function sync(list, ids, make) {
	const there = new Map([...list.children].map((li) => [li.dataset.id, li]));
	const wanted = new Set(ids.map(String));
	for (const [id, li] of there) if (!wanted.has(id)) li.remove();
	ids.forEach((id, i) => {
		let li = there.get(String(id));
		if (!li) {
			li = make(id);
			li.dataset.id = id;
		}
		if (list.children[i] !== li) list.insertBefore(li, list.children[i] ?? null);
	});
}

// Runs draw; if the focus was below root and its element went, gives it to
// what find() names.
export function keepFocus(root, draw, find) {
	const focused = root.contains(document.activeElement) ? document.activeElement : null;
	const place = focused && find.before?.(focused);
	draw();
	if (focused && !focused.isConnected) find.after(place)?.focus();
}

// For something that need not be done twice in one frame.
export function oncePerFrame(f) {
	let asked = 0;
	return () => {
		asked ||= requestAnimationFrame(() => {
			asked = 0;
			f();
		});
	};
}
