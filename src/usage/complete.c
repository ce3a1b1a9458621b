/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the forms of operands and values, for completions. */
#include "usage/complete.h"
#include <string.h>

enum values
complete_values(const char *form)
{
	static const struct {
		const char *word;
		enum values values;
	} known[] = {
		{ "FILE", VALUES_FILES },
		{ "DIR", VALUES_DIRS },
		{ "VARIANT", VALUES_VARIANTS },
		{ "PROGRAM", VALUES_PROGRAMS },
		{ "[COMMAND]", VALUES_COMMANDS },
		{ "|", VALUES_WORDS },
	};

	for (size_t i = 0; form && i < sizeof(known) / sizeof(known[0]); i++)
		if (strstr(form, known[i].word))
			return known[i].values;
	return VALUES_ANY;
}

void
complete_words(struct buf *out, const char *form)
{
	struct str rest = str_of(form), way, word;
	const char *blank = "";

	while (str_cut(&rest, '|', &way)) {
		if (!str_cut(&way, ' ', &word))
			continue;
		buf_addf(out, "%s%.*s", blank, (int)word.n, word.p);
		blank = " ";
	}
}

struct str
complete_brief(const char *help)
{
	return str_trim((struct str){ help, strcspn(help, ";:(") });
}

void
complete_quote(struct buf *out, struct str text)
{
	buf_addc(out, '\'');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\'')
			buf_adds(out, "'\\''");
		else
			buf_addc(out, text.p[i]);
	}
	buf_addc(out, '\'');
}
