#include "config.h"

#include "db/chain.h"

#include "libhold/slice.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

/* ---- the hash ------------------------------------------------------------ */

static void add(EVP_MD_CTX *md, const char *text)
{
	EVP_DigestUpdate(md, text, strlen(text));
}

static void add_plain(EVP_MD_CTX *md, const char *value)
{
	if (value != NULL)
		add(md, value);
}

/* With its length: it may have any character. */
static void add_counted(EVP_MD_CTX *md, const char *value)
{
	char len[24];

	if (value != NULL) {
		snprintf(len, sizeof(len), "%zu", strlen(value));
		add(md, len);
	}
	add(md, ":");
	add_plain(md, value);
}

static void hash_row(EVP_MD_CTX *md, const struct chain *chain,
		     const struct chain_row *row,
		     unsigned char hash_out[CHAIN_HASH])
{
	EVP_DigestInit_ex(md, EVP_sha256(), NULL);
	if (chain->seq > 0)
		EVP_DigestUpdate(md, chain->hash, CHAIN_HASH);
	add_counted(md, row->ticket_id);
	add(md, ",");
	add_plain(md, row->seq);
	add(md, ",");
	add_plain(md, row->event_id);
	add(md, ",");
	add_plain(md, row->at_us);
	add(md, ",");
	add_plain(md, row->op);
	add(md, ",");
	add_counted(md, row->holder);
	add(md, ",");
	add_plain(md, row->fence);
	add(md, ",");
	add_counted(md, row->lock_service);
	add(md, ",");
	add_plain(md, row->until_us);
	add(md, ",");
	add_plain(md, row->order_number);
	add(md, ",");
	add_counted(md, row->actor);
	EVP_DigestFinal_ex(md, hash_out, NULL);
}

static bool is_hash(const char *hex, const unsigned char hash[CHAIN_HASH])
{
	char text[2 * CHAIN_HASH + 1];

	for (size_t i = 0; i < CHAIN_HASH; i++)
		snprintf(text + 2 * i, 3, "%02x", hash[i]);
	return hex != NULL && strcmp(hex, text) == 0;
}

/* ---- the order of things ------------------------------------------------- */

/* What each op may follow; "" is a free ticket's beginning. */
static const struct {
	const char *op;
	const char *after;
} order[] = {
	{ "reserve", " release expire cancel unblock " },
	{ "extend", "reserve extend " },
	{ "release", "reserve extend " },
	{ "expire", "reserve extend " },
	{ "book", " reserve extend release expire cancel unblock " },
	{ "cancel", "book " },
	{ "block", " release expire cancel unblock " },
	{ "unblock", "block " },
};

static bool may_follow(const char *op, const char *before)
{
	char word[CHAIN_OP_MAX + 2];
	const char *found;

	snprintf(word, sizeof(word), "%s ", before);
	for (size_t i = 0; i < HF_LEN(order); i++) {
		if (strcmp(order[i].op, op) != 0)
			continue;
		if (before[0] == '\0')
			return order[i].after[0] == ' ';
		found = strstr(order[i].after, word);
		return found != NULL &&
		       (found == order[i].after || found[-1] == ' ');
	}
	return false;
}

const char *chain_add(struct chain *chain, const struct chain_row *row)
{
	unsigned char hash[CHAIN_HASH];
	EVP_MD_CTX *md;
	int64_t seq;

	if (hf_slice_int64(hf_slice_of(row->seq), &seq) < 0 ||
	    seq != chain->seq + 1)
		return "a row before it is missing";
	if (chain->seq == 0 ? row->prev_hash != NULL
			    : !is_hash(row->prev_hash, chain->hash))
		return "it does not follow the row before it";
	md = EVP_MD_CTX_new();
	hash_row(md, chain, row, hash);
	EVP_MD_CTX_free(md);
	if (!is_hash(row->hash, hash))
		return "it was changed: its hash is another";
	if (!may_follow(row->op, chain->op))
		return "it cannot have happened then";
	chain->seq = seq;
	memcpy(chain->hash, hash, sizeof(hash));
	snprintf(chain->op, sizeof(chain->op), "%s", row->op);
	return NULL;
}
