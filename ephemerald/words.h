/*
 * The four-letter words: a connection that sends one instead of a session's
 * first frame gets a page of text and is closed.
 * https://zookeeper.apache.org/doc/r3.8.0/zookeeperAdmin.html#sc_4lw
 */
#ifndef EPHEMERALD_WORDS_H
#define EPHEMERALD_WORDS_H

#include "ephemerald/ephemerald.h"

/* The setting: 0, or HF_EUSAGE after a line on standard error. */
int words_check(const char *list) HF_MUSTUSE;

/* Does the setting list this word? */
bool words_allow(const struct ephemerald *e, const char *name);

/* Are these bytes a word? Then it is answered, or refused in so many words. */
bool words_run(struct ephemerald *e, struct client *client,
	       struct hf_slice bytes, int64_t now_ms);

#endif
