// Paints the hall on a canvas, in the detail that can be seen.
//
// Near, each seat in sight is a sprite with its sign and number. Far away the
// whole hall is one picture, kept up to date seat by seat, that is only moved
// and scaled: fifty thousand seats then cost as much as one.

import { outline } from "../core/outline.js";
import { ground, meets, seen, toStage } from "../core/viewport.js";
import { createSprites, plainColour, SIGN_FROM } from "./seat_sprites.js";

const NEAR_SEATS = 3000; // at most so many sprites a frame
const PICTURE_PX = 1600; // the picture's longer side
const SLICE_SEATS = 1500; // painted into it without a pause
const LABEL_UNTIL = 11; // px a seat: nearer, a section needs no name
const LABEL_LEAST = 34; // px: a section narrower than that has no name either
const ROW_NAME_FROM = 14;
const GROUND = 1.9; // seat widths: what a seat at the edge stands on
const BESIDE = 0.69; // from a row's last seat to its name, on that ground

export function createPainter({ hall, seats, text, repaint }) {
	const box = ground(hall.box);
	const cell = Math.max(1, Math.min(8, Math.floor(PICTURE_PX / Math.max(box[2] - box[0], box[3] - box[1]))));
	const picture = document.createElement("canvas");
	picture.width = Math.ceil((box[2] - box[0]) * cell);
	picture.height = Math.ceil((box[3] - box[1]) * cell);
	const ink = picture.getContext("2d");
	let theme = null;
	let sprites = null;
	let spriteSize = 0;
	let round = 0; // of painting the whole picture; a new one ends the old
	let isWhole = false; // it has been, once
	let drawn = 0; // times; the first ones draw a part each, as all is made anew

	const shapes = new Map();
	function shapeOf(section) {
		if (!shapes.has(section)) {
			const shape = new Path2D();
			outline(hall, section).forEach(([x, y], i) => (i ? shape.lineTo(x, y) : shape.moveTo(x, y)));
			shape.closePath();
			shapes.set(section, shape);
		}
		return shapes.get(section);
	}

	// ---- the picture -------------------------------------------------------

	function paintSeat(o, isClear) {
		const x = (hall.x[o] - 0.5 - box[0]) * cell;
		const y = (hall.y[o] - 0.5 - box[1]) * cell;
		if (!isClear) ink.clearRect(x, y, cell, cell);
		const look = seats.look(o);
		if (look === "x") return;
		const d = cell * (look === "mine" ? 1 : 0.78);
		ink.fillStyle = plainColour(theme, look, hall.category[o]);
		ink.fillRect(x + (cell - d) / 2, y + (cell - d) / 2, d, d);
	}

	function paintSlice(first, mine, isClear) {
		if (mine !== round) return;
		const end = Math.min(first + SLICE_SEATS, hall.size + 1);
		for (let o = first; o < end; o++) paintSeat(o, isClear);
		// Shown when it is whole: to show a picture that has changed is to copy it.
		if (end > hall.size) {
			isWhole = true;
			repaint();
		} else setTimeout(paintSlice, 0, end, mine, isClear);
	}

	// What is there stays until its turn comes.
	function paintAll(isClear) {
		round++;
		paintSlice(1, round, isClear);
	}

	// ---- what both levels share --------------------------------------------

	function drawSections(c, view, size, inSight) {
		const at = toStage(view, size, 0, 0);
		c.save();
		c.translate(at.x, at.y);
		c.scale(view.scale, view.scale);
		c.lineJoin = "round";
		for (const section of hall.sections) {
			if (!meets(ground(section.box), inSight)) continue;
			const shape = shapeOf(section);
			c.strokeStyle = theme.line;
			c.lineWidth = GROUND + 2 / view.scale;
			c.stroke(shape);
			c.strokeStyle = c.fillStyle = theme.sheet;
			c.lineWidth = GROUND;
			c.stroke(shape);
			c.fill(shape);
		}
		c.restore();
	}

	const widths = new Map();
	function widthOf(c, words) {
		if (!widths.has(words)) widths.set(words, c.measureText(words).width);
		return widths.get(words);
	}

	function drawLabel(c, section, at, width) {
		const left = seats.count("a", section.index);
		const words = [section.name, left > 0 ? text.t("left", { n: left }) : text.t("sectionFull")];
		c.font = `650 13px ${theme.font}`;
		const w = Math.max(widthOf(c, words[0]), widthOf(c, words[1]) * 0.9) + 20;
		if (width < Math.min(w, LABEL_LEAST)) return;
		const small = width < w;
		const high = small ? 22 : 38;
		c.fillStyle = theme.sheet;
		c.strokeStyle = theme.line;
		c.beginPath();
		const wide = small ? widthOf(c, words[0]) + 12 : w;
		c.roundRect(at.x - wide / 2, at.y - high / 2, wide, high, 8);
		c.globalAlpha = 0.94;
		c.fill();
		c.globalAlpha = 1;
		c.stroke();
		c.fillStyle = theme.ink;
		c.textAlign = "center";
		c.textBaseline = "middle";
		c.fillText(words[0], at.x, small ? at.y : at.y - 8);
		if (small) return;
		c.fillStyle = theme["ink-soft"];
		c.font = `12px ${theme.font}`;
		c.fillText(words[1], at.x, at.y + 9);
	}

	function drawLabels(c, view, size, inSight) {
		for (const section of hall.sections) {
			const b = section.box;
			if (section.name === "" || !meets(b, inSight)) continue;
			const at = toStage(view, size, (b[0] + b[2]) / 2, (b[1] + b[3]) / 2);
			drawLabel(c, section, at, (b[2] - b[0]) * view.scale);
		}
	}

	// ---- near --------------------------------------------------------------

	function rowsInSight(inSight) {
		const rows = [];
		let count = 0;
		for (const section of hall.sections) {
			if (!meets(ground(section.box), inSight)) continue;
			for (const row of section.rows) {
				if (!meets(ground(row.box), inSight)) continue;
				rows.push(row);
				count += row.count;
			}
		}
		return { rows, count };
	}

	function drawRowName(c, row, view, size) {
		const atRight = text.dir === "rtl";
		const x = atRight ? row.box[2] + BESIDE : row.box[0] - BESIDE;
		const ends = [row.first, row.first + row.count - 1];
		const end = ends.reduce((a, b) => ((hall.x[a] < hall.x[b]) === atRight ? b : a));
		const at = toStage(view, size, x, hall.y[end]);
		c.fillStyle = theme["ink-soft"];
		c.font = `600 ${Math.min(14, Math.round(view.scale * 0.5))}px ${theme.font}`;
		c.textAlign = "center";
		c.textBaseline = "middle";
		c.fillText(row.name, at.x, at.y);
	}

	// While the scale moves, sprites of nearly the size do: they are made
	// anew when it rests.
	function spritesFor(s, ratio, isResting) {
		const fits = s / spriteSize < 1.5 && s / spriteSize > 0.6;
		if (spriteSize !== s && (isResting || !fits)) {
			sprites = createSprites(theme, s, ratio);
			spriteSize = s;
		}
		return sprites;
	}

	function drawNear(c, view, size, sprite, rows, inSight) {
		const s = view.scale;
		const { x: left, y: top } = toStage(view, size, -0.5, -0.5);
		for (const row of rows) {
			if (s >= ROW_NAME_FROM) drawRowName(c, row, view, size);
			for (let i = 0; i < row.count; i++) {
				const o = row.first + i;
				const x = hall.x[o];
				if (x < inSight[0] - 1 || x > inSight[2] + 1) continue;
				const words = !sprite.hasNumbers ? "" : hall.accessible[o] ? "♿" : String(row.numbers(i));
				const picture = sprite(seats.look(o), hall.category[o], words);
				c.drawImage(picture, left + x * s, top + hall.y[o] * s, s, s);
			}
		}
	}

	function drawFar(c, view, size) {
		if (!isWhole) return;
		const at = toStage(view, size, box[0], box[1]);
		const scale = view.scale / cell;
		c.imageSmoothingEnabled = scale < 1.5;
		c.drawImage(picture, at.x, at.y, picture.width * scale, picture.height * scale);
	}

	seats.subscribe((ordinals) => {
		if (theme && ordinals.length > SLICE_SEATS) paintAll(false);
		else if (theme) for (const o of ordinals) paintSeat(o, false);
		repaint();
	});
	return {
		setTheme(next) {
			theme = next;
			spriteSize = 0;
			ink.clearRect(0, 0, picture.width, picture.height);
			paintAll(true);
		},
		// Everything in view, on a context whose unit is a CSS pixel.
		draw(c, view, size, ratio, isResting) {
			c.clearRect(0, 0, size.width, size.height);
			const inSight = seen(view, size);
			drawSections(c, view, size, inSight);
			if (drawn < 2) repaint();
			if (drawn++ === 0) return;
			const { rows, count } = rowsInSight(inSight);
			const isNear = count <= NEAR_SEATS && view.scale >= SIGN_FROM;
			if (isNear) drawNear(c, view, size, spritesFor(view.scale, ratio, isResting), rows, inSight);
			else drawFar(c, view, size);
			if (view.scale < LABEL_UNTIL && drawn > 2) drawLabels(c, view, size, inSight);
		},
	};
}
