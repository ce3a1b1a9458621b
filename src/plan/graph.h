/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan: steps, what each sees, and what it makes. Plain data; nothing here runs.
 *
 * A step runs in a directory of its own that holds one entry per mount of its root (src, torch,
 * cuda, py, gen: formats/root.h), `in/` with results of other steps and `out/`. Every argument is
 * relative to that directory, so the command, and with it the result, is the same wherever the
 * directory is.
 */
#ifndef PLAN_GRAPH_H
#define PLAN_GRAPH_H
#include "base/map.h"
#include "base/record.h"
#include "plan/sources.h"
#include "resolve/native_tools.h"
#include "store/store.h"

enum mount_kind {
	MOUNT_TREE,     /* one pinned tree */
	MOUNT_COMPOSED, /* several trees and files of the catalog (store_compose) */
	MOUNT_SOURCES,  /* the kernel's own files, as they were when the run began */
	MOUNT_FILES,    /* files that the plan itself made */
	MOUNT_STUBS,    /* link stubs, made of libraries in other mounts */
};
struct mount_file {
	const char *path;
	struct str bytes;
};
enum stub_of {
	STUB_OF_LIBRARY, /* all of its symbols */
	STUB_OF_SYMBOLS, /* the same, of a list of symbols (elf/symbols.h) */
	/* the same; the list is of the other C++ ABI, so torch's symbols that show it are taken to
	 * exist */
	STUB_OF_OTHER_ABI,
	STUB_PORTABLE, /* those whose versions PLAN_POLICY allows */
	STUB_SONAME,   /* no symbol */
	STUB_PYTHON,   /* the limited API of Python */
};
/* A library that the linker sees only the symbols of. */
struct mount_stub {
	const char *soname; /* and the file's name */
	const struct target *target;
	const struct mount *from; /* where the real one is; NULL: see what */
	const char *member;       /* its path in there */
	enum stub_of what;
	bool is_optional; /* needed only by what names one of its symbols */
};
struct mount {
	const char *name; /* entry in the step's directory */
	enum mount_kind kind;
	struct digest id;        /* what it holds: a tree, a composition, a digest of the files */
	struct pin *const *pins; /* MOUNT_TREE: one; MOUNT_COMPOSED: all parts */
	size_t n_pins;
	struct store_composition composition; /* MOUNT_COMPOSED */
	const struct target *target;          /* of a compiler: what it compiles for; else NULL */
	const struct mount_file *files;       /* MOUNT_FILES */
	size_t n_files;
	const struct mount_stub *stubs; /* MOUNT_STUBS; their mounts' pins are in pins */
	size_t n_stubs;
};
/* What a step sees. The compiler is in there too, and programs of it find their loader by a path
 * relative to the step's directory, so nothing of the machine is needed but a kernel, and /bin/sh
 * without a sandbox. */
struct root {
	const struct mount *const *mounts;
	size_t n_mounts;
	/* program in a mount that a sandbox puts at /bin/sh; NULL: no step needs one */
	const char *shell;
};

/* A CUDA source is compiled by one STEP_CUDA, or by the steps that nvcc would have run: they are
 * known when it was asked. What else is known of a kind, its row in plan/kinds.c says; their order
 * means nothing. */
enum step_kind {
	STEP_CXX,
	STEP_CUDA,
	STEP_LINK,
	STEP_ASK,        /* nvcc --dryrun */
	STEP_PREPROCESS, /* once for the host and once for each architecture */
	STEP_CUDAFE,     /* the host's text -> C++ with the kernels' stubs */
	STEP_CICC,       /* an architecture's text -> PTX */
	STEP_PTXAS,      /* PTX -> cubin */
	STEP_FATBIN,     /* all of them in one */
	STEP_HOST,       /* what cudafe++ made -> object */
	/* objects with relocatable device code -> a cubin, and what is to be registered */
	STEP_NVLINK,
	/* Built-in ones (device/proof.h); of some, only if a file turns out to be needed. */
	/* what the host's object holds for a fatbinary until it gets the real one */
	STEP_EMPTY_FATBIN,
	/* the host's object and the fatbinary -> object, or declined if there is such a trap in
	 * it */
	STEP_EMBED_FATBIN,
	/* the host's text -> the same without the bodies of device code, and slimmed if so asked */
	STEP_STRIP_BODIES,
	/* the text of a C++ source -> the same without what nothing reaches */
	STEP_SLIM,
	STEP_COMPILE_OR_DECLINE, /* a compiler on such a text: what it makes, or declined */
	/* an architecture's text with its macros -> the text that a compiler reads */
	STEP_DROP_MACROS,
	/* the text of one architecture -> under which names its proof is remembered */
	STEP_PROOF_KEYS,
	/* whether device code can be compiled without the host's: the proof */
	STEP_PROVE,
	/* proof keys -> the proof that the step of those keys came to last, for device code whose
	 * loose key is the same; else declined. Only the memo knows it: nothing runs */
	STEP_GUESS,
	STEP_STUB,   /* the proof -> the stub that registers the kernels */
	STEP_SLICE,  /* proof and text -> what of it device code needs */
	STEP_DEVICE, /* that -> PTX, or declined */
	/* what two ways gave -> the first, or an error where they differ */
	STEP_AUDIT,
	/* what cudafe++ made -> the same with a trap where kernels are launched that nothing
	 * registers */
	STEP_TRAP,
	/* an object whose placeholders for the id are whole -> the same; else declined */
	STEP_CHECK_ID,
	STEP_REGISTER, /* what nvlink said for each architecture -> one list, as C */
	/* the first of its inputs that is not declined; nothing runs. It counts as built-in */
	STEP_CHOOSE,
	STEP_KINDS
};
/* Commands that a step of this program's own runs; STEP_TOOL_SOURCE and STEP_TOOL_RESULT stand for
 * files. */
enum step_tool { TOOL_PREPROCESS, TOOL_CICC, TOOL_COMPILE, STEP_TOOLS };
#define STEP_TOOL_SOURCE "@SOURCE@"
#define STEP_TOOL_RESULT "@RESULT@"
/* What a STEP_AUDIT compares. */
enum audit_of {
	AUDIT_OF_NOTHING,
	AUDIT_OF_PTX,
	AUDIT_OF_OBJECT,
	/* bytes: where they differ, declined, and what it gives says only that they do not */
	AUDIT_AS_PROOF,
};
/* When a STEP_PROVE proves. */
enum prove_when {
	PROVE_ALWAYS,
	PROVE_IF_IT_PAYS, /* else it gives up at once (device/proof.h) */
	/* by the slimmed text, where a proof on the same device code was proved by the whole one;
	 * else declined */
	PROVE_IF_PROVED_BEFORE,
};
/* How a built-in step does what it does. One that is not zero is in the step's key and among its
 * words (step_words): both go by this list, and what is not in it is no option. */
#define STEP_OPTIONS(FLAG, CHOICE, DIGEST) \
	FLAG(slims)         /* the text that it gives, or proves */ \
	FLAG(if_few_others) /* declines what is mostly headers of others (device/proof.h) */ \
	FLAG(relocatable)   /* of relocatable device code */ \
	FLAG(trusts)        /* the slimmed text proves: not remembered as proved */ \
	CHOICE(audit, audit_of) \
	CHOICE(prove, prove_when) \
	DIGEST(device_key)       /* of device passes as a whole, with CUDA's headers */ \
	DIGEST(loose_device_key) /* without */ \
	DIGEST(any_device_key)   /* with them, of whatever source */
#define STEP_FLAG(name) bool name;
#define STEP_CHOICE(name, type) enum type name;
#define STEP_DIGEST(name) struct digest name;
struct step_options {
	STEP_OPTIONS(STEP_FLAG, STEP_CHOICE, STEP_DIGEST)
};
#undef STEP_FLAG
#undef STEP_CHOICE
#undef STEP_DIGEST
/* The C++ ABI for which TOOL_PREPROCESS is run, whatever the variant's is, and the other one. */
#define STEP_ABI "_GLIBCXX_USE_CXX11_ABI=1"
#define STEP_OTHER_ABI "_GLIBCXX_USE_CXX11_ABI=0"
/* The whole output of a step that found that it cannot give what was wanted. */
#define STEP_DECLINED RECORD_DECLINED "\n"
/* What an input is to the step that takes it. */
enum input_role {
	INPUT_FILE,   /* one that the command names, or one of many alike */
	INPUT_TEXT,   /* of a source: what is compiled, slimmed or changed */
	INPUT_MACROS, /* an architecture's text with its macros */
	/* the kernel's own text, the same for all architectures: OUTPUT_SHARED */
	INPUT_SHARED,
	INPUT_PRELUDES,    /* OUTPUT_PRELUDES, of the same architecture */
	INPUT_PROOF_KEYS,  /* the main output of a STEP_PROOF_KEYS */
	INPUT_EARLY_PROOF, /* OUTPUT_EARLY_PROOF */
	INPUT_PROOF,
	INPUT_WHOLE_PTX, /* what cicc makes of the whole text, or of the slimmed one */
	INPUT_STUB,      /* and its stub */
	INPUT_SAME,      /* declined, if two ways do not give the same */
	INPUT_OBJECT,
	INPUT_FATBIN,
	INPUT_FIRST_WAY,
	INPUT_SECOND_WAY,
	INPUT_ROLES
};
/* What an output is, of steps that have several. */
enum output_role {
	OUTPUT_MAIN,       /* the first */
	OUTPUT_STUB,       /* cicc's C that registers kernels */
	OUTPUT_REGISTERED, /* nvlink's list of what is to be registered */
	OUTPUT_RESOURCES,  /* what ptxas says of kernels: registers, spills */
	/* of proof keys: the proof, where they show that the full way is to be taken; else
	 * declined */
	OUTPUT_EARLY_PROOF,
	/* of proof keys: the kernel's own text, or declined where it differs between
	 * architectures */
	OUTPUT_SHARED,
	/* of proof keys: the preprocessed headers of levels at which the guards find nothing; or
	 * declined */
	OUTPUT_PRELUDES,
	OUTPUT_ROLES
};
struct step_input {
	size_t step;      /* index of the step that makes it */
	size_t output;    /* which of its outputs */
	const char *path; /* where this step finds it: in/NAME, or tmp/NAME */
	enum input_role role;
};
struct step {
	enum step_kind kind;
	const char *label;             /* for people: "activation/activation.cu" */
	const struct variant *variant; /* the first that wants it */
	const struct root *root;
	struct strs argv; /* of a built-in step: "kernel-builder" and what it does */
	struct step_options options;
	struct strs tool[STEP_TOOLS];
	struct strs env;           /* NAME=value; nothing else is set */
	const char *source;        /* under src/; NULL for a link */
	struct step_input *inputs; /* in the order of the kind's row */
	size_t n_inputs;
	struct strs outputs; /* out/NAME or tmp/NAME; the first is the main one */
	bool captures;       /* what it prints is its output */
	/* lines that it prints and that begin with one of these are its last output; no messages */
	struct strs told;
	/* its outputs are texts in which the compiler may name the directory that it ran in */
	bool names_dir;
	bool is_lazy; /* runs only when a step that waits for it cannot do without */
	/* Nobody takes what it gives. It runs while a step with its key waits for inputs that it
	 * has a guess of; where that was right, the other one finds its result. It is lazy. */
	bool is_ahead;
	/* that many of its first inputs may be enough to know the result; 0: no */
	size_t n_early;
	/* outputs are large and quickly made again: only their digests outlive the run */
	bool is_transient;
	/* out/NAME.d, make syntax; NULL: no files but source and inputs are read */
	const char *depfile;
	/* A link (of device code, too) gives its objects the kernel's id: every `placeholder` in
	 * them becomes `id`, both of one length, so that compile steps do not depend on the id. The
	 * outputs' names have it, and so has the key. */
	const char *id;
	/* a link: libraries to take out of what the result needs (elf_drop_needed) */
	struct strs drop_needed;
	struct digest key; /* of everything known before any file is read; see key.h */
	unsigned users;    /* variants that want it */
};
struct plan_variant {
	const struct variant *variant;
	/* "_activation_cuda_k3x..." : extension, namespace and metadata id; NULL: noarch */
	const char *ops;
	const char *extension; /* the file: "OPS.abi3.so", of tvm-ffi "OPS.so"; NULL: noarch */
	size_t link;           /* index of its link step; SIZE_MAX: noarch */
	struct strs kernels;   /* names of the sections that take part */
	/* what these depend on besides torch, each once, in the order of the file */
	VEC(const struct catalog_depend *) depends;
	/* names of those of CUDA that the linker may take, for the kernel mentions them */
	struct strs libraries;
	const struct catalog_gcc *gcc; /* NULL: noarch */
	/* no library of torch with this C++ ABI is published: not all of its symbols can be
	 * checked */
	bool unverified;
};
struct plan {
	const struct project *project;
	const struct sources_set *sources;
	struct step *steps; /* what a step waits for comes before it */
	size_t n_steps;
	struct plan_variant *variants;
	size_t n_variants;
	struct strs notes;
};

/* Ten characters that no id can hold (it has digits outside base32). A compiler may cut a text that
 * has it into pieces, as operands of instructions: such an object is found (STEP_CHECK_ID), and its
 * source compiled with the id itself. */
#define PLAN_ID_PLACEHOLDER "k0b1i8d9x0"

/* In an argument, stands for the directory that the step runs in: debug information names it, so it
 * is mapped to /kb, where it is in a sandbox. */
#define PLAN_DIR_PLACEHOLDER "@KB_DIR@"

/* Seconds since 1970: the time that __DATE__, __TIME__ and, of the kernel's files, __TIMESTAMP__
 * have. */
#define PLAN_TIME 315619200

/* What an extension may need of the C and C++ libraries, and of Python. */
#define PLAN_POLICY "manylinux_2_28"
#define PLAN_PYTHON "3.9"
/* The soname of the stub of Python, which no file has: it is dropped from what extensions need. */
#define PLAN_PYTHON_SONAME "python-limited-api"
#define PLAN_TORCH_PYTHON "libtorch_python.so" /* linked only when it is needed */
/* The soname of the stub of the OpenMP runtime, which no file has: each wheel of torch brings
 * libgomp under a name of its own. torch's libraries need that one, so the loader finds its symbols
 * through them, and it is dropped from what extensions need. A second runtime would have threads of
 * its own. */
#define PLAN_OPENMP_SONAME "openmp-of-torch"

/* Whoever loads the extension has loaded it: _ops.py imports tvm_ffi. */
#define PLAN_TVM_FFI_SONAME "libtvm_ffi.so"

const char *step_kind_name(enum step_kind k);
/* The options that are not zero: "slims", "audit=ptx", "device-key=DIGEST". */
struct strs step_option_words(struct arena *a, const struct step_options *o);
/* Sets what such a word says. False for one that is none. */
bool step_option_take(struct step_options *o, struct str word);
/* For people: the command, and the options. */
struct strs step_words(struct arena *a, const struct step *s);
/* One that this program does itself. */
bool step_is_builtin(const struct step *s);
static inline bool
step_is_choice(const struct step *s)
{
	return s->kind == STEP_CHOOSE;
}
/* The engine chooses, and the memo guesses. */
static inline bool
step_never_runs(enum step_kind k)
{
	return k == STEP_CHOOSE || k == STEP_GUESS;
}
/* What it gives is remembered by more than its key. */
static inline bool
step_is_remembered(const struct step *s)
{
	return s->n_early && !step_is_choice(s);
}

/* How CUDA files are divided. */
enum plan_device_only {
	/* device passes without host code, where one architecture's whole text proves it */
	PLAN_DEVICE_VERIFY,
	PLAN_DEVICE_TRUST, /* the same, where its slimmed text does */
	PLAN_DEVICE_OFF,
};
/* Which texts lose what nothing reaches (slim/slim.h). */
enum plan_slim {
	PLAN_SLIM_OFF,
	PLAN_SLIM_DEVICE, /* those of device passes, but for the reference */
	PLAN_SLIM_ALL,    /* those of the host's compilers as well */
};
struct plan_options {
	enum plan_device_only device_only;
	bool is_to_read; /* for people: without steps that only look at what others gave */
	enum plan_slim slim;
	/* every architecture goes both ways, and the build fails where they differ */
	bool audits_device;
	bool audits_slim; /* the same for the host's objects */
};

/* What a plan is made for. */
struct plan_subject {
	const struct project *project;
	const struct sources_set *sources;
	const struct resolution *resolution;
	/* of the machine that it is to run on; NULL: that is an x86-64 one */
	const struct native_tools *tools;
};
/* What nvcc answered to the steps of plan_questions: struct str, by the 32 bytes of
 * plan_question_id. */
struct plan_answers {
	struct map by_id;
};
/* What was asked: the command and the CUDA release. Unlike the step's key it stays the same when
 * the trees of pins become known by being fetched. */
struct digest plan_question_id(struct arena *a, const struct step *ask);
/* The steps that ask nvcc what it would do, STEP_ASK, for every CUDA source; else like
 * plan_make. */
int plan_questions(struct arena *a, const struct plan_subject *of, struct plan *out, struct err *e);

/* Takes out of the catalog those libraries of CUDA that no file of the kernel mentions. Reads the
 * files, if r has a variant with CUDA. */
int plan_keep_libraries(struct arena *a, const struct project *p, const struct sources_set *src,
	const struct resolution *r, struct catalog *c, struct err *e);

/* Pure: no file is read. CUDA sources whose answer is in answers (which may be NULL) and understood
 * are divided; others are one step, with a note if there was an answer. Fails with ERR_CONFIG when
 * a section asks for what cannot be built here (dependencies, backends), and with ERR_RESOLVE when
 * the catalog lacks the compiler of a variant. */
int plan_make(struct arena *a, const struct plan_subject *of, const struct plan_answers *answers,
	const struct plan_options *o, struct plan *out, struct err *e);

/* Whether every step has the inputs, outputs and mounts that its kind's row lists. Fails with
 * ERR_BUG, and says of which step not. A plan that plan_make made was checked. */
int plan_check(const struct plan *p, struct err *e);

enum plan_format { PLAN_TEXT, PLAN_JSON, PLAN_DOT };
void plan_print(const struct plan *p, enum plan_format f, struct buf *out);
/* The pins that a step needs in the store. */
void plan_step_pins(struct arena *a, const struct step *s, struct map *seen);
#endif
