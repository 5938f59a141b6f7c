/* SPDX-License-Identifier: BSD-3-Clause */
/* What the device model may still ask of the kernel once its VM runs. */
#ifndef DM_SANDBOX_H
#define DM_SANDBOX_H

/* All threads, for good: any other system call ends the process (and with it the VM). 0 or -errno.
 */
int sandbox_enter(void) __attribute__((warn_unused_result));

#endif
