/* SPDX-License-Identifier: Apache-2.0 */
/* Names of generated files that more than one file here knows. */
#ifndef GENERATE_PATHS_H
#define GENERATE_PATHS_H

#define GENERATED_DIR "cmake"
#define GENERATED_CMAKE GENERATED_DIR "/kernel.cmake"
#define GENERATED_TOOL GENERATED_DIR "/kernel_tool.py"
#define GENERATED_FACTS GENERATED_DIR "/kernel.json"
#define GENERATED_MANIFEST GENERATED_DIR "/generated.sha256" /* the last one of a set */
#endif
