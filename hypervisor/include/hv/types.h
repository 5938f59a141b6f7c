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

enum bn_status {
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
#define HV_MAX_PCPUS  8
#define HV_MAX_VMS    6
#define HV_MAX_VCPUS  8 /* of one VM */

struct vm;
struct vcpu;
struct pcpu;

#endif
