/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of the Remote Execution API v2 and of ByteStream
 * (build/bazel/remote/execution/v2/remote_execution.proto, google/bytestream/bytestream.proto,
 * google/longrunning/operations.proto, google/rpc/status.proto): bytes in, values out, and back.
 * What takes a message returns false when it is none, or says what cannot be.
 */
#ifndef REMOTE_REAPI_H
#define REMOTE_REAPI_H
#include "base/buf.h"
#include "remote/remote.h"

#define REAPI "/build.bazel.remote.execution.v2."

struct reapi_limits {
	bool has_sha256, can_run, can_keep;
	uint64_t batch; /* bytes of blobs in one message */
};
bool reapi_take_capabilities(struct str message, struct reapi_limits *out);

/* google.rpc.Status */
struct reapi_status {
	int code;
	const char *message;
	bool is_missing; /* its details say that blobs are not there */
};
bool reapi_take_status(struct arena *a, struct str message, struct reapi_status *out);

/* A reference to bytes that are not in the message. */
struct reapi_blob {
	bool is_set;
	struct digest digest;
	uint64_t size;
};
struct reapi_result {
	struct remote_result of;
	struct reapi_blob text, errors; /* instead of of.text, of.errors */
};
/* ActionResult. False also when it has links or directories, or paths that lead elsewhere. All of
 * *out lives in the arena. */
bool reapi_take_result(struct arena *a, struct str message, struct reapi_result *out);
void reapi_put_result(struct buf *out, const struct reapi_result *r);
enum { REAPI_TEXT_LIMIT = 64 << 20 }; /* of a text that is asked for */
/* True when the text is here, and is what its reference says, if there is one. */
bool reapi_is_here(const struct reapi_blob *b, struct str text);
/* The reference to a text that is to be kept. A long one becomes empty, to be a blob only; an empty
 * one has none. */
struct reapi_blob reapi_refer(struct str *text);

/* google.longrunning.Operation of an Execute. */
struct reapi_operation {
	const char *name;
	bool is_done;
	struct reapi_status status; /* code 0: result, if there is one */
	bool has_result;
	struct reapi_result result;
};
bool reapi_take_operation(struct arena *a, struct str message, struct reapi_operation *out);

/* The messages that stand for a key: action and command in *out, with their digests. */
struct reapi_key {
	struct digest action, command, root; /* root: of the empty message */
	struct buf action_bytes, command_bytes;
};
void reapi_make_key(const struct digest *key, struct reapi_key *out);

/* One answer in BatchUpdateBlobsResponse, or in BatchReadBlobsResponse. */
struct reapi_answer {
	struct digest digest;
	uint64_t size;
	struct str bytes;
	int code;
	struct str message;
};
/* responses { digest, data, status }: numbers of the fields differ. */
bool reapi_take_update(struct str field, struct reapi_answer *out);
bool reapi_take_read(struct str field, struct reapi_answer *out);
#endif
