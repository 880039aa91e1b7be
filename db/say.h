/*
 * What the programs of this folder tell on standard error.
 */
#ifndef DB_SAY_H
#define DB_SAY_H

#include "libhold/base.h"

/* One line, "holdfast-init: …": the program's name comes first. */
void say_error(const char *format, ...) HF_PRINTF(1, 2);

#endif
