/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mappings of files that somebody else can make shorter. Touching a page that is gone is SIGBUS;
 * here the whole mapping then becomes memory of our own, full of zeros, and is known as broken.
 */
#ifndef SOUND_GUARD_H
#define SOUND_GUARD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define GUARD_MAPPINGS 96

/* Once, before threads. 0 or -errno. */
int guard_init(void) __attribute__((warn_unused_result));
/* From the main thread. Index of the mapping, -ENOSPC. */
int guard_add(void *base, size_t bytes) __attribute__((warn_unused_result));
bool guard_broken(int mapping);
/* Nobody touches it any more. */
void guard_remove(int mapping);

#endif
