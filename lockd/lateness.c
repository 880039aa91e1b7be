#include "config.h"

#include "lockd/lateness.h"

static void count(struct lateness *late, int64_t now_ms)
{
	if (now_ms <= late->from_ms)
		return;
	late->total_ms += now_ms - late->from_ms;
	late->from_ms = now_ms;
}

void lateness_begin(struct lateness *late, int64_t now_ms)
{
	if (late->from_ms == HF_NEVER)
		late->from_ms = now_ms + LATENESS_PATIENCE_MS;
}

void lateness_look(struct lateness *late, bool waits, bool refused,
		   int64_t now_ms)
{
	count(late, now_ms);
	if (!waits && !refused)
		late->from_ms = HF_NEVER;
	else if (!refused)
		lateness_begin(late, now_ms);
	else if (late->from_ms > now_ms)
		late->from_ms = now_ms;
}

void lateness_passed(struct lateness *late, bool waits, int64_t now_ms)
{
	count(late, now_ms);
	late->from_ms = HF_NEVER;
	if (waits)
		lateness_begin(late, now_ms);
}
