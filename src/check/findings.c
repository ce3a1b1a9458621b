/* SPDX-License-Identifier: Apache-2.0 */
/* Prints findings as text, JSON and SARIF. */
#include "check/findings.h"
#include "base/err.h"
#include <jansson.h>
#include <stdlib.h>

static void
add_json(struct buf *out, json_t *o)
{
	char *text = json_dumps(o, JSON_INDENT(2));

	buf_adds(out, text);
	buf_addc(out, '\n');
	free(text);
	json_decref(o);
}

void
findings_text(const struct findings *f, struct buf *out)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct finding *x = &f->v[i];

		buf_addf(out, "%s%s%s", x->variant, x->file ? "/" : "", x->file ? x->file : "");
		if (x->line)
			buf_addf(out, ":%u:%u", x->line, x->col);
		buf_addf(out, ": %s: %s [%s]\n    %s\n", severity_name(x->severity), x->message,
			x->rule, x->advice);
	}
}

static void
set_text(json_t *o, const char *key, const char *value)
{
	if (value)
		json_object_set_new(o, key, json_string(value));
}

void
findings_json(const struct findings *f, const struct strs *variants, struct buf *out)
{
	json_t *list = json_array(), *names = json_array();

	for (size_t i = 0; i < f->n; i++) {
		const struct finding *x = &f->v[i];
		json_t *o = json_object();

		set_text(o, "severity", severity_name(x->severity));
		set_text(o, "rule", x->rule);
		set_text(o, "variant", x->variant);
		set_text(o, "file", x->file);
		if (x->line)
			json_object_set_new(o, "line", json_integer(x->line));
		if (x->line)
			json_object_set_new(o, "column", json_integer(x->col));
		set_text(o, "symbol", x->symbol);
		set_text(o, "library", x->library);
		set_text(o, "message", x->message);
		set_text(o, "advice", x->advice);
		json_array_append_new(list, o);
	}
	for (size_t i = 0; i < variants->n; i++)
		json_array_append_new(names, json_string(variants->v[i]));
	add_json(out, json_pack("{s:i, s:I, s:I, s:o, s:o}", "format", 1, "errors",
			      (json_int_t)findings_count(f, SEVERITY_ERROR), "warnings",
			      (json_int_t)findings_count(f, SEVERITY_WARNING), "variants", names,
			      "findings", list));
}

/* RFC 3986: what may stand in a path. */
static void
add_uri(struct buf *out, const char *path)
{
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			strchr("-._~/+@=,", c))
			buf_addc(out, *path);
		else
			buf_addf(out, "%%%02X", c);
	}
}

static json_t *
sarif_result(const struct finding *x, size_t rule)
{
	CLEANUP(buf_free) struct buf uri = { 0 }, text = { 0 };
	json_t *location, *out;

	add_uri(&uri, x->variant);
	if (x->file) {
		buf_addc(&uri, '/');
		add_uri(&uri, x->file);
	}
	buf_addf(&text, "%s. To do: %s.", x->message, x->advice);
	location = json_pack("{s:{s:{s:s}}}", "physicalLocation", "artifactLocation", "uri", uri.p);
	if (x->line)
		json_object_set_new(json_object_get(location, "physicalLocation"), "region",
			json_pack("{s:I, s:I}", "startLine", (json_int_t)x->line, "startColumn",
				(json_int_t)x->col));
	if (x->symbol)
		json_object_set_new(location, "logicalLocations",
			json_pack("[{s:s, s:s}]", "name", x->symbol, "kind", "function"));
	out = json_pack("{s:s, s:I, s:s, s:{s:s}, s:[o]}", "ruleId", x->rule, "ruleIndex",
		(json_int_t)rule, "level", severity_name(x->severity), "message", "text", text.p,
		"locations", location);
	return out;
}

static size_t
rule_index(const char *id)
{
	size_t n, i = 0;
	const struct check_rule *rules = check_rules(&n);

	while (i + 1 < n && !streq(rules[i].id, id))
		i++;
	return i;
}

void
findings_sarif(const struct findings *f, struct buf *out)
{
	json_t *list = json_array(), *results = json_array();
	size_t n;
	const struct check_rule *rules = check_rules(&n);

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_pack("{s:s, s:{s:s}}", "id", rules[i].id,
						    "shortDescription", "text", rules[i].text));
	for (size_t i = 0; i < f->n; i++)
		json_array_append_new(results, sarif_result(&f->v[i], rule_index(f->v[i].rule)));
	add_json(out, json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:s, s:o}}, s:o}]}", "$schema",
			      "https://json.schemastore.org/sarif-2.1.0.json", "version", "2.1.0",
			      "runs", "tool", "driver", "name", "kernel-builder", "version",
			      KB_VERSION, "rules", list, "results", results));
}

static const char *
plural(size_t n)
{
	return n == 1 ? "" : "s";
}

char *
findings_summary(struct arena *a, const struct findings *f, size_t variants)
{
	size_t errors = findings_count(f, SEVERITY_ERROR),
	       warnings = findings_count(f, SEVERITY_WARNING);

	return arena_printf(a, "%zu error%s, %zu warning%s in %zu variant%s", errors,
		plural(errors), warnings, plural(warnings), variants, plural(variants));
}
