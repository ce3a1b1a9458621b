/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Built-in steps: what this program does itself, in a child process, with the files of the step's
 * directory; what they run (the preprocessor, cicc) runs as every step does, in the sandbox if
 * there is one. STEP_CHOOSE is none of them: nothing runs for it.
 *
 * Device code without the host's (device/device.h): a device pass parses all headers of torch for
 * functions that become no code. The device-only way gives cicc the device code of the kernel's own
 * files and a few headers, at one of three levels. That this gives the same code is proved by one
 * architecture, whose whole text is compiled too:
 *
 * proof-keys  From one architecture's text: the names under which a proof on it is remembered, one
 *             for each level. Such a name is a digest of
 *          the headers of the level, preprocessed; the commands and programs of device passes; and
 *          the kernel's own text: when no
 *          guard (device/guard.h) finds a name in device code that could mean another thing without
 *          torch's headers, without the
 *          bodies of device functions, else all of it; and what the stub depends on: the kernel's
 *          host functions, and the names of
 *          device variables in all headers. So a proof serves other releases of torch, the other
 *          C++ ABI, and edits of
 *          kernels' bodies.
 *          Two more names cover less; under them it is remembered that the whole text once proved
 *          a proof on something like it. The loose key covers device code without its bodies,
 *          commands and compiler: it was proved with other bodies, other headers (torch's or
 *          CUDA's), other functions of the host or other architectures beside this one. The
 *          headers' key covers commands and all that stands in no file of the kernel: another
 *          file with the same headers was proved. Only a text in which the guards find nothing has
 *          one.
 * prove    The first level at which entries, bodies and variables are those that the whole text
 *          gives, with either C++ ABI. The proof has that level, the stub
 *          that registers the kernels, and the definitions of variables that only the whole text
 *          has. Where the loose key or the headers' key is known, a first prover
 *          goes by the slimmed text (slim/slim.h), in a third
 *          of the time; what it cannot prove it
 *          leaves to the second.
 * audit    For those who want it: both ways' results, and an error where they differ. And on the
 *          full way: that the slimmed text gives the
 *          reference's PTX, byte for byte; else the others are compiled from whole texts, too.
 * slice    An architecture's text for cicc at that level. Where the kernel's text is not the one
 *          that was proved, the guards must find
 *          nothing.
 * trap     So that the host's object shows whether it launches kernels that the proof's stub does
 *          not register. If so, embed-fatbin declines.
 * device   cicc of that. It must define the entries and variables of the stub.
 * register What nvlink said for each architecture, in one.
 *
 * Where something does not hold, a step declines, and the architecture, or the file, goes the full
 * way.
 *
 * A proof, version 2: "kernel-builder proof 2\n", then either "full WHY\n" or
 *     level N
 *     exact SHA256              of the kernel's text that was proved (struct device_frame)
 *     missing BYTES             and behind the line feed so many bytes
 *     order BYTES               likewise: how the whole text's PTX is ordered (ptx_order)
 *     stub BYTES                likewise
 * Proof keys, version 3: "kernel-builder proof-keys 3\n" and five lines, each a SHA-256, or "-"
 * where there is none, as for a level whose headers are not there: of the levels, the loose key,
 * the headers' key.
 */
#ifndef DEVICE_PROOF_H
#define DEVICE_PROOF_H
#include "device/device.h"

/* The names in proof keys: one for each level, its loose key, and that of its headers. */
#define PROOF_LOOSE_KEY DEVICE_LEVELS
#define PROOF_HEADERS_KEY (DEVICE_LEVELS + 1)
#define PROOF_KEYS (DEVICE_LEVELS + 2)

/* Does a proof pay, and the device-only way behind it, for a source whose text, with its macros,
 * and PTX have so many bytes? A proof compiles the device code twice more. It saves what headers
 * cost in later builds, and some of that in each architecture but the one that goes both ways.
 * Measured: of a text of 18 MB torch's headers take cicc 16 s; the CUDA headers and the standard
 * library, 8 MB, take 2 s; code takes 0.5 to 2 s for each megabyte of PTX; the slimmed text of an
 * architecture takes 3 s more than the device-only one with torch's headers, 1 s without. What
 * headers of others take, such as CUTLASS's, is not saved: they stay, and templates that fill 11 MB
 * of text take cicc 80 to 200 s for little PTX. So where there is more than PROOF_OTHERS of them
 * and of the kernel's own (bytes_of_others), a proof does not pay, and neither does compiling the
 * reference once more from its slimmed text for the sake of one or two other architectures. */
#define PROOF_OTHERS ((size_t)1 << 20)
bool proof_pays(size_t text, size_t ptx, size_t n_archs);
struct proof {
	struct str why; /* not empty: the full way, and why */
	enum device_level level;
	struct str exact, missing, order, stub;
};
/* True when the text is a proof; its parts point into it. */
bool proof_read(struct str text, struct proof *out);
void proof_write(const struct proof *v, struct buf *out);
/* True when the text is proof keys. */
bool proof_read_keys(struct str text, struct str names[PROOF_KEYS]);
#endif
