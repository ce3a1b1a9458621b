/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a pin's file could be fetched, without fetching it. */
#include "base/err.h"
#include "base/path.h"
#include "fetch/internal.h"

static int
find_in_dir(struct arena *a, const char *dir, const struct pin *pin, struct err *e)
{
	const char *const places[] = { path_join(a, dir, pin->file),
		path_join(a, dir, path_base(pin->file)),
		path_join(a, path_join(a, dir, pin->name), pin->file),
		path_join(a, path_join(a, dir, index_normal_name(a, pin->name)), pin->file) };

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		if (fs_exists(places[i]))
			return 0;
	}
	return err_set(e, ERR_NET, "%s is not in %s", path_base(pin->file), dir);
}

static int
ask_wheels(struct arena *a, struct http *h, const char *base, const struct pin *pin, struct err *e)
{
	const char *dir = source_as_dir(a, base);
	struct index_file found;

	return dir ? find_in_dir(a, dir, pin, e) : index_find(a, h, base, pin, &found, e);
}

/* The first mirror that has it will do. */
static int
ask_mirrors(struct arena *a, struct http *h, const struct strs *mirrors, const struct pin *pin,
	struct err *e)
{
	if (mirrors->n == 0)
		return err_set(e, ERR_CONFIG, "no Debian mirror found");
	for (size_t i = 0; i < mirrors->n; i++) {
		const char *dir = source_as_dir(a, mirrors->v[i]);
		struct http_end end;

		if (dir ? find_in_dir(a, dir, pin, e) == 0
			: http_tail(a, h, arena_printf(a, "%s/%s", mirrors->v[i], pin->file), 1,
				  &end, e) >= 0)
			return 0;
		if (e->code == ERR_INTERRUPTED)
			return -1;
	}
	return -1;
}

int
fetch_reach(struct arena *a, const struct sources *s, const struct pin *pin, struct err *e)
{
	const struct http_options once = { .attempts = 1, .stall_s = 10, .connect_s = 10 };
	struct http *h;
	int r;

	TRY(http_open(&once, NULL, NULL, &h, e));
	r = pin->kind == PIN_DEB ? ask_mirrors(a, h, &s->debian, pin, e)
				 : ask_wheels(a, h, s->wheel_index, pin, e);
	http_close(h);
	return r;
}
