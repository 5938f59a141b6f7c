/* SPDX-License-Identifier: BSD-3-Clause */
/* The shared window (binnacle/shm.h): its layout in host memory and who sees what of it. */
#ifndef HV_SHM_H
#define HV_SHM_H

#include "binnacle/shm.h"
#include "hv/vm.h"

/*
 * Lays the regions of `scenario` out in scenario->shm, clears them, writes one directory per VM and
 * fills the scenario region. `copy` is the hypervisor's own copy of the scenario. Before any VM is
 * made. BN_EINVAL: the regions do not fit.
 */
enum bn_status shm_init(const struct bn_scenario *copy);

/*
 * Maps the window into the nested table of a pre-launched VM (at scenario shm.gpa) or of the
 * service VM (gpa == hpa), each region with the VM's rights; takes the range out of the table
 * before. Post-launched VMs: nothing to do here.
 */
enum bn_status shm_map(struct vm *vm);

/* Is any of [hpa, hpa + bytes) in the window? */
bool shm_overlaps(hpa_t hpa, uint64_t bytes);

/*
 * A VM shall see [hpa, hpa + bytes) of the window at `gpa`. That is a part of one region, mapped
 * with the VM's rights to it and no more than `rights`; or up to BN_SHM_ALIGN bytes from the
 * window's start, of which it sees one page, its own directory. BN_EPERM: anything else, or it has
 * no right to it.
 */
enum bn_status shm_map_part(struct vm *vm, gpa_t gpa, hpa_t hpa, uint64_t bytes, uint32_t rights);

/*
 * Nested page fault at `gpa`: true if that is in the window as this VM sees it, i.e. the VM did
 * what it has no right to; logged, and the guest gets #GP. Not for the service VM's registers
 * there.
 */
bool shm_fault(struct vcpu *vcpu, gpa_t gpa, bool write);

/* Puts the hypervisor's registers (binnacle/hvregs.h) in front of the service VM, if there is a
 * window for them to lie in. Before the VM runs. */
void hvregs_init(struct vm *service);

/* The first region of that kind, for the hypervisor's own reading; 0: none. */
void *shm_region(enum bn_shm_kind kind, uint64_t *bytes);

#endif
