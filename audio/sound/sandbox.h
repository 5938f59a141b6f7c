/* SPDX-License-Identifier: BSD-3-Clause */
/* What the service may still ask of the kernel once it is set up. */
#ifndef SOUND_SANDBOX_H
#define SOUND_SANDBOX_H

/* All threads of the process. 0 or -errno. */
int sandbox_enter(void) __attribute__((warn_unused_result));

#endif
