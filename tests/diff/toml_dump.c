/* SPDX-License-Identifier: Apache-2.0 */
/* Prints a TOML file as JSON, one object per value: {"type": ..., "value": ...}; tables keep the
 * order of the text. Exit status 1 and the message on stderr when it is refused. For toml.sh. */
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "formats/toml.h"
#include <inttypes.h>
#include <stdio.h>

static void
print_string(struct str s)
{
	putchar('"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 || c == '"' || c == '\\' || c == 0x7f)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void
print_value(const struct toml *v)
{
	printf("{\"type\":\"%s\",\"value\":", toml_kind_name(v->kind));
	switch (v->kind) {
	case TOML_STRING:
		print_string(v->s);
		break;
	case TOML_INT:
		printf("\"%" PRId64 "\"", v->i);
		break;
	case TOML_FLOAT:
		printf("\"%.17g\"", v->f);
		break;
	case TOML_BOOL:
		printf("%s", v->b ? "true" : "false");
		break;
	case TOML_TIME:
		printf("null");
		break;
	case TOML_ARRAY:
		putchar('[');
		for (size_t i = 0; i < v->n; i++) {
			printf("%s", i ? "," : "");
			print_value(&v->item[i]);
		}
		putchar(']');
		break;
	case TOML_TABLE:
		putchar('{');
		for (size_t i = 0; i < v->n; i++) {
			printf("%s", i ? "," : "");
			print_string(v->pair[i].key);
			putchar(':');
			print_value(&v->pair[i].val);
		}
		putchar('}');
		break;
	}
	putchar('}');
}

int
main(int argc, char **argv)
{
	CLEANUP(arena_freep) struct arena a = { 0 };
	struct err e;
	struct str text;
	struct toml doc;

	if (argc != 2) {
		fprintf(stderr, "usage: toml_dump FILE\n");
		return 2;
	}
	if (fs_read(&a, argv[1], 1 << 24, &text, &e) < 0 ||
		toml_parse(&a, text, "doc.toml", &doc, &e) < 0) {
		fprintf(stderr, "%s\n", e.msg);
		return 1;
	}
	print_value(&doc);
	putchar('\n');
	return 0;
}
