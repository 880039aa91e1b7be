/*
 * When the sale was last saved, as holdfast-backup tells the database.
 */
#ifndef FCGI_STORE_BACKUP_H
#define FCGI_STORE_BACKUP_H

#include "fcgi/store.h"

/*
 * The moment that the last backup has, in seconds since 1970; 0: there was
 * none. 0 or HF_EUNREACHABLE.
 */
int store_backup_made(struct store *store, int64_t *made_s_out) HF_MUSTUSE;

#endif
