// A worker that beats: the timers of a hidden page stop, a worker's do not.

setInterval(() => postMessage(null), 1000);
