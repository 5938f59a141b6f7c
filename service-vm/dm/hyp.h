/* SPDX-License-Identifier: BSD-3-Clause */
/* What the device model needs of a hypervisor; hyp_hsm.c is Linux's HSM driver (our hypervisor),
 * hyp_kvm.c is KVM. */
#ifndef DM_HYP_H
#define DM_HYP_H

#include <stdbool.h>
#include <stdint.h>

struct guest_mem;
struct hyp;

/* How vCPU 0 starts: protected mode, flat segments, paging off. Without set_cpu() it starts as a
 * processor does, at FFFF_FFF0h. */
struct cpu_state {
    uint32_t eip, eax, ebx, esi;
};

struct io_access {
    enum { ACCESS_PIO, ACCESS_MMIO, ACCESS_PCI } space;
    bool write;
    unsigned bytes;   /* 1, 2, 4, 8 */
    uint64_t address; /* port, guest-physical; PCI: bus << 16 | device << 11 | function << 8 |
                         register (12 bits: see reg) */
    uint32_t reg;     /* PCI: register, 0..4095 */
    uint64_t value;   /* written, or to be filled in; zero-extended */
};

struct hyp_config {
    const char *name;
    uint8_t uuid[16];
    unsigned vcpus;
    uint64_t cpu_affinity; /* bit i: physical CPU i */
    /* Called for every access; may come from several threads, takes its own lock. */
    void (*access)(void *priv, struct io_access *access);
    void *priv;
};

struct hyp_ops {
    int (*create)(struct hyp **hyp, const struct hyp_config *config);
    int (*map_memory)(struct hyp *hyp, const struct guest_mem *mem);
    /* [host, host + bytes) of this process at gpa; writable or not */
    int (*map_shared)(struct hyp *hyp, uint64_t gpa, void *host, uint64_t bytes, bool writable);
    /* The same, to be read and executed. */
    int (*map_rom)(struct hyp *hyp, uint64_t gpa, void *host, uint64_t bytes);
    int (*set_cpu)(struct hyp *hyp, const struct cpu_state *state);
    int (*start)(struct hyp *hyp); /* from now on access() is called */
    int (*irq_line)(struct hyp *hyp, unsigned gsi, bool asserted);
    int (*msi)(struct hyp *hyp, uint64_t address, uint32_t data);
    /* Signalling `fd` injects that MSI; add false: no more. One MSI per fd. */
    int (*irqfd)(struct hyp *hyp, int fd, uint64_t address, uint32_t data, bool add);
    /* A write of up to `bytes` to that address signals `fd` and is done. */
    int (*ioeventfd)(struct hyp *hyp, int fd, uint64_t address, uint32_t bytes, bool add);
    /* A function of the machine (bus << 8 | device << 3 | function) at a place of the VM's bus 0,
     * until the VM is destroyed. May be NULL. */
    int (*assign)(struct hyp *hyp, uint16_t place, uint16_t bdf);
    void (*destroy)(struct hyp *hyp);
};

extern const struct hyp_ops hyp_hsm, hyp_kvm;

#endif
