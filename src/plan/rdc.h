/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Relocatable device code (-rdc=true): device functions and variables of one file that another one
 * uses.
 *
 * Objects of such files hold device code that is not linked yet, in __nv_relfatbin sections. Of
 * these objects, and of no others, nvlink makes one cubin for each architecture; fatbinary puts
 * them together; and the host's compiler makes an object of that, from CUDA's own crt/link.stub,
 * which registers it. These are the commands of nvcc -dlink, which does not split where one file is
 * compiled for fewer architectures than another. PTX is not linked: it stays in the objects, and
 * the driver links it where a GPU has no cubin.
 */
#ifndef PLAN_RDC_H
#define PLAN_RDC_H
#include "config/relocatable.h"
#include "formats/root.h"
#include "plan/maker.h"

/* Whether this CUDA has the device runtime, which kernels need that start kernels, in a form that
 * its nvlink takes: it lies beside libcudart, so it is there where that whole directory is, in
 * wheels of 13.0 and later and in NVIDIA's archives. Wheels of 12.9 have one that is newer than the
 * nvlink that packages have for 12.x, the others have none. For another target than the tree's, it
 * is in the package of that target's runtime. Returns its library, for both linkers, below the root
 * that mount_runtime gives; NULL: there is none. */
const char *rdc_runtime(const struct catalog_cuda *c);
/* Fails with ERR_CONFIG where one of a section's sources needs the device runtime that the
 * variant's CUDA has not got. */
int rdc_check(const struct maker *m, const struct variant *v, const struct project_kernel *k,
	struct err *e);
/* Another object for the device link: what k's options make of a file. */
void rdc_add(
	struct maker *m, struct link *l, const struct variant_kernel *k, struct step_input object);
/* The steps that link the device code of what rdc_add took; their object becomes an input of l.
 * Nothing, where there was none. */
void maker_add_device_link(struct maker *m, const struct torch_flags *f, struct link *l);
#endif
