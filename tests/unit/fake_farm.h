/* SPDX-License-Identifier: Apache-2.0 */
/* A server of the Remote Execution API that keeps blobs in files, runs nothing, and does wrong what
 * it is told to: for tests of what a client makes of that. */
#ifndef FAKE_FARM_H
#define FAKE_FARM_H
#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/path.h"
#include "remote/h2.h"
#include "remote/reapi.h"
#include "remote/wire.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct fault {
	enum fault_kind {
		FAULT_NONE,
		/* When that frame comes: */
		FAULT_CUT,   /* ends the connection */
		FAULT_RESET, /* RST_STREAM, with code */
		FAULT_LEAVE, /* GOAWAY: streams up to the one before are done */
		FAULT_NOISE, /* something that is no HTTP/2 */
		/* Of the answer to a method: */
		FAULT_STATUS, /* the code */
		FAULT_SILENT, /* none ever comes */
		FAULT_WRONG,  /* another byte in what is read */
		FAULT_SHORT,  /* the message ends early, the call with success */
		FAULT_PACKED, /* it says that it is compressed */
		FAULT_HUGE,   /* it says that it is larger than anything */
		FAULT_LOSE,   /* Execute: blobs are missing; they are gone */
		FAULT_BREAK,  /* Execute: the connection breaks after the operation's name */
	} kind;
	unsigned frame;
	const char *method; /* ends so */
	int code;
	unsigned times; /* how often; 0: always */
};

struct fake_farm {
	struct arena a;
	struct fault fault;
	const char *pem; /* TLS with this certificate and key; NULL: none */
	char *dir;
	pid_t pid;
	unsigned port;
	unsigned *faults, *frames, *calls; /* so many; shared with its processes */
};

struct fake_stream {
	char method[120];
	int32_t id;
	struct buf in, out;
	size_t at;
	int status;
	struct fake_stream *next;
};
struct fake_session {
	struct fake_farm *f;
	nghttp2_session *h2;
	struct fake_stream *streams;
	int fd;
	SSL *tls;
	bool ends, leaves;
};

/* ---- faults ---- */

static bool
fake_strikes(struct fake_farm *f, enum fault_kind kind, const char *method)
{
	const struct fault *x = &f->fault;

	if (x->kind != kind || (x->times && *f->faults >= x->times) ||
		(x->method && method && !str_has_suffix(method, x->method)))
		return false;
	++*f->faults;
	return true;
}

/* ---- files ---- */

static char *
fake_path(struct fake_farm *f, const char *kind, const struct digest *d)
{
	char hex[65];

	return arena_printf(&f->a, "%s/%s%s", f->dir, kind, digest_hex(d, hex));
}

static void
fake_store(struct fake_farm *f, const char *kind, const struct digest *d, struct str bytes)
{
	struct err e;

	if (fs_write_atomic(fake_path(f, kind, d), bytes.p, bytes.n, 0644, &e) < 0)
		abort();
}

static bool
fake_load(struct fake_farm *f, const char *kind, const struct digest *d, struct str *out)
{
	struct err e;

	return fs_read(&f->a, fake_path(f, kind, d), 1 << 30, out, &e) == 0;
}

/* ---- methods: a message in, messages out, a status ---- */

static void
fake_say(struct fake_stream *s, const struct buf *message)
{
	unsigned char head[5] = { 0 };

	for (unsigned i = 0; i < 4; i++)
		head[1 + i] = (unsigned char)(message->n >> (24 - 8 * i));
	buf_add(&s->out, head, 5);
	buf_add(&s->out, message->p, message->n);
}

static struct digest
fake_digest(struct str bytes)
{
	struct digest d = { { 0 } };
	uint64_t size;

	wire_take_digest(bytes, &d, &size);
	return d;
}

static void
fake_blobs(struct fake_farm *f, struct fake_stream *s, struct wire q, struct buf *out)
{
	while (wire_next(&q)) {
		struct wire in = { .rest = q.bytes };
		struct digest d = fake_digest(q.bytes);
		struct str bytes = STR("");
		struct buf one = { 0 };
		bool there;

		if (q.field != 2)
			continue;
		if (str_has_suffix(s->method, "BatchUpdateBlobs")) {
			while (wire_next(&in)) {
				if (in.field == 1)
					d = fake_digest(in.bytes);
				if (in.field == 2)
					bytes = in.bytes;
			}
			fake_store(f, "", &d, bytes);
			wire_digest(&one, 1, &d, bytes.n);
			wire_bytes(&one, 2, STR(""));
			wire_bytes(out, 1, buf_str(&one));
		} else if (str_has_suffix(s->method, "FindMissingBlobs")) {
			if (!fake_load(f, "", &d, &bytes))
				wire_bytes(out, 2, q.bytes);
		} else {
			there = fake_load(f, "", &d, &bytes);
			if (bytes.n && fake_strikes(f, FAULT_WRONG, s->method))
				((char *)(uintptr_t)bytes.p)[bytes.n / 2] ^= 1;
			wire_digest(&one, 1, &d, bytes.n);
			wire_bytes(&one, 2, bytes);
			wire_bytes(&one, 3, there ? STR("") : STR("\x08\x05"));
			wire_bytes(out, 1, buf_str(&one));
		}
		buf_free(&one);
	}
}

/* .../blobs/HEX/SIZE */
static struct digest
fake_named(struct str name)
{
	struct digest d = { { 0 } };

	for (size_t i = 0; i + 70 < name.n; i++)
		if (str_starts((struct str){ name.p + i, name.n - i }, STR("blobs/")))
			digest_parse((struct str){ name.p + i + 6, 64 }, &d);
	return d;
}

static void
fake_read(struct fake_farm *f, struct fake_stream *s, struct str message)
{
	struct wire q = { .rest = message };
	struct digest d = { { 0 } };
	struct buf m = { 0 };
	uint64_t from = 0;
	struct str bytes;

	while (wire_next(&q)) {
		if (q.field == 1)
			d = fake_named(q.bytes);
		if (q.field == 2)
			from = q.v;
	}
	if (!fake_load(f, "", &d, &bytes)) {
		s->status = GRPC_NOT_FOUND;
		return;
	}
	if (fake_strikes(f, FAULT_WRONG, s->method))
		((char *)(uintptr_t)bytes.p)[bytes.n / 2] ^= 1;
	for (; from < bytes.n; from += 100000) {
		m.n = 0;
		wire_bytes(&m, 10,
			(struct str){ bytes.p + from,
				bytes.n - from < 100000 ? bytes.n - from : 100000 });
		fake_say(s, &m);
	}
	buf_free(&m);
}

static void
fake_write(struct fake_farm *f, struct fake_stream *s)
{
	struct digest d = { { 0 } };
	struct buf all = { 0 }, m = { 0 };
	size_t at = 0;

	while (at + 5 <= s->in.n) {
		const unsigned char *h = (const unsigned char *)s->in.p + at;
		size_t n = (size_t)h[1] << 24 | (size_t)h[2] << 16 | (size_t)h[3] << 8 | h[4];
		struct wire q = { .rest = { s->in.p + at + 5, n } };

		while (wire_next(&q)) {
			if (q.field == 1)
				d = fake_named(q.bytes);
			if (q.field == 10)
				buf_add(&all, q.bytes.p, q.bytes.n);
		}
		at += 5 + n;
	}
	fake_store(f, "", &d, buf_str(&all));
	wire_int(&m, 1, all.n);
	fake_say(s, &m);
	buf_free(&all);
	buf_free(&m);
}

static void
fake_result(struct fake_farm *f, struct fake_stream *s, struct wire q, struct buf *out)
{
	struct digest d = { { 0 } };
	struct str result = STR("");

	while (wire_next(&q)) {
		if (q.field == 2)
			d = fake_digest(q.bytes);
		if (q.field == 3)
			result = q.bytes;
	}
	if (str_has_suffix(s->method, "UpdateActionResult"))
		fake_store(f, "ac-", &d, result);
	else if (!fake_load(f, "ac-", &d, &result))
		s->status = GRPC_NOT_FOUND;
	buf_add(out, result.p, result.n);
}

/* google.rpc.Status { code, message, details: PreconditionFailure { violations { type } } } */
static void
fake_missing(struct buf *response)
{
	struct buf violation = { 0 }, failure = { 0 }, any = { 0 }, status = { 0 };

	wire_text(&violation, 1, "MISSING");
	wire_text(&violation, 2, "blobs/HASH/1");
	wire_bytes(&failure, 1, buf_str(&violation));
	wire_text(&any, 1, "type.googleapis.com/google.rpc.PreconditionFailure");
	wire_bytes(&any, 2, buf_str(&failure));
	wire_int(&status, 1, GRPC_FAILED_PRECONDITION);
	wire_text(&status, 2, "a blob is away");
	wire_bytes(&status, 3, buf_str(&any));
	wire_bytes(response, 3, buf_str(&status));
	buf_free(&violation);
	buf_free(&failure);
	buf_free(&any);
	buf_free(&status);
}

/* Operation { name, done, response { value: ExecuteResponse { result, status } } } */
static void
fake_execute(struct fake_session *x, struct fake_stream *s)
{
	struct reapi_result r = { .of = { .text = STR("ran"), .errors = STR("") } };
	struct buf m = { 0 }, any = { 0 }, response = { 0 }, result = { 0 };
	struct err e;

	wire_text(&m, 1, "operation");
	fake_say(s, &m);
	if (fake_strikes(x->f, FAULT_BREAK, s->method)) {
		x->leaves = true;
	} else {
		reapi_put_result(&result, &r);
		if (fake_strikes(x->f, FAULT_LOSE, s->method)) {
			if (fs_remove(x->f->dir, &e) < 0 || fs_mkdirs(x->f->dir, &e) < 0)
				abort();
			fake_missing(&response);
		} else
			wire_bytes(&response, 1, buf_str(&result));
		wire_bytes(&any, 2, buf_str(&response));
		wire_int(&m, 3, 1);
		wire_bytes(&m, 5, buf_str(&any));
		fake_say(s, &m);
	}
	buf_free(&m);
	buf_free(&any);
	buf_free(&response);
	buf_free(&result);
}

static void
fake_answer(struct fake_session *x, struct fake_stream *s)
{
	struct fake_farm *f = x->f;
	struct wire q = { .rest = { s->in.p + 5, s->in.n >= 5 ? s->in.n - 5 : 0 } };
	struct buf out = { 0 };

	if (fake_strikes(f, FAULT_STATUS, s->method)) {
		s->status = f->fault.code;
		return;
	}
	if (str_has_suffix(s->method, "GetCapabilities"))
		buf_add(&out, "\x0a\x06\x08\x01\x12\x02\x08\x01\x12\x02\x10\x01", 12);
	else if (str_has_suffix(s->method, "ActionResult"))
		fake_result(f, s, q, &out);
	else if (str_has_suffix(s->method, "Blobs"))
		fake_blobs(f, s, q, &out);
	else if (str_has_suffix(s->method, "/Read"))
		fake_read(f, s, q.rest);
	else if (str_has_suffix(s->method, "/Write"))
		fake_write(f, s);
	else
		fake_execute(x, s);
	if (!s->out.n && !s->status)
		fake_say(s, &out);
	buf_free(&out);
	if (fake_strikes(f, FAULT_SHORT, s->method))
		s->out.n = s->out.n > 6 ? s->out.n / 2 : 4;
	if (fake_strikes(f, FAULT_PACKED, s->method))
		s->out.p[0] = 1;
	if (fake_strikes(f, FAULT_HUGE, s->method))
		s->out.p[1] = 127;
}

/* ---- HTTP/2 ---- */

static ssize_t
fake_source(nghttp2_session *h2, int32_t id, uint8_t *to, size_t room, uint32_t *flags,
	nghttp2_data_source *source, void *arg)
{
	struct fake_stream *s = source->ptr;
	size_t n = s->out.n - s->at < room ? s->out.n - s->at : room;
	char status[8];
	nghttp2_nv trailer = { (uint8_t *)(uintptr_t) "grpc-status", (uint8_t *)status, 11, 0, 0 };

	(void)arg;
	if (n)
		memcpy(to, s->out.p + s->at, n);
	s->at += n;
	if (s->at == s->out.n) {
		*flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
		trailer.valuelen = (size_t)snprintf(status, sizeof(status), "%d", s->status);
		nghttp2_submit_trailer(h2, id, &trailer, 1);
	}
	return (ssize_t)n;
}

static struct fake_stream *
fake_find(struct fake_session *x, int32_t id)
{
	struct fake_stream *s = x->streams;

	while (s && s->id != id)
		s = s->next;
	if (!s && id) {
		s = calloc(1, sizeof(*s));
		s->id = id;
		s->next = x->streams;
		x->streams = s;
	}
	return s;
}

static int
fake_header(nghttp2_session *h2, const nghttp2_frame *f, const uint8_t *name, size_t n,
	const uint8_t *v, size_t vn, uint8_t flags, void *arg)
{
	struct fake_stream *s = fake_find(arg, f->hd.stream_id);

	(void)h2;
	(void)flags;
	if (n == 5 && memcmp(name, ":path", 5) == 0)
		snprintf(s->method, sizeof(s->method), "%.*s", (int)vn, (const char *)v);
	return 0;
}

static int
fake_data(nghttp2_session *h2, uint8_t flags, int32_t id, const uint8_t *p, size_t n, void *arg)
{
	(void)h2;
	(void)flags;
	buf_add(&fake_find(arg, id)->in, p, n);
	return 0;
}

/* The fault that a frame brings. True when it is not to be answered. */
static bool
fake_frame_fault(struct fake_session *x, const nghttp2_frame *f)
{
	enum fault_kind kind = x->f->fault.kind;

	if (++*x->f->frames != x->f->fault.frame || !fake_strikes(x->f, kind, NULL))
		return false;
	if (kind == FAULT_CUT)
		x->ends = true;
	else if (kind == FAULT_RESET)
		nghttp2_submit_rst_stream(x->h2, 0, f->hd.stream_id, (uint32_t)x->f->fault.code);
	else if (kind == FAULT_NOISE)
		x->ends = send(x->fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, MSG_NOSIGNAL) > 0;
	else if (kind == FAULT_LEAVE) {
		nghttp2_submit_goaway(x->h2, 0, f->hd.stream_id > 2 ? f->hd.stream_id - 2 : 0,
			NGHTTP2_NO_ERROR, NULL, 0);
		return true;
	}
	return true;
}

static int
fake_frame(nghttp2_session *h2, const nghttp2_frame *f, void *arg)
{
	const nghttp2_nv headers[] = {
		{ (uint8_t *)(uintptr_t) ":status", (uint8_t *)(uintptr_t) "200", 7, 3, 0 },
		{ (uint8_t *)(uintptr_t) "content-type", (uint8_t *)(uintptr_t) "application/grpc",
			12, 16, 0 },
	};
	struct fake_session *x = arg;
	struct fake_stream *s;
	nghttp2_data_provider source = { .read_callback = fake_source };

	if (f->hd.type != NGHTTP2_DATA && f->hd.type != NGHTTP2_HEADERS)
		return 0;
	if (fake_frame_fault(x, f) || !(f->hd.flags & NGHTTP2_FLAG_END_STREAM))
		return 0;
	s = fake_find(x, f->hd.stream_id);
	++*x->f->calls;
	if (fake_strikes(x->f, FAULT_SILENT, s->method))
		return 0;
	fake_answer(x, s);
	source.source.ptr = s;
	nghttp2_submit_response(h2, s->id, headers, 2, &source);
	return 0;
}

/* A certificate of its own, for the address 127.0.0.1 only. */
static void
fake_certificate(const char *path)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	X509_EXTENSION *at;
	FILE *f = fopen(path, "w");

	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -60);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
		(const unsigned char *)"farm", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	at = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
	X509_add_ext(x, at, -1);
	X509_sign(x, key, EVP_sha256());
	if (!f || !PEM_write_X509(f, x) || !PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL))
		abort();
	fclose(f);
	X509_EXTENSION_free(at);
	X509_free(x);
	EVP_PKEY_free(key);
}

static int
fake_choose_h2(SSL *s, const unsigned char **out, unsigned char *n, const unsigned char *in,
	unsigned in_n, void *arg)
{
	(void)s;
	(void)arg;
	return SSL_select_next_proto((unsigned char **)(uintptr_t)out, n,
		       (const unsigned char *)"\2h2", 3, in, in_n) == OPENSSL_NPN_NEGOTIATED
		       ? SSL_TLSEXT_ERR_OK
		       : SSL_TLSEXT_ERR_NOACK;
}

static void
fake_tls(struct fake_session *x)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	SSL_CTX_use_certificate_chain_file(ctx, x->f->pem);
	SSL_CTX_use_PrivateKey_file(ctx, x->f->pem, SSL_FILETYPE_PEM);
	SSL_CTX_set_alpn_select_cb(ctx, fake_choose_h2, NULL);
	x->tls = SSL_new(ctx);
	SSL_set_fd(x->tls, x->fd);
	if (SSL_accept(x->tls) != 1)
		_exit(0);
}

static ssize_t
fake_receive(struct fake_session *x, uint8_t *to, size_t n)
{
	return x->tls ? SSL_read(x->tls, to, (int)n) : recv(x->fd, to, n, 0);
}

static bool
fake_send(struct fake_session *x, const uint8_t *p, size_t n)
{
	struct err e;

	return x->tls ? SSL_write(x->tls, p, (int)n) == (int)n : fs_write_all(x->fd, p, n, &e) == 0;
}

static _Noreturn void
fake_serve(struct fake_farm *f, int fd)
{
	struct fake_session x = { .f = f, .fd = fd };
	nghttp2_session_callbacks *cb;
	uint8_t piece[65536];
	const int on = 1;
	const uint8_t *out;
	ssize_t n;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	nghttp2_session_callbacks_new(&cb);
	nghttp2_session_callbacks_set_on_header_callback(cb, fake_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(cb, fake_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(cb, fake_frame);
	nghttp2_session_server_new(&x.h2, cb, &x);
	nghttp2_submit_settings(x.h2, 0, NULL, 0);
	if (f->pem)
		fake_tls(&x);
	while (!x.ends && (n = fake_receive(&x, piece, sizeof(piece))) > 0) {
		if (nghttp2_session_mem_recv(x.h2, piece, (size_t)n) < 0)
			break;
		while (!x.ends && (n = nghttp2_session_mem_send(x.h2, &out)) > 0)
			if (!fake_send(&x, out, (size_t)n))
				_exit(0);
		x.ends = x.ends || x.leaves;
	}
	_exit(0);
}

/* pem may be NULL. */
static void
fake_start(struct fake_farm *f, const char *dir, const char *pem, const struct fault *fault)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*f = (struct fake_farm){ .fault = *fault };
	f->dir = arena_strdup(&f->a, dir);
	f->pem = pem;
	f->faults = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	f->frames = f->faults + 1;
	f->calls = f->faults + 2;
	if (bind(fd, (struct sockaddr *)&at, n) < 0 || listen(fd, 10) < 0 ||
		getsockname(fd, (struct sockaddr *)&at, &n) < 0)
		abort();
	f->port = ntohs(at.sin_port);
	f->pid = fork();
	if (f->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGCHLD, SIG_IGN);
		signal(SIGPIPE, SIG_IGN);
		for (;;) {
			int c = accept(fd, NULL, NULL);

			if (fork() == 0) {
				prctl(PR_SET_PDEATHSIG, SIGKILL);
				close(fd);
				fake_serve(f, c);
			}
			close(c);
		}
	}
	close(fd);
}

static void
fake_stop(struct fake_farm *f)
{
	kill(f->pid, SIGKILL);
	waitpid(f->pid, NULL, 0);
	munmap(f->faults, 4096);
	arena_free(&f->a);
}
#endif
