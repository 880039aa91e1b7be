#include "config.h"

#include "fcgi/zk_hold.h"

#include "libhold/clock.h"
#include "libhold/err.h"
#include "libhold/log.h"

#include <sys/random.h>

void zk_hold_draw(char text[33])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[16];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		hf_fatal("cannot read random bytes");
	for (size_t i = 0; i < sizeof(bytes); i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[32] = '\0';
}

int zk_hold_nonsense(struct zk_hold *z, const char *what)
{
	z->hold.why = METER_REFUSED;
	zkc_drop(z->zkc, what);
	return HF_EUNREACHABLE;
}

/* A connection that does not answer in time is given up, too. */
static enum meter_failure why_lost(const struct zkc_batch *batch,
				   int64_t until_ms)
{
	int64_t now_ms = hf_clock_ms();

	return now_ms >= until_ms || now_ms - batch->sent_ms >= ZKC_ANSWER_MS
		   ? METER_TIMEOUT
		   : METER_BROKEN;
}

/* 0 when all is answered; ZK_HOLD_AGAIN when the answer was lost. */
int zk_hold_run(struct zk_hold *z, struct zkc_batch *batch, int64_t until_ms)
{
	switch (zkc_run(z->zkc, batch, until_ms)) {
	case ZKC_DONE:
		return 0;
	case ZKC_LOST:
		z->hold.why = why_lost(batch, until_ms);
		return ZK_HOLD_AGAIN;
	default:
		return HF_EUNREACHABLE;
	}
}

void zk_hold_node_path(char path[ZK_PATH_MAX + 1], const struct zk_seen *seen)
{
	zk_node_path(path, seen->ticket_path, seen->name);
}
