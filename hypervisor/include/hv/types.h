/* SPDX-License-Identifier: BSD-3-Clause */
/* The hypervisor's words for addresses, results and small things used everywhere. */
#ifndef HV_TYPES_H
#define HV_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t hpa_t; /* host physical address */
typedef uint64_t gpa_t; /* guest physical address */
typedef uint64_t gva_t; /* guest linear address */

#ifdef __CPROVER__ /* CBMC knows no attributes */
#define HV_NODISCARD
#else
#define HV_NODISCARD [[nodiscard]]
#endif

/* Whoever gets one looks at it. */
enum HV_NODISCARD bn_status {
    BN_OK = 0,
    BN_EINVAL, /* an argument makes no sense */
    BN_ENOMEM, /* a fixed pool is used up */
    BN_EPERM,  /* the caller may not */
    BN_ENODEV, /* no such VM, vCPU, device */
    BN_EFAULT, /* an address outside what the VM owns */
    BN_EBUSY,
    BN_ENOSYS, /* not known here */
};

#define HV_MUST_CHECK    __attribute__((warn_unused_result))
#define HV_NORETURN      __attribute__((noreturn))
#define HV_PRINTF(f, a)  __attribute__((format(printf, f, a)))
#define HV_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define HV_PAGE_BYTES 4096u
#define HV_4_GIB      0x100000000ull
#define HV_MAX_PCPUS  8
#define HV_MAX_VMS    6
#define HV_MAX_VCPUS  8 /* of one VM */

static inline uint64_t page_down(uint64_t address)
{
    return address & ~(uint64_t)(HV_PAGE_BYTES - 1);
}

static inline uint64_t page_up(uint64_t address)
{
    return page_down(address + HV_PAGE_BYTES - 1);
}

struct host_range {
    hpa_t base;
    uint64_t bytes;
};

/* Have [a, a + a_bytes) and [b, b + b_bytes), which do not wrap, an address in common? */
static inline bool ranges_meet(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
    return a < b + b_bytes && b < a + a_bytes;
}

struct vm;
struct vcpu;
struct pcpu;

/* ---- Spin locks. The hypervisor runs with interrupts off, so a lock needs no interrupt state.
 * Order of locks: docs/hypervisor.md. */
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
