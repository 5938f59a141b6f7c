/* SPDX-License-Identifier: BSD-3-Clause */
/* A virtual machine: its vCPUs, memory, and the ports and addresses that are emulated for it. */
#ifndef HV_VM_H
#define HV_VM_H

#include "binnacle/scenario.h"
#include "hv/lib.h"
#include "hv/log.h"
#include "hv/paging.h"
#include "hv/pcpu.h"
#include "hv/vcpu.h"

/*
 * One access to an emulated register range, on the accessing vCPU's CPU with no lock held. A read
 * starts with all ones as its value, the answer of an empty bus; the handler puts its own there.
 */
struct io_access {
    bool mmio; /* else a port */
    bool write;
    uint8_t bytes; /* 1, 2, 4; MMIO: 8 too */
    uint64_t address, value;
    uint64_t offset; /* of the address in its range */
    void *device;    /* the range's */
    struct vcpu *vcpu;
};
typedef void (*io_handler)(struct io_access *io);

struct io_region {
    uint64_t base, bytes;
    io_handler handler;
    void *device;
};

#define VM_MAX_IO_REGIONS 48

/* APM 2 §15.10 and §15.11, of which SDM 3 §25.6.4 and §25.6.9 want less. */
#define VM_PORT_MAP_PAGES 3u
#define VM_MSR_MAP_PAGES  2u

enum vm_state { VM_ABSENT, VM_CREATED, VM_RUNNING, VM_PAUSED, VM_PARKED, VM_DYING };

struct vm {
    uint32_t id; /* index into the scenario's vm[] */
    const struct bn_scenario_vm *config;
    volatile uint32_t state; /* enum vm_state */
    uint32_t vcpu_count;
    struct vcpu vcpu[HV_MAX_VCPUS];
    struct nested_paging memory; /* EPT or NPT, one module, three formats: paging.h */
    struct spinlock memory_lock;
    struct io_region pio[VM_MAX_IO_REGIONS]; /* sorted by base */
    struct io_region mmio[VM_MAX_IO_REGIONS];
    uint32_t pio_count, mmio_count;
    struct vioapic *ioapic; /* 0 for VMs without */
    struct vuart *uart;
    struct vpci *pci; /* configuration space filter of the service VM */
    struct ioreq_client {
        struct acrn_io_request *page; /* 16 slots, hostile; 0: no device model */
        uint32_t outstanding; /* bit per vCPU: a request is with the service VM; ours alone */
    } ioreq;
    hpa_t maps; /* of permissions (permission.c): ports, then MSRs; 1 = exit */
};

extern struct vm vms[HV_MAX_VMS]; /* index = scenario index */
struct vm *vm_service(void);
bool vm_is_service(const struct vm *vm);

/* Adds an emulated range, before the VM runs; two that overlap are a panic that names them. */
void vm_add_pio(struct vm *vm, uint16_t port, uint16_t count, io_handler handler, void *device);
void vm_add_mmio(struct vm *vm, gpa_t base, uint64_t bytes, io_handler handler, void *device);

/* Is any of [gpa, gpa + bytes) emulated for the VM? That must go on trapping. */
static inline bool vm_emulates(const struct vm *vm, gpa_t gpa, uint64_t bytes)
{
    for (uint32_t i = 0; i < vm->mmio_count; i++)
        if (ranges_meet(gpa, bytes, vm->mmio[i].base, vm->mmio[i].bytes))
            return true;
    return false;
}

/*
 * Guest memory, the only way to it: copies at most one page-crossing range after checking every
 * page against the VM's nested page table (rights included). BN_EFAULT leaves nothing half-said:
 * `bytes` are copied completely or not at all.
 */
enum bn_status gpa_read(struct vm *vm, gpa_t gpa, void *to, size_t bytes);
enum bn_status gpa_write(struct vm *vm, gpa_t gpa, const void *from, size_t bytes);
/* By linear address, through the guest's own tables (any mode); for instruction fetch and string
 * I/O. */
enum bn_status gva_read(struct vcpu *vcpu, gva_t gva, void *to, size_t bytes);
enum bn_status gva_write(struct vcpu *vcpu, gva_t gva, const void *from, size_t bytes);

/* Mapping guest memory, and removing it: vm_unmap returns when no CPU can reach the old pages. */
enum bn_status vm_map(struct vm *vm, gpa_t gpa, hpa_t hpa, uint64_t bytes, uint32_t rights);
enum bn_status vm_unmap(struct vm *vm, gpa_t gpa, uint64_t bytes);

/* Everything exits; what is allocated stays with the slot, so that a VM can always be created
 * again. */
enum bn_status vm_close_maps(struct vm *vm);
void vm_allow_port(struct vm *vm, uint16_t port, uint16_t count);

static inline hpa_t vm_msr_map(const struct vm *vm)
{
    return vm->maps + VM_PORT_MAP_PAGES * HV_PAGE_BYTES;
}

/* Life of post-launched VMs (hypercalls) and of all (power control). Destroying never fails and
 * takes a running VM. */
enum bn_status vm_create(struct vm *vm); /* from its scenario entry, vCPUs reset, not running */
void vm_start(struct vm *vm);
void vm_pause(struct vm *vm); /* returns when no vCPU of it is in guest mode */
void vm_reset(struct vm *vm);
void vm_destroy(struct vm *vm); /* returns when mappings are gone and every CPU's TLB is flushed */

#endif
