/* SPDX-License-Identifier: Apache-2.0 */
/* Which options of nvcc's ask for relocatable device code. */
#include "config/relocatable.h"
#include <string.h>

bool
flag_is_passed_on(const struct strs *flags, size_t i)
{
	const char *before = i > 0 ? flags->v[i - 1] : "";

	/* -Xptxas=-v has its value. */
	return !strchr(before, '=') &&
	       (str_has_prefix(before, "-X") || str_has_suffix(before, "-options"));
}

const char *
flag_value_at(const struct strs *flags, size_t i, const char *option)
{
	const char *w = flags->v[i];
	size_t n = strlen(option);

	if (strncmp(w, option, n) != 0)
		return NULL;
	if (w[n] == '=')
		return w + n + 1;
	return !w[n] && i + 1 < flags->n ? flags->v[i + 1] : NULL;
}

bool
rdc_is_asked(const struct strs *flags)
{
	bool on = false;

	for (size_t i = 0; i < flags->n; i++) {
		const char *w = flags->v[i], *value = flag_value_at(flags, i, "-rdc");

		if (flag_is_passed_on(flags, i))
			continue;
		/* As nvcc: whatever else is said. */
		if (streq(w, "-dc") || streq(w, "--device-c"))
			return true;
		if (!value)
			value = flag_value_at(flags, i, "--relocatable-device-code");
		if (value)
			on = streq(value, "true");
	}
	return on;
}
