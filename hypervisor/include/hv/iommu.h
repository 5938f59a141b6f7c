/* SPDX-License-Identifier: BSD-3-Clause */
/* Which memory the machine's devices reach, and what becomes of an attempt to reach more. */
#ifndef HV_IOMMU_H
#define HV_IOMMU_H

#include "hv/types.h"

/*
 * Confines every device of the machine to the service VM's memory, and those that are others' to
 * none; says in the log where there is nothing to do that with. Before the first VM runs, once:
 * the service VM's memory is the same whenever it is started again.
 */
void iommu_init(void);
/* An IOMMU recorded a fault: tells of it and makes room for the next. On the boot CPU. */
void iommu_interrupt(void);

#endif
