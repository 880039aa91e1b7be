#include "config.h"

#include "lockd/script_meter.h"

#include "libhold/clock.h"
#include "libhold/heap.h"

#include <stdlib.h>

#define HOOK_EVERY    100   /* instructions */
#define CLOCK_EVERY   1000  /* instructions, as long as no block is large */
#define CLOCK_WORK    20000 /* instructions' worth of C work */
#define BUSY_EVERY_MS 10
#define LARGE_BYTES   (64 * 1024)
#define BYTES_A_UNIT  16

static bool check_clock(struct script_meter *meter)
{
	meter->unchecked = 0;
	meter->checked_ms = hf_clock_ms();
	if (meter->checked_ms >= meter->end_ms)
		meter->over = true;
	return meter->over;
}

/* Copying large blocks is work that no hook sees; false: no more of it. */
static bool may_copy(struct script_meter *meter, size_t n)
{
	if (!meter->running || n < LARGE_BYTES)
		return true;
	meter->unchecked += n / BYTES_A_UNIT;
	return meter->unchecked < CLOCK_WORK || !check_clock(meter);
}

static bool may_grow(struct script_meter *meter, size_t old_size,
		     size_t new_size)
{
	return meter->free_of_limits ||
	       (!(meter->running && meter->over) &&
		new_size <= meter->block_max &&
		meter->memory - old_size + new_size <= meter->memory_max &&
		may_copy(meter, new_size));
}

static void *allocate(void *arg, void *p, size_t old_size, size_t new_size)
{
	struct script_meter *meter = arg;
	void *fresh;

	if (new_size == 0) {
		meter->memory -= old_size;
		free(p);
		return NULL;
	}
	/* Lua relies on it that a block can always shrink. */
	if (new_size > old_size && !may_grow(meter, old_size, new_size))
		return NULL;
	if (new_size >= LARGE_BYTES)
		meter->large = true;
	fresh = realloc(p, new_size);
	if (fresh == NULL)
		return new_size <= old_size ? p : NULL;
	meter->memory += new_size - old_size;
	return fresh;
}

struct script_meter *script_meter_of(lua_State *L)
{
	void *meter;

	lua_getallocf(L, &meter);
	return meter;
}

void script_meter_collect(struct script_meter *meter, lua_State *L)
{
	bool before = meter->free_of_limits;

	/* Shrinking its table of strings, Lua allocates a smaller one. */
	meter->free_of_limits = true;
	lua_gc(L, LUA_GCCOLLECT, 0);
	meter->free_of_limits = before;
	meter->collect_at = meter->memory + meter->memory_max / 8;
	if (meter->collect_at < meter->memory_max / 2)
		meter->collect_at = meter->memory_max / 2;
}

static void on_count(lua_State *L, lua_Debug *ar);

static void raise_over(lua_State *L)
{
	/* From now on every instruction raises; coroutines have hooks of
	 * their own, and the others come to theirs soon. */
	lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
	lua_sethook(script_meter_of(L)->main, on_count, LUA_MASKCOUNT, 1);
	/* Out of memory is the one error that runs no handler of xpcall():
	 * within a hook that would be a loop that no hook sees. */
	lua_newuserdata(L, 1);
}

/* C functions have no lines: theirs is the one that called them. */
static int line_of(lua_State *L)
{
	lua_Debug ar;

	for (int level = 0; level < 3; level++) {
		if (lua_getstack(L, level, &ar) != 0 &&
		    lua_getinfo(L, "l", &ar) != 0 && ar.currentline > 0)
			return ar.currentline;
	}
	return 0;
}

/* The clock was read: others have their say, and perhaps end the run. */
static bool let_others_speak(lua_State *L, struct script_meter *meter)
{
	if (meter->checked_ms < meter->busy_ms)
		return false;
	meter->busy(meter->busy_arg);
	meter->busy_ms = hf_clock_ms() + BUSY_EVERY_MS;
	if (meter->over)
		meter->line = line_of(L);
	return meter->over;
}

static void spend(lua_State *L, uint64_t work, uint64_t clock_after)
{
	struct script_meter *meter = script_meter_of(L);

	if (!meter->running)
		return;
	if (!meter->over) {
		meter->over = work >= meter->work_left;
		meter->work_left -= meter->over ? meter->work_left : work;
		meter->unchecked += work;
	}
	if (meter->over || (meter->unchecked >= clock_after &&
			    (check_clock(meter) || let_others_speak(L, meter))))
		raise_over(L);
}

static void on_count(lua_State *L, lua_Debug *ar)
{
	struct script_meter *meter = script_meter_of(L);

	HF_UNUSED(ar);
	/* An instruction may read all of a large string ("<", "+"). */
	spend(L, HOOK_EVERY, meter->large ? 0 : CLOCK_EVERY);
	/* Lua does not collect when an allocation fails: so do it before. */
	if (meter->memory > meter->collect_at)
		script_meter_collect(meter, L);
}

void script_meter_charge(lua_State *L, double work)
{
	spend(L, work < 1e18 ? (uint64_t)work : (uint64_t)1e18, CLOCK_WORK);
}

void script_meter_charge_bytes(lua_State *L, size_t n)
{
	spend(L, n / BYTES_A_UNIT, CLOCK_WORK);
}

lua_State *script_meter_start(struct script_meter *meter,
			      size_t memory_max_bytes)
{
	*meter = (struct script_meter){
		.memory_max = memory_max_bytes,
		.block_max = memory_max_bytes / 8,
		.collect_at = memory_max_bytes / 2,
	};
	meter->main = lua_newstate(allocate, meter);
	return meter->main;
}

/* Settings may be as large as they like. */
static int64_t end_of(int64_t now_ms, int64_t ms)
{
	return ms < HF_NEVER - now_ms ? now_ms + ms : HF_NEVER;
}

void script_meter_begin(struct script_meter *meter, uint64_t instructions,
			int64_t run_ms, int64_t busy_after_ms)
{
	meter->running = true;
	meter->over = false;
	meter->large = false;
	meter->collect_at = meter->memory_max / 2;
	meter->work_left = instructions;
	meter->unchecked = 0;
	meter->line = 0;
	meter->checked_ms = hf_clock_ms();
	meter->end_ms = end_of(meter->checked_ms, run_ms);
	meter->busy_ms = meter->busy == NULL || busy_after_ms == 0
			     ? HF_NEVER
			     : end_of(meter->checked_ms, busy_after_ms);
	lua_sethook(meter->main, on_count, LUA_MASKCOUNT, HOOK_EVERY);
}

void script_meter_stop(struct script_meter *meter)
{
	meter->over = true;
}

void script_meter_end(struct script_meter *meter)
{
	meter->running = false;
	meter->free_of_limits = false;
	lua_sethook(meter->main, NULL, 0, 0);
}
