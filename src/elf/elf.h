/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a loader and a linker see of an ELF file: dynamic symbols with their versions, what it
 * needs, and how it wants to be loaded. Never .symtab: `strip` removes that, and the loader does
 * not read it.
 *
 * Format: System V ABI (generic, AMD64 supplement), and for versions the GNU extensions as the
 * Linux Standard Base describes them (.gnu.version, .gnu.version_d, .gnu.version_r).
 *
 * Every function takes the bytes of a file and a path for messages, and fails with ERR_ABI when the
 * bytes are no ELF file of 64 bits, little endian, or contradict themselves. Strings in results
 * point into the bytes or the arena, and last as long as both.
 */
#ifndef ELF_ELF_H
#define ELF_ELF_H
#include "base/buf.h"
#include "base/vec.h"

struct err;
enum elf_type { ELF_NOTYPE, ELF_OBJECT, ELF_FUNC, ELF_TLS, ELF_IFUNC, ELF_OTHER };
enum elf_bind { ELF_LOCAL, ELF_GLOBAL, ELF_WEAK, ELF_UNIQUE, ELF_BIND_OTHER };
struct elf_symbol {
	const char *name;
	const char *version; /* "GLIBC_2.14"; NULL: none */
	/* undefined with a version: the soname that the version is needed of; else NULL */
	const char *library;
	bool is_defined;
	bool is_default; /* defined: name@@version, which a linker takes, not name@version */
	enum elf_type type;
	enum elf_bind bind;
	uint64_t size;
};
/* A version that the file needs, whether or not a symbol says so (.gnu.version_r). */
struct elf_need {
	const char *library, *version;
	bool is_weak; /* VER_FLG_WEAK */
};
struct elf_section {
	const char *name;
	unsigned type;                /* SHT_... */
	uint64_t flags, offset, size; /* offset and size in the file; SHT_NOBITS has no bytes */
};
struct elf {
	unsigned machine;                              /* EM_X86_64 ... */
	unsigned kind;                                 /* ET_DYN, ET_REL, ET_EXEC */
	const char *interp, *soname, *rpath, *runpath; /* NULL: none */
	struct strs needed;
	bool has_textrel, is_bind_now, has_relro, has_gnu_stack, has_exec_stack;
	struct elf_symbol *symbols; /* of .dynsym, without the empty first one, in its order */
	size_t n_symbols;
	struct elf_need *needs;
	size_t n_needs;
	struct elf_section *sections; /* empty when the file has no section headers */
	size_t n_sections;
};

/* A whole file. Facts come from program headers and PT_DYNAMIC; sections only give elf.sections.
 * For ET_REL there are sections only. */
int elf_read(struct arena *a, struct str bytes, const char *path, struct elf *out, struct err *e);

/* Puts every global name of an object file (.o), defined or not, into a map; names are copied into
 * its arena. This and elf_object_alike are the only readers of .symtab, for an object has nothing
 * else. */
struct map;
int elf_object_names(
	struct arena *a, struct str bytes, const char *path, struct map *names, struct err *e);
/* Two objects that were made of one source in two ways: the same to a linker? 1: they have the same
 * global and weak symbols, each with the same binding, type and visibility, defined in both or in
 * neither, and variables and tables of virtual functions of the same size. 0: *why says in one line
 * what differs, of the first such name. Code is not compared. ways says what each is called in
 * *why: "slim", "whole". */
int elf_object_alike(struct arena *a, const struct str bytes[2], const char *const ways[2],
	const char **why, struct err *e);
#endif
