#include "config.h"

#include "fcgi/meter.h"

#include <assert.h>
#include <string.h>

const uint32_t meter_bounds_us[METER_BOUNDS] = {
	250,   500,    1000,   2500,   5000,    10000,   25000,
	50000, 100000, 250000, 500000, 1000000, 2500000, 5000000,
};

void meter_time(struct meter_times *times, int64_t us)
{
	size_t i = 0;

	if (us < 0)
		us = 0;
	while (i < METER_BOUNDS && us > (int64_t)meter_bounds_us[i])
		i++;
	meter_add(&times->buckets[i], 1);
	meter_add(&times->sum_us, (uint64_t)us);
}

/* Where this result is counted. The same word may stand at two addresses. */
static meter_count *result_of(struct meter_call *call, const char *word)
{
	for (size_t i = 0; i < METER_RESULTS_MAX; i++) {
		struct meter_result *result = &call->results[i];
		const char *known =
		    atomic_load_explicit(&result->word, memory_order_relaxed);

		if (known == NULL) {
			atomic_store_explicit(&result->word, word,
					      memory_order_release);
			return &result->n;
		}
		if (known == word || strcmp(known, word) == 0)
			return &result->n;
	}
	return &call->other;
}

void meter_request(struct meter *meter, size_t call, const char *word,
		   int64_t us)
{
	if (meter == NULL)
		return;
	assert(call < METER_CALLS_MAX);
	meter_time(&meter->calls[call].times, us);
	meter_add(result_of(&meter->calls[call], word), 1);
}

void meter_lock(struct meter *meter, enum meter_lock_call call, int64_t us)
{
	if (meter != NULL)
		meter_time(&meter->locks[call], us);
}

void meter_lock_failed(struct meter *meter, enum meter_failure why)
{
	if (meter != NULL)
		meter_add(&meter->lock_failures[why], 1);
}

void meter_statement(struct meter *meter, int64_t us)
{
	if (meter != NULL)
		meter_time(&meter->statements, us);
}

void meter_statement_failed(struct meter *meter, enum meter_failure why)
{
	if (meter != NULL)
		meter_add(&meter->statement_failures[why], 1);
}
