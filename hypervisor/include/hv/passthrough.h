/* SPDX-License-Identifier: BSD-3-Clause */
/* Functions of the machine that a post-launched VM has as its own, for as long as it lives: the
 * service VM gives them away and gets them back. */
#ifndef HV_PASSTHROUGH_H
#define HV_PASSTHROUGH_H

#include "hv/vm.h"

/*
 * The service VM's function `bdf` becomes the VM's, at `place` on its bus 0: reset, its registers
 * and messages the VM's only, its DMA confined to the VM's memory. The VM places the BARs itself.
 * BN_EPERM, and the log says why: not the service VM's to give, or not to be separated from others;
 * BN_ENODEV: no IOMMU confines it; BN_EBUSY: the VM has started, or the place is taken.
 */
enum bn_status passthrough_assign(struct vm *vm, uint16_t place, uint16_t bdf);
/* Back to the service VM, reset. BN_ENODEV: it was not assigned like that. */
enum bn_status passthrough_release(struct vm *vm, uint16_t place, uint16_t bdf);
void passthrough_release_all(struct vm *vm);
/* The VM is reset: so are its functions. */
void passthrough_reset(struct vm *vm);
/* True: the access was to such a function, and is done. */
bool passthrough_access(struct io_access *io);

/* ---- For the service VM's configuration space. */
bool passthrough_is_given(uint16_t bdf);
bool passthrough_covers(hpa_t base, uint64_t bytes); /* a BAR of one that is given away */

#endif
