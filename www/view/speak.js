// Speech for screen readers: one polite voice, and one that interrupts.

import { $, setText } from "./dom.js";

export const say = (words) => setText($("announce"), words);
export const sayNow = (words) => setText($("alert"), words);
