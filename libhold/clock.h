/*
 * The only reader of the system's clocks.
 *
 * Deadlines use the boot clock (CLOCK_BOOTTIME): no date change moves it, and
 * it goes on while the machine is suspended. The wall clock is for people and
 * for commands that speak in Unix time.
 */
#ifndef HOLD_CLOCK_H
#define HOLD_CLOCK_H

#include "libhold/base.h"

int64_t hf_clock_ms(void); /* since boot */
int64_t hf_clock_us(void); /* since boot */
int64_t hf_wall_ms(void);  /* since 1970-01-01 UTC */
int64_t hf_wall_us(void);  /* since 1970-01-01 UTC */

#endif
