/*
 * How many descriptors this process may have.
 */
#ifndef HOLD_DESCRIPTORS_H
#define HOLD_DESCRIPTORS_H

#include "libhold/base.h"

/*
 * Raises the limit so that there are as many as clients need, each so many,
 * and some for us. Gives how many clients there can be: all of them, or fewer
 * after a line in the log.
 */
int64_t hf_descriptors_raise(int64_t clients, int64_t each) HF_MUSTUSE;

#endif
