/*
 * Keys by which holds are made (idempotency.h): one call at a time has a key.
 */
#ifndef FCGI_STORE_KEYS_H
#define FCGI_STORE_KEYS_H

#include "fcgi/store_holds.h"

/* HF_EHELD: another call has it. It ends with store_key_end(), or the
 * connection. */
int store_key_begin(struct store *store, const char *holder,
		    const char *key) HF_MUSTUSE;
void store_key_end(struct store *store, const char *holder, const char *key);

enum { HOLD_KEY_LEN = 10 }; /* characters of an id that its key alone makes */

/* The hold of holder's whose id begins as this one does, or HF_ENOTFOUND. */
int store_key_find(struct store *store, const char *holder, const char *id,
		   char id_out[HOLD_ID_LEN + 1]) HF_MUSTUSE;

#endif
