/*
 * What a script may use: memory, instructions, time.
 *
 * The interpreter's allocator and its count hook. Work done inside one C
 * function is seen by no hook, so who does much of it says so by
 * script_meter_charge(). Once a bound is passed every further instruction
 * raises, in every coroutine: pcall() cannot go on.
 */
#ifndef LOCKD_SCRIPT_METER_H
#define LOCKD_SCRIPT_METER_H

#include "libhold/base.h"

#include <lua.h>

struct script_meter {
	lua_State *main;
	size_t memory, memory_max; /* bytes */
	size_t block_max;          /* bytes of one block: one instruction
				    * touches at most so much */
	size_t settled;      /* bytes when all garbage was gone the last time */
	size_t collect_at;   /* bytes from which a run collects */
	bool free_of_limits; /* nothing is refused just now */
	bool running;
	bool large;         /* this run has allocated a large block */
	bool over;          /* a bound was passed: only the end from here */
	uint64_t work_left; /* instructions */
	uint64_t unchecked; /* instructions since the clock was read */
	int64_t end_ms;
	int64_t checked_ms; /* what the clock said last */
	/* Called now and then from busy_ms on; NULL: nobody wants to be. */
	void (*busy)(void *arg);
	void *busy_arg;
	int64_t busy_ms;
	int line; /* where a run was that busy() has ended; 0: unknown */
};

/*
 * Starts an interpreter under the meter, which must be the first member of
 * whatever lua_getallocf() shall find. NULL: no memory.
 */
lua_State *script_meter_start(struct script_meter *meter,
			      size_t memory_max_bytes);
struct script_meter *script_meter_of(lua_State *L);

/*
 * A run of at most so many instructions and milliseconds, about. It counts as
 * busy after so many; 0: never.
 */
void script_meter_begin(struct script_meter *meter, uint64_t instructions,
			int64_t run_ms, int64_t busy_after_ms);
void script_meter_end(struct script_meter *meter); /* .over still tells */

/*
 * Counts work (instructions, or what takes about as long: 16 bytes copied).
 * Raises, as an allocation that fails, when that passes a bound: who catches
 * the error outside of Lua sees by meter->over what it was. Only in a
 * protected call.
 */
void script_meter_charge(lua_State *L, double work);
void script_meter_charge_bytes(lua_State *L, size_t n);

/*
 * The run ends, as if a bound had been passed: from meter->busy, which may
 * use nothing else of the interpreter.
 */
void script_meter_stop(struct script_meter *meter);

/* A full collection, by L: its time is bounded by the memory's bound. */
void script_meter_collect(struct script_meter *meter, lua_State *L);

#endif
