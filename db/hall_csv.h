/*
 * A hall from a CSV file.
 *
 * The first row names the columns, in any order: section, row, seat and price,
 * and, where there are any, id, category, x, y, pos, quality and accessible.
 */
#ifndef DB_HALL_CSV_H
#define DB_HALL_CSV_H

#include "db/hall.h"

enum { HALL_FILE_MAX = 64 << 20 }; /* bytes */

/*
 * Reads the file at path. 0; what cannot be read of it, also that it is too
 * large, is a complaint.
 */
void hall_csv_read(struct hall *hall, const char *path, struct complaints *c);

/* The same from text of len bytes, which must have a NUL behind it; owned by
 * the hall from now on. hall->decimals is set before. */
void hall_csv_parse(struct hall *hall, char *text, size_t len,
		    struct complaints *c);

#endif
