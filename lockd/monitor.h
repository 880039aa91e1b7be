/*
 * MONITOR: every request, as it is run, to who asked for it.
 */
#ifndef LOCKD_MONITOR_H
#define LOCKD_MONITOR_H

#include "lockd/command.h"

/* Tells all monitors of call; passwords are not shown. */
void monitor_tell(struct call *call);

#endif
