/*
 * The four-letter words one by one, for words.c's table.
 */
#ifndef EPHEMERALD_WORDS_TABLE_H
#define EPHEMERALD_WORDS_TABLE_H

#include "ephemerald/ephemerald.h"

typedef void word_fn(struct ephemerald *e, struct hf_buf *out, int64_t now_ms);

/* words_server.c */
word_fn word_ruok, word_srvr, word_stat, word_mntr, word_envi, word_conf,
    word_isro, word_srst, word_dirs;
/* words_client.c */
word_fn word_cons, word_dump, word_wchs, word_wchc, word_wchp, word_crst;

/* One line for each connection, as stat and (in full) cons have it. */
void words_put_clients(struct ephemerald *e, struct hf_buf *out, bool in_full,
		       int64_t now_ms);

#endif
