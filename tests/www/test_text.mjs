// www/text/: the words, and times and money through Intl.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import de from "../../www/text/de.js";
import en from "../../www/text/en.js";
import { choose, createText } from "../../www/text/text.js";

const www = new URL("../../www/", import.meta.url);

// The page's files of one kind, but for the catalogue itself.
function sources(kind, folder = www) {
	return readdirSync(folder, { withFileTypes: true }).flatMap((e) => {
		if (e.isDirectory()) return sources(kind, new URL(`${e.name}/`, folder));
		if (!e.name.endsWith(kind) || ["de.js", "en.js"].includes(e.name)) return [];
		return readFileSync(new URL(e.name, folder), "utf8");
	});
}

test("counts choose their form, values fill their places", () => {
	const { t } = createText(en, "en-GB");
	assert.equal(t("seats", { n: 1 }), "1 seat");
	assert.equal(t("seats", { n: 21723 }), "21,723 seats");
	assert.equal(t("seat", { row: "A", number: "14" }), "Row A, seat 14");
	assert.throws(() => t("no such text"));
});

test("a language with more forms gets the right one", () => {
	const forms = { zero: "z{n}", one: "o{n}", two: "t{n}", few: "f{n}", many: "m{n}", other: "x{n}" };
	const { t } = createText({ lang: "ar", dir: "rtl", messages: { seats: forms } }, "ar-u-nu-latn");
	assert.deepEqual([0, 1, 2, 3, 11, 100].map((n) => t("seats", { n })), ["z0", "o1", "t2", "f3", "m11", "x100"]);
});

test("money has its currency's digits, and none that say nothing", () => {
	const { money } = createText(en, "en-GB");
	assert.equal(money(4500, "EUR"), "€45");
	assert.equal(money(3850, "EUR"), "€38.50");
	assert.equal(money(4500, "JPY"), "JP¥4,500");
	assert.equal(money(4500, "KWD").replace(/\s/, " "), "KWD 4.500");
});

test("an event's time is that of its place, and any zone is named", () => {
	const { whenLong, whenShort } = createText(en, "en-GB");
	const at = Date.parse("2027-05-01T18:30:00Z");
	assert.match(whenLong(at, "Europe/Berlin"), /Saturday.* 1 May 2027.* 20:30 CEST$/);
	assert.match(whenLong(at, "Asia/Tokyo"), /Sunday.* 2 May 2027.* 03:30 GMT\+9$/);
	assert.match(whenShort(at, "Europe/Berlin"), /^Sat.* 1 May.* 20:30 CEST$/);
	for (const nobodySaid of [null, undefined, "Europe/Atlantis"]) {
		const zone = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" })
			.formatToParts(at).find((p) => p.type === "timeZoneName").value;
		assert.ok(whenLong(at, nobodySaid).endsWith(` ${zone}`), String(nobodySaid));
	}
});

test("a time to speak", () => {
	const { duration } = createText(en, "en-GB");
	assert.equal(duration(95_000), "1 minute 35 seconds");
	assert.equal(duration(120_000), "2 minutes");
	assert.equal(duration(0), "0 seconds");
});

test("the first language that is there is taken, or English", () => {
	const all = { en, ar: { lang: "ar" } };
	assert.equal(choose(["de", "ar-EG", "en"], all).lang, "ar");
	assert.equal(choose(["de"], all).lang, "en");
});

// The {places} of a text, in all of its forms.
function places(message) {
	const forms = typeof message === "string" ? [message] : Object.values(message);
	return forms.map((form) => [...form.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort().join());
}

test("a translation has every text, with the same places and all forms", () => {
	assert.deepEqual(Object.keys(de.messages).sort(), Object.keys(en.messages).sort());
	for (const [key, message] of Object.entries(en.messages)) {
		const theirs = de.messages[key];
		assert.equal(typeof theirs, typeof message, key);
		assert.deepEqual(places(theirs).at(-1), places(message).at(-1), key);
	}
	const { t, money } = createText(de, "de-AT");
	assert.equal(t("eventLeft", { n: 1 }), "Noch 1 Platz");
	assert.equal(t("eventLeft", { n: 3 }), "Noch 3 Plätze");
	assert.equal(choose(["de-CH", "en"]).lang, "de");
	assert.match(money(4550, "EUR"), /45,50/);
});

test("every text that the page asks for is in the catalogue, and none beside", () => {
	const code = sources(".js").join("\n");
	const documents = sources(".html").join("\n");
	const asked = [
		...[...code.matchAll(/\bt\("(\w+)"/g)].map((m) => m[1]),
		...[...documents.matchAll(/data-t(?:-label)?="(\w+)"/g)].map((m) => m[1]),
	];
	assert.ok(asked.length > 100);
	assert.deepEqual(asked.filter((key) => !(key in en.messages)), []);
	const built = /^(state_|boardRange_)/; // from a part and what it is of
	const all = code + documents;
	const unused = Object.keys(en.messages).filter((key) => !built.test(key) && !all.includes(`"${key}"`));
	assert.deepEqual(unused, []);
});
