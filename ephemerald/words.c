#include "config.h"

#include "ephemerald/words.h"

#include "ephemerald/words_table.h"

enum { WORD_BYTES = 4 };

static const struct word {
	char name[WORD_BYTES + 1];
	word_fn *print;
} words[] = {
	{ "conf", word_conf }, { "cons", word_cons }, { "crst", word_crst },
	{ "dirs", word_dirs }, { "dump", word_dump }, { "envi", word_envi },
	{ "isro", word_isro }, { "mntr", word_mntr }, { "ruok", word_ruok },
	{ "srst", word_srst }, { "srvr", word_srvr }, { "stat", word_stat },
	{ "wchc", word_wchc }, { "wchp", word_wchp }, { "wchs", word_wchs },
};

/* The setting is words with commas or spaces between, or "*". */
static bool is_listed(const struct ephemerald *e, const char *name)
{
	const char *at = e->settings.four_letter;

	if (at == NULL || strcmp(at, "*") == 0)
		return at != NULL;
	while (*at != '\0') {
		size_t len = strcspn(at, ", ");

		if (len == WORD_BYTES && memcmp(at, name, WORD_BYTES) == 0)
			return true;
		at += len + strspn(at + len, ", ");
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
	out = client->ops->out(client, 0);
	if (is_listed(e, word->name))
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
