// Hands on the map: dragging, pinching, the wheel, and taps.

const DRAG_PX = 6; // less is a tap with an unsteady hand
const WHEEL = 0.0022;

// onPan(dx, dy), onZoom(factor, x, y), onTap(x, y, target), onDone()
export function createHand(stage, { onPan, onZoom, onTap, onDone, onHover }) {
	const down = new Map(); // pointer -> { x, y }
	let moved = 0;
	let isDrag = false;
	let corner = null; // of the stage; asked for again when it may have moved

	function place(e) {
		corner ??= stage.getBoundingClientRect();
		return { x: e.clientX - corner.left, y: e.clientY - corner.top };
	}

	const forgetCorner = () => {
		corner = null;
	};

	// The middle of all fingers, and how far they are apart.
	function grip() {
		const all = [...down.values()];
		const x = all.reduce((s, p) => s + p.x, 0) / all.length;
		const y = all.reduce((s, p) => s + p.y, 0) / all.length;
		const apart = all.length < 2 ? 0 : Math.hypot(all[0].x - all[1].x, all[0].y - all[1].y);
		return { x, y, apart };
	}

	function start(e) {
		if (e.button !== 0) return;
		forgetCorner();
		if (down.size === 0) {
			moved = 0;
			isDrag = false;
		}
		down.set(e.pointerId, place(e));
	}

	function move(e) {
		if (!down.has(e.pointerId)) {
			if (e.pointerType === "mouse") onHover(place(e));
			return;
		}
		const before = grip();
		down.set(e.pointerId, place(e));
		const after = grip();
		moved += Math.hypot(after.x - before.x, after.y - before.y);
		if (!isDrag && (moved > DRAG_PX || down.size > 1)) {
			isDrag = true;
			stage.setPointerCapture(e.pointerId);
			onHover(null);
		}
		if (!isDrag) return;
		onPan(after.x - before.x, after.y - before.y);
		if (before.apart > 0 && after.apart > 0) onZoom(after.apart / before.apart, after.x, after.y);
	}

	function end(e) {
		if (!down.delete(e.pointerId)) return;
		if (down.size === 0 && isDrag) onDone();
	}

	// A click comes from a finger, a mouse, or a screen reader that has none.
	function click(e) {
		if (isDrag && e.detail > 0) {
			isDrag = false;
			return;
		}
		forgetCorner();
		const at = place(e);
		onTap(at.x, at.y, e.target);
	}

	// The page scrolls by the wheel; with Ctrl, and so by a pinch on a touch
	// pad, the map zooms.
	function wheel(e) {
		if (!e.ctrlKey && !e.metaKey) return;
		e.preventDefault();
		const at = place(e);
		onZoom(Math.exp(-e.deltaY * WHEEL * (e.deltaMode === 1 ? 16 : 1)), at.x, at.y);
		onDone();
	}

	// A press that drags must not take the focus: a tap gives it, see onTap.
	stage.addEventListener("mousedown", (e) => e.preventDefault());
	stage.addEventListener("pointerdown", start);
	stage.addEventListener("pointerenter", forgetCorner);
	window.addEventListener("scroll", forgetCorner, { passive: true });
	window.addEventListener("resize", forgetCorner);
	stage.addEventListener("pointermove", move);
	stage.addEventListener("pointerup", end);
	stage.addEventListener("pointercancel", end);
	stage.addEventListener("pointerleave", () => onHover(null));
	stage.addEventListener("click", click);
	stage.addEventListener("wheel", wheel, { passive: false });
}
