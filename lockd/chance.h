/*
 * A choice that is nobody's to guess, for RANDOMKEY and HRANDFIELD.
 */
#ifndef LOCKD_CHANCE_H
#define LOCKD_CHANCE_H

#include "libhold/base.h"

/* 64 random bits from the system. */
uint64_t chance_draw(void);

/* One of 0 ... n - 1; n is at least 1. */
size_t chance_below(size_t n);

#endif
