#include "config.h"

#include "ephemerald/words.h"

#include "ephemerald/words_table.h"
#include "libhold/err.h"

#include <stdio.h>

#define SEPARATORS ", "

enum { WORD_BYTES = 4 };

static const struct word {
	char name[WORD_BYTES + 1];
	bool shows_nodes; /* and so waits for the disk */
	word_fn *print;
} words[] = {
	{ "conf", false, word_conf }, { "cons", false, word_cons },
	{ "crst", false, word_crst }, { "dirs", false, word_dirs },
	{ "dump", true, word_dump },  { "envi", false, word_envi },
	{ "isro", false, word_isro }, { "mntr", false, word_mntr },
	{ "ruok", false, word_ruok }, { "srst", false, word_srst },
	{ "srvr", false, word_srvr }, { "stat", false, word_stat },
	{ "wchc", false, word_wchc }, { "wchp", false, word_wchp },
	{ "wchs", false, word_wchs },
};

/* The setting is words with commas or spaces between, or "*". */
bool words_allow(const struct ephemerald *e, const char *name)
{
	const char *at = e->settings.four_letter;

	if (at == NULL || strcmp(at, "*") == 0)
		return at != NULL;
	while (*at != '\0') {
		size_t len = strcspn(at, SEPARATORS);

		if (len == WORD_BYTES && memcmp(at, name, WORD_BYTES) == 0)
			return true;
		at += len + strspn(at + len, SEPARATORS);
	}
	return false;
}

static const struct word *find(struct hf_slice name)
{
	for (size_t i = 0; i < HF_LEN(words); i++) {
		if (hf_slice_eq(name, hf_slice_of(words[i].name)))
			return &words[i];
	}
	return NULL;
}

static bool is_known(struct hf_slice name)
{
	return name.len == 0 || find(name) != NULL;
}

int words_check(const char *list)
{
	if (list == NULL || strcmp(list, "*") == 0)
		return 0;
	while (*list != '\0') {
		struct hf_slice name = { list, strcspn(list, SEPARATORS) };

		if (!is_known(name)) {
			fprintf(stderr,
				"ephemerald: --four-letter-words has %.*s, "
				"which is none\n",
				(int)name.len, name.data);
			return HF_EUSAGE;
		}
		list += name.len + strspn(list + name.len, SEPARATORS);
	}
	return 0;
}

bool words_run(struct ephemerald *e, struct client *client,
	       struct hf_slice bytes, int64_t now_ms)
{
	const struct word *word;
	struct hf_buf *out;

	if (bytes.len < WORD_BYTES)
		return false;
	bytes.len = WORD_BYTES;
	word = find(bytes);
	if (word == NULL)
		return false;
	e->stats.received++;
	out = client->ops->out(client, CLIENT_REPLY,
			       word->shows_nodes ? e->db.zxid : 0);
	if (words_allow(e, word->name))
		word->print(e, out, now_ms);
	else
		hf_buf_printf(out,
			      "%s is not executed because it is not in the "
			      "whitelist.\n",
			      word->name);
	e->stats.sent++;
	client_end(client);
	return true;
}
