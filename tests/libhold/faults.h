/*
 * Faults of the disk: the test program's own pwrite() and friends.
 *
 * libhold's calls find these before those of the C library. They count the
 * calls that change a file. The wanted one can fail, or the machine "dies"
 * there: from then on nothing changes any file, and of what was written and
 * not synced any part may be lost.
 */
#ifndef TESTS_LIBHOLD_FAULTS_H
#define TESTS_LIBHOLD_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

enum fault {
	FAULT_NONE,
	FAULT_KILL,   /* the process dies: the kernel has what was written */
	FAULT_POWER,  /* the machine dies: the disk has what was synced */
	FAULT_WRITE,  /* pwrite() gives ENOSPC */
	FAULT_SYNC,   /* fdatasync() gives EIO, and loses what it was to sync */
	FAULT_RENAME, /* renameat() gives EIO */
};

/*
 * The nth call (from 1) has the fault; WRITE, SYNC and RENAME come to the next
 * count calls of their kind from then on. Also begins counting anew. seed: of
 * what a power cut loses.
 */
void faults_set(enum fault fault, int nth, int count, unsigned seed);
void faults_cut_power(void); /* now */
bool faults_dead(void);      /* KILL or POWER has come */
int faults_failed(void);     /* of count */
int faults_calls(void);      /* counted since faults_set() */

#endif
