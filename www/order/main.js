// What was booked: /order/?number=HF-… (several, where several were booked
// together). Each ticket has its code for the door, and prints by itself.

import * as api from "../net/api.js";
import { createPace } from "../core/pace.js";
import { text } from "../text/text.js";
import { $, button, h, setText } from "../view/dom.js";
import { fillWords } from "../view/words.js";

const { t, money, dayTime, whenLong } = text;

async function insist(ask) {
	const pace = createPace();
	for (;;) {
		const answer = await ask();
		if (!answer.away) return answer;
		setText($("lead"), t("unreachable"));
		pace.failed();
		await new Promise((done) => setTimeout(done, pace.next(false)));
	}
}

const isNumbered = ({ section, row }) => !section && !row;

function seatName({ section, row, number }) {
	const plain = { section, row, number: String(number) };
	if (isNumbered(plain)) return t("ticket", plain);
	return section ? t("seatInSection", plain) : t("seat", plain);
}

function fact(name, value, className = "") {
	return value === "" ? "" : h("div", { className }, h("dt", {}, name), h("dd", {}, value));
}

function place(ticket) {
	const number = String(ticket.number);
	if (isNumbered(ticket)) return [fact(t("ticketNumber"), number, "large")];
	return [
		fact(t("ticketSection"), ticket.section ?? "", "large"),
		fact(t("ticketRow"), ticket.row, "large"),
		fact(t("ticketSeat"), number, "large"),
	];
}

function ticketCard(order, ticket) {
	const cancelled = Boolean(ticket.cancelled || order.cancelled_at);
	const starts = order.starts_at ? Date.parse(order.starts_at) : NaN;
	const when = Number.isFinite(starts) ? whenLong(starts, order.time_zone) : "";
	const price = ticket.price_minor > 0 ? money(ticket.price_minor, order.currency) : "";
	const qr = h("img", {
		className: "qr",
		src: ticket.qr_svg,
		alt: t("ticketQr", { seat: seatName(ticket) }),
		width: 148,
		height: 148,
	});
	return h("li", { className: `ticket${cancelled ? " cancelled" : ""}` },
		h("div", { className: "ticket-main" },
			h("p", { className: "kicker" }, [when, order.venue].filter(Boolean).join(" · ")),
			h("h2", {}, order.title || t("orderTitle")),
			h("dl", { className: "places" }, ...place(ticket)),
			h("p", { className: "soft small-line" }, [order.number, price].filter(Boolean).join(" · "))),
		h("div", { className: "ticket-stub" },
			cancelled ? h("p", { className: "void" }, t("ticketCancelled")) : qr));
}

function orderPart(order) {
	const total = order.total_minor > 0 ? money(order.total_minor, order.currency) : "";
	return h("section", { className: "order", "aria-label": t("orderLink", { number: order.number }) },
		h("dl", { className: "facts" },
			fact(t("orderNumber"), order.number, "number"),
			fact(t("orderTotal"), total),
			fact(t("orderWhen"), dayTime(Date.parse(order.created_at)))),
		order.cancelled_at ? h("p", { className: "notice" }, t("orderCancelled")) : "",
		h("ul", { className: "tickets" }, ...order.tickets.map((x) => ticketCard(order, x))),
		h("div", { className: "actions" },
			button("primary", t("orderPrint"), () => window.print()),
			order.starts_at
				? h("a", { className: "button", href: api.calendarOf(order.number), download: `${order.number}.ics` },
					t("orderCalendar"))
				: "",
			h("a", { className: "button", href: `/?event=${encodeURIComponent(order.event)}` }, t("orderBack"))));
}

async function main() {
	fillWords(document, text);
	const numbers = new URLSearchParams(location.search).getAll("number");
	const answers = [];
	for (const n of numbers) answers.push(await insist(() => api.showOrder(n)));
	const orders = answers.filter((a) => a.ok).map((a) => a.data);
	setText($("lead"), t(orders.length > 0 ? "orderThanks" : "orderMissing"));
	$("orders").replaceChildren(...orders.map(orderPart));
	if (orders.length > 0) document.title = `${orders[0].number} · Holdfast`;
	$("title").focus({ preventScroll: true });
}

main();
