// www/index.html: what is painted first needs nothing but the page itself.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import test from "node:test";

const root = new URL("../../", import.meta.url);
const read = (path) => readFileSync(new URL(path, root), "utf8");
const html = read("www/index.html");
const style = html.match(/<style>([^]*?)<\/style>/)[1];

const plain = (css) =>
	css
		.replace(/\/\*[^]*?\*\//g, "")
		.replace(/\s+/g, " ")
		.replace(/ ?([{}:;,]) ?/g, "$1");

// "selector" or "@media … selector", and its declarations, of flat rules and
// of those in one @media.
function rules(css, media = "") {
	return [...plain(css).matchAll(/([^{}]+)\{((?:[^{}]+\{[^{}]*\})+|[^{}]*)\}/g)].flatMap(
		([, head, body]) =>
			head.startsWith("@")
				? rules(body, `${head} `)
				: body.split(";").filter(Boolean).map((one) => `${media}${head} { ${one} }`),
	);
}

test("the page's own style is the one that nginx lets a browser take", () => {
	const hash = createHash("sha256").update(style).digest("base64");
	const policy = read("nginx/holdfast.conf.in").match(/Content-Security-Policy "([^"]*)"/)[1];
	assert.ok(policy.includes(`style-src 'self' 'sha256-${hash}';`), `it wants sha256-${hash}`);
	assert.equal(html.match(/<style/g).length, 1);
});

test("the page's own style says nothing that the style sheets do not say", () => {
	const sheets = new Set(rules(read("www/css/base.css") + read("www/css/sale.css")));
	const own = rules(style);
	assert.ok(own.length > 60, "it was read");
	assert.deepEqual(own.filter((rule) => !sheets.has(rule)), []);
});

test("nothing but the page is waited for before its head is painted", () => {
	const before = html.slice(0, html.indexOf('id="counts"'));
	assert.doesNotMatch(before, /rel="stylesheet"/);
	assert.doesNotMatch(before, /<script(?![^>]*type="module")/);
});

// Found one by one they would take a round trip each level of imports.
test("all modules of the page are asked for at once", () => {
	const seen = new Set();
	const walk = (url) => {
		if (seen.has(url.href)) return;
		seen.add(url.href);
		const imports = /^(?:import|export)\b[^;]*?"(\.[^"]+)";/gms;
		for (const [, path] of readFileSync(url, "utf8").matchAll(imports)) walk(new URL(path, url));
	};
	const www = new URL("www/", root);
	walk(new URL("sale/main.js", www));
	const wanted = [...seen].map((href) => href.replace(www.href, "/")).filter((p) => p !== "/sale/main.js");
	const asked = [...html.matchAll(/rel="modulepreload" href="([^"]+)"/g)].map(([, path]) => path);
	assert.ok(wanted.length > 30);
	assert.deepEqual(asked.sort(), wanted.sort());
});
