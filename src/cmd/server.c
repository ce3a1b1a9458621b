/* SPDX-License-Identifier: Apache-2.0 */
/* The server that the settings name. */
#include "base/err.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "remote/remote.h"

int
cmd_open_remote(const struct ctx *c, struct server *out, struct err *e)
{
	const struct remote_settings *r = &c->settings.remote;
	bool keeps = !streq(c->settings.cache, "off");
	const struct remote_options o = { .url = r->url,
		.instance = r->instance ? r->instance : "",
		.headers = r->headers,
		.ca = r->ca,
		.certificate = r->cert,
		.key = r->key,
		.token_file = r->token_file,
		.token_command = r->token_command,
		.uploads = r->uploads && streq(c->settings.cache, "rw"),
		.runs = r->runs ? r->jobs : 0 };

	*out = (struct server){ 0 };
	if (!r->url || (!keeps && !r->runs))
		return 0;
	if (r->runs && !str_has_prefix(r->url, "grpc"))
		return err_set(e, ERR_USAGE,
			"--remote-exec needs a server of the Remote Execution API (grpc:// or grpcs://); a cache over HTTP only keeps results");
	return remote_open(&o, &out->r, e);
}

int
cmd_prepare_remote(struct ctx *c, struct store *s, struct server *v, struct err *e)
{
	return v->r ? store_tmp(&c->arena, s, "packed", &v->scratch, e) : 0;
}

void
cmd_close_remote(struct store *s, struct server *v)
{
	struct err ignored;

	remote_close(v->r);
	if (v->scratch)
		store_tmp_drop(s, v->scratch, &ignored);
}

void
cmd_tell_remote(const struct server *v)
{
	const struct remote_count *n = v->r && remote_was_asked(v->r) ? remote_counts(v->r) : NULL;
	char sent[16], received[16];

	if (n)
		log_info("server: %zu results found, %zu not, %zu steps run, %s sent, %s received",
			n->found, n->missed, n->ran, str_size(sent, n->sent),
			str_size(received, n->received));
}

unsigned
cmd_far_jobs(const struct ctx *c, struct server *v)
{
	const struct remote_settings *s = &c->settings.remote;

	if (!v->r || !s->runs)
		return 0;
	if (remote_can_run(v->r))
		return s->jobs;
	if (remote_is_up(v->r) && !v->has_warned)
		log_warn("the server of --remote runs no steps; all run here");
	v->has_warned = true;
	return 0;
}
