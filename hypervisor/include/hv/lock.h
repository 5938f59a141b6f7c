/* SPDX-License-Identifier: BSD-3-Clause */
/* Spin locks. The hypervisor runs with interrupts off, so a lock needs no interrupt state. Order of
 * locks: docs/hypervisor.md. */
#ifndef HV_LOCK_H
#define HV_LOCK_H

#include "hv/types.h"

struct spinlock {
    volatile uint32_t held;
};

static inline void spin_lock(struct spinlock *lock)
{
    while (__atomic_exchange_n(&lock->held, 1u, __ATOMIC_ACQUIRE))
        while (lock->held)
            __builtin_ia32_pause();
}

static inline void spin_unlock(struct spinlock *lock)
{
    __atomic_store_n(&lock->held, 0u, __ATOMIC_RELEASE);
}

#endif
