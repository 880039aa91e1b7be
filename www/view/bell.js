// Calls somebody who looks elsewhere: a sound and a notification, each only
// when asked for, and kept so for this browser.

import { $ } from "./dom.js";

const KEY = "holdfast:bell";
const TONES = [660, 880]; // Hz, one after the other
const TONE_S = 0.18;

function read() {
	try {
		return JSON.parse(localStorage.getItem(KEY)) ?? {};
	} catch {
		return {};
	}
}

function write(kept) {
	try {
		localStorage.setItem(KEY, JSON.stringify(kept));
	} catch {
		// Nothing may be stored: it is as chosen until the page is closed.
	}
}

// A browser lets a page sound once somebody has touched it.
function play(context) {
	const start = context.currentTime;
	TONES.forEach((hertz, i) => {
		const tone = context.createOscillator();
		const loud = context.createGain();
		tone.frequency.value = hertz;
		loud.gain.setValueAtTime(0.2, start + i * TONE_S);
		loud.gain.linearRampToValueAtTime(0, start + (i + 1) * TONE_S);
		tone.connect(loud).connect(context.destination);
		tone.start(start + i * TONE_S);
		tone.stop(start + (i + 1) * TONE_S);
	});
}

export function createBell() {
	const kept = read();
	let context = null;

	function keep() {
		write({ sound: $("line-sound").checked, notify: $("line-notify").checked });
	}

	function sound() {
		context ??= new AudioContext();
		context.resume().then(() => play(context), () => {});
	}

	// A box that was ticked before, without the browser's leave, is not ticked.
	async function askLeave() {
		if ($("line-notify").checked && (await Notification.requestPermission()) !== "granted")
			$("line-notify").checked = false;
		keep();
	}

	const mayNotify = () => "Notification" in window && Notification.permission === "granted";

	$("line-sound").checked = Boolean(kept.sound);
	$("line-notify").checked = Boolean(kept.notify) && mayNotify();
	$("line-notify-part").hidden = !("Notification" in window);
	$("line-sound").addEventListener("change", () => {
		keep();
		if ($("line-sound").checked) sound(); // so that one knows it
	});
	$("line-notify").addEventListener("change", askLeave);

	return {
		ring(title) {
			if ($("line-sound").checked) sound();
			if (!$("line-notify").checked || !mayNotify() || !document.hidden) return;
			const note = new Notification(title, { tag: "holdfast-line", icon: "/icon.svg" });
			note.addEventListener("click", () => window.focus());
		},
	};
}
