/*
 * Bits that nobody can guess.
 */
#ifndef EPHEMERALD_CHANCE_H
#define EPHEMERALD_CHANCE_H

#include "libhold/base.h"

void chance_fill(void *out, size_t len_bytes);

#endif
