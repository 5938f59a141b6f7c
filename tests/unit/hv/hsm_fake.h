/* SPDX-License-Identifier: BSD-3-Clause */
/* A machine in miniature under the hypercall, ioreq and shared-window code: memory, three VMs,
 * recorded calls. */
#ifndef TEST_HSM_FAKE_H
#define TEST_HSM_FAKE_H

#include "hv/ioreq.h"
#include "hv/shm.h"

#define MIB             0x100000ull
#define FAKE_BYTES      (64 * MIB)
#define SERVICE_BASE    0ull /* service VM's memory, identity-mapped */
#define SERVICE_BYTES   (16 * MIB)
#define HYPERVISOR_BASE (16 * MIB)
#define CLUSTER_BASE    (20 * MIB)
#define WINDOW_BASE     (24 * MIB)
#define WINDOW_BYTES    (16 * MIB)
#define POOL_BASE       (40 * MIB)
#define GUEST_BYTES     (256 * MIB) /* guest-physical space of every VM */

/* Results as Linux sees them. */
#define HSM_EPERM  (-1l)
#define HSM_ENOMEM (-12l)
#define HSM_EFAULT (-14l)
#define HSM_EBUSY  (-16l)
#define HSM_ENODEV (-19l)
#define HSM_EINVAL (-22l)
#define HSM_ENOSYS (-38l)

enum { CLUSTER, SERVICE, IVI };

struct fake_record { /* what the code under test did to its surroundings */
    unsigned pauses, resumes, starts, resets, creates, destroys, flushes;
    unsigned gp_faults, upcalls, parked;
    uint32_t requested[HV_MAX_VCPUS]; /* of the IVI's vCPUs */
    uint64_t msi_address;
    uint32_t msi_data;
    uint16_t passed_place, passed; /* the function that was assigned */
    unsigned line_changes;
    bool line;
    uint8_t cpl;
    uint64_t cr[9], efer;
    struct segment_state segment[SEG_COUNT];
    enum bn_status next_create; /* what vm_create answers */
};
extern struct fake_record fake;
extern struct bn_scenario fake_scenario;
extern uint8_t *fake_memory;

__attribute__((noreturn)) void fake_panic(void); /* aborts; weak: a test may bring its own */
void fake_check_mapping(const struct vm *vm, hpa_t hpa,
                        uint32_t rights); /* weak: every page mapped */
void fake_reset(void); /* everything as after boot: IVI absent, window laid out */
/* Hypercall from the service VM's vCPU 0; result as Linux sees it. Fails the test if it wants to be
 * repeated. */
long fake_call(uint32_t number, uint64_t a, uint64_t b);
/* Rights with which the VM has `gpa`, 0: none; *hpa its place. */
uint32_t fake_mapped(const struct vm *vm, gpa_t gpa, hpa_t *hpa);
void fake_set_rights(struct vm *vm, gpa_t gpa, uint64_t bytes, uint32_t rights);
void *fake_service(gpa_t gpa); /* service VM's memory */
/* Creates the IVI by hypercall, with its ioreq page at `page` if that is not 0. */
void fake_create_ivi(gpa_t page);

#endif
