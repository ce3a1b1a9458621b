/* SPDX-License-Identifier: Apache-2.0 */
/* What may be the name of a file in an archive or in a tree, and where a link in it may point. The
 * rules are stricter than "stays inside", so that a name has one spelling only. */
#ifndef FORMATS_MEMBER_H
#define FORMATS_MEMBER_H
#include "base/str.h"

/* NULL when the name is fine, else what is wrong with it ("is absolute"). Fine is: relative, UTF-8,
 * components not empty, "." or "..", no control characters, no backslash, at most 1024 bytes. */
const char *member_name_fault(struct str name);
/* The same for the target of a symbolic link at path. Fine is: relative, with ".." only in front
 * and no more of them than directories above the link. Then no chain of such links can leave the
 * tree, as long as no link is itself the parent of a file. */
const char *member_link_fault(struct str path, struct str target);
#endif
