/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of the C and C++ library that a file uses without the header that has them.
 *
 *     src/c.cpp:2:38: error: 'accumulate' is not a member of 'std'
 *     src/k.cuh(7): error: identifier "uint32_t" is undefined
 *     src/k.cuh(9): error: namespace "std" has no member "uintptr_t"
 *
 * Other headers bring them along with one compiler and not with another, so such files were
 * compiled elsewhere.
 */
#include "base/path.h"
#include "explain/inside.h"
#include "formats/root.h"
#include <stdio.h>

/* Names by header, of C++14 and older: newer ones may lack a flag instead. */
static const struct {
	const char *header, *names;
} headers[] = {
	{ "<cstdint>",
		" int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t intptr_t uintptr_t intmax_t uintmax_t INT8_MAX INT16_MAX INT32_MAX INT64_MAX UINT8_MAX UINT16_MAX UINT32_MAX UINT64_MAX INT32_MIN INT64_MIN " },
	{ "<cfloat>", " FLT_MAX FLT_MIN FLT_EPSILON DBL_MAX DBL_MIN DBL_EPSILON " },
	{ "<climits>",
		" CHAR_BIT INT_MAX INT_MIN UINT_MAX LONG_MAX LONG_MIN LLONG_MAX ULLONG_MAX " },
	{ "<cstring>",
		" memcpy memset memcmp memmove strlen strcmp strncmp strcpy strncpy strstr strerror " },
	{ "<cstdio>",
		" printf fprintf snprintf sprintf fopen fclose fread fwrite fflush stderr stdout FILE " },
	{ "<cstdlib>",
		" malloc calloc realloc free abort exit getenv atoi strtol aligned_alloc posix_memalign " },
	{ "<cassert>", " assert " },
	{ "<algorithm>",
		" sort stable_sort min_element max_element copy fill transform find find_if " },
	{ "<numeric>", " accumulate iota inner_product partial_sum " },
	{ "<functional>", " function greater less hash bind reference_wrapper " },
	{ "<limits>", " numeric_limits " },
	{ "<memory>", " unique_ptr shared_ptr weak_ptr make_unique make_shared " },
	{ "<string>", " string to_string stoi stof " },
	{ "<sstream>", " stringstream ostringstream istringstream " },
	{ "<iostream>", " cout cerr endl " },
	{ "<iomanip>", " setprecision setw setfill " },
	{ "<fstream>", " ifstream ofstream fstream " },
	{ "<stdexcept>", " runtime_error invalid_argument out_of_range logic_error " },
	{ "<tuple>", " tuple make_tuple tie " },
	{ "<utility>", " pair make_pair exchange index_sequence make_index_sequence " },
	{ "<array>", " array " },
	{ "<vector>", " vector " },
	{ "<map>", " map multimap " },
	{ "<set>", " set multiset " },
	{ "<unordered_map>", " unordered_map " },
	{ "<unordered_set>", " unordered_set " },
	{ "<queue>", " queue priority_queue " },
	{ "<deque>", " deque " },
	{ "<mutex>", " mutex lock_guard unique_lock once_flag call_once " },
	{ "<thread>", " thread this_thread " },
	{ "<atomic>", " atomic atomic_flag " },
	{ "<condition_variable>", " condition_variable " },
	{ "<chrono>", " chrono " },
	{ "<random>", " mt19937 mt19937_64 random_device uniform_int_distribution " },
	{ "<complex>", " complex " },
	{ "<bitset>", " bitset " },
};

/* How compilers say it: what stands in front of the name and behind it, and whether they looked in
 * std. */
static const struct {
	const char *before, *behind;
	bool in_std;
} forms[] = {
	{ "error: '", "' is not a member of 'std'", true },
	{ "error: 'std::", "' has not been declared", true },
	{ "namespace \"std\" has no member \"", "\"", true },
	{ "error: '", "' was not declared in this scope", false },
	{ "error: '", "' does not name a type", false },
	{ "error: identifier \"", "\" is undefined", false },
};

const char *
standard_header(struct str name, bool in_std)
{
	/* Words such as sort are names of anybody's, but for those of C. */
	size_t n = in_std ? sizeof(headers) / sizeof(headers[0]) : 7;
	char word[64];

	if (name.n == 0 || name.n + 3 > sizeof(word))
		return NULL;
	snprintf(word, sizeof(word), " %.*s ", (int)name.n, name.p);
	for (size_t i = 0; i < n; i++)
		if (strstr(headers[i].names, word))
			return headers[i].header;
	return NULL;
}

/* "src/a/k.cuh" at the beginning of a compiler's line: a/k.cuh, a file of the kernel; NULL: it is
 * none. */
static const char *
file_of(struct explainer *x, struct str line)
{
	size_t n = 4;

	if (!str_starts(line, STR(ROOT_SOURCES "/")))
		return NULL;
	while (n < line.n && line.p[n] != ':' && line.p[n] != '(')
		n++;
	return n < line.n ? path_clean(x->a, arena_strndup(x->a, line.p + 4, n - 4)) : NULL;
}

static void
explain_line(struct explainer *x, struct str line)
{
	const char *file = file_of(x, line);

	for (size_t i = 0; file && i < sizeof(forms) / sizeof(forms[0]); i++) {
		const char *from = text_find(line, forms[i].before), *to, *header, *name;

		if (!from)
			continue;
		from += strlen(forms[i].before);
		to = text_find(
			(struct str){ from, (size_t)(line.p + line.n - from) }, forms[i].behind);
		if (!to)
			continue;
		header =
			standard_header((struct str){ from, (size_t)(to - from) }, forms[i].in_std);
		name = arena_printf(
			x->a, "%s%.*s", forms[i].in_std ? "std::" : "", (int)(to - from), from);
		if (header && !hint_has(x, name))
			explain_tell(x, name,
				"in a header that %s does not include; add #include %s there", file,
				header);
		return;
	}
}

void
explain_names(struct explainer *x)
{
	struct str rest = x->x->output, line;

	while (text_next_line(&rest, &line))
		explain_line(x, line);
}
