#include "config.h"

#include "fcgi/hold.h"

#include "libhold/clock.h"
#include "libhold/err.h"

/* Why there is no answer, unless the call finds another cause. */
static int64_t begin(struct hold *hold)
{
	hold->why = METER_AWAY;
	return hf_clock_us();
}

/* Counts a round trip that began at began_us; gives rc. */
static int counted(struct hold *hold, enum meter_lock_call call,
		   int64_t began_us, int rc)
{
	if (rc == HF_EUNREACHABLE)
		meter_lock_failed(hold->meter, hold->why);
	else
		meter_lock(hold->meter, call, hf_clock_us() - began_us);
	return rc;
}

int hold_acquire(struct hold *hold, const struct basket *basket,
		 const char *client, int64_t ttl_ms,
		 struct hold_answer *answer_out)
{
	int64_t began_us = begin(hold);

	return counted(
	    hold, METER_ACQUIRE, began_us,
	    hold->ops->acquire(hold, basket, client, ttl_ms, answer_out));
}

int hold_check(struct hold *hold, const struct basket *basket,
	       const char *client, struct hold_answer *answer_out)
{
	int64_t began_us = begin(hold);

	return counted(hold, METER_CHECK, began_us,
		       hold->ops->check(hold, basket, client, answer_out));
}

int hold_extend(struct hold *hold, const struct basket *basket,
		const char *client, int64_t ttl_ms,
		struct hold_answer *answer_out)
{
	int64_t began_us = begin(hold);

	return counted(
	    hold, METER_EXTEND, began_us,
	    hold->ops->extend(hold, basket, client, ttl_ms, answer_out));
}

int hold_release(struct hold *hold, const struct basket *basket,
		 const char *client, const int64_t *fences)
{
	int64_t began_us = begin(hold);

	return counted(hold, METER_RELEASE, began_us,
		       hold->ops->release(hold, basket, client, fences));
}

int hold_ping(struct hold *hold)
{
	int64_t began_us = begin(hold);

	return counted(hold, METER_PING, began_us, hold->ops->ping(hold));
}

void hold_undo(struct hold *hold, const struct basket *basket,
	       const char *client, const struct hold_answer *answer)
{
	int64_t fences[BASKET_MAX];

	for (size_t i = 0; i < basket->n; i++)
		fences[i] =
		    answer->grants[i].fresh ? answer->grants[i].fence : 0;
	hold_let_go(hold, basket, client, fences);
}

int64_t hold_answer_ms(const struct basket *basket,
		       const struct hold_answer *answer)
{
	int64_t ms = answer->grants[0].remaining_ms;

	for (size_t i = 1; i < basket->n; i++) {
		if (answer->grants[i].remaining_ms < ms)
			ms = answer->grants[i].remaining_ms;
	}
	return ms;
}
