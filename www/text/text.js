// Words, times and money in the visitor's language: strings from a catalogue
// (en.js, de.js), forms from Intl.

import de from "./de.js";
import en from "./en.js";

const catalogues = { en, de };

const LONG_DAY = { weekday: "long", day: "numeric", month: "long", year: "numeric" };
const SHORT_DAY = { weekday: "short", day: "numeric", month: "short" };
const MINUTE = { hour: "numeric", minute: "2-digit" };

// The first of the visitor's languages that we have.
export function choose(languages, all = catalogues) {
	for (const language of languages) {
		const found = all[language] ?? all[language.split("-")[0]];
		if (found) return found;
	}
	return all.en;
}

export function createText(catalogue, locale = catalogue.lang) {
	// Made when first needed: each costs some milliseconds.
	const formats = new Map();
	function format(kind, options) {
		const key = kind.name + JSON.stringify(options);
		if (!formats.has(key)) formats.set(key, new kind(locale, options));
		return formats.get(key);
	}

	const number = (n) => format(Intl.NumberFormat, {}).format(n);

	function money(minor, currency) {
		const style = { style: "currency", currency };
		const exact = format(Intl.NumberFormat, style);
		const amount = minor / 10 ** exact.resolvedOptions().maximumFractionDigits;
		// 45,00 is 45 to a reader.
		const whole = format(Intl.NumberFormat, { ...style, minimumFractionDigits: 0 });
		return (Number.isInteger(amount) ? whole : exact).format(amount);
	}

	// rule: { type: "ordinal" } for "12th".
	function form(message, n, rule) {
		if (typeof message === "string") return message;
		return message[format(Intl.PluralRules, rule).select(n)] ?? message.other;
	}

	// The text of this key, its {names} filled in.
	function t(key, values = {}, rule = {}) {
		const message = catalogue.messages[key];
		if (message === undefined) throw new Error(`no text "${key}"`);
		return form(message, values.n, rule).replace(/\{(\w+)\}/g, (_, name) => {
			const value = values[name];
			return typeof value === "number" ? number(value) : value;
		});
	}

	const nth = (n) => t("nth", { n }, { type: "ordinal" });

	const dates = (options) => (ms) => format(Intl.DateTimeFormat, options).format(ms);

	// A time of an event: by the clock of the place and with that zone's name,
	// or by the visitor's own, named too, where nobody said which it is.
	function when(ms, timeZone, options, name = { timeZoneName: "short" }) {
		const named = { ...options, ...name };
		try {
			return format(Intl.DateTimeFormat, { ...named, timeZone: timeZone ?? undefined }).format(ms);
		} catch {
			return format(Intl.DateTimeFormat, named).format(ms); // a zone that this browser does not know
		}
	}

	// For speech: "1 minute 35 seconds".
	function duration(ms) {
		const s = Math.ceil(ms / 1000);
		const parts = [
			s >= 60 && t("minutes", { n: Math.floor(s / 60) }),
			s % 60 > 0 && t("seconds", { n: s % 60 }),
		];
		return parts.filter(Boolean).join(" ") || t("seconds", { n: 0 });
	}

	function ago(ms) {
		if (ms < 2000) return t("agoNow");
		if (ms < 100_000) return t("agoSeconds", { n: Math.floor(ms / 1000) });
		return t("agoMinutes", { n: Math.floor(ms / 60_000) });
	}

	return {
		t,
		money,
		duration,
		ago,
		number,
		nth,
		list: (items) => format(Intl.ListFormat, {}).format(items),
		percent: (x) => format(Intl.NumberFormat, { style: "percent", maximumFractionDigits: 1 }).format(x),
		whenLong: (ms, zone) => when(ms, zone, { ...LONG_DAY, ...MINUTE }),
		whenShort: (ms, zone) => when(ms, zone, { ...SHORT_DAY, ...MINUTE }),
		// A day as two words: { day: "1", month: "May" }.
		dayParts(ms, zone) {
			const part = (options) => when(ms, zone, options, {});
			return { day: part({ day: "numeric" }), month: part({ month: "short" }) };
		},
		dayTime: dates({ ...SHORT_DAY, ...MINUTE }),
		time: dates(MINUTE),
		timeSeconds: dates({ hour: "numeric", minute: "2-digit", second: "2-digit" }),
		lang: locale,
		dir: catalogue.dir,
	};
}

// That of this visitor. The catalogue decides words and direction; dates and
// money follow the visitor's own region, if it speaks the same language.
export function visitorText(languages = navigator.languages) {
	const catalogue = choose(languages);
	const region = languages.find((l) => l.split("-")[0] === catalogue.lang);
	return createText(catalogue, region ?? catalogue.lang);
}

export const text = typeof document === "undefined" ? createText(en, "en-GB") : visitorText();
