/* SPDX-License-Identifier: BSD-3-Clause */
/* Between iommu.c, which knows VMs, and the kinds of IOMMU. */
#ifndef IOMMU_OPS_H
#define IOMMU_OPS_H

#include "hv/host.h"
#include "hv/iommu.h"
#include "hv/lib.h"
#include "hv/log.h"
#include "hv/paging.h"

#define IOMMU_FUNCTIONS 65536u /* of one segment: what a requester can call itself */
#define IOMMU_NOBODY    UINT32_MAX
#define MSI_ADDRESS     0xFEE00000u

struct iommu_limits { /* what all units together can do */
    unsigned top, large;
    bool write_back; /* as in struct nested_paging */
    bool remapping;  /* of interrupts, */
    bool wide;       /* with destinations as x2APICs have them; else of 8 bits */
};

/*
 * One kind, its units numbered as in acpi_info. Every function but `faults` is called with
 * iommu.lock held, or before the first VM runs. A domain's number is from 1 on; 0 is none. Where a
 * bool comes back, false means that a unit does not do what it is told, which the log then says;
 * its caches may hold anything.
 */
struct iommu_ops {
    const char *name;
    const struct paging_format *format;
    bool (*probe)(struct iommu_limits *limits); /* false: not of a kind that we use */
    void (*prepare)(bool remapping);            /* tables, in which nobody reaches anything */
    bool (*start)(uint32_t unit);
    /* `tables` NULL: the function reaches nothing. Its caller flushes. */
    void (*point)(uint16_t bdf, const struct nested_paging *tables, uint16_t id);
    /* Nothing of domain `id` (0: none) is cached any more, nor whose function `bdf` was
     * (IOMMU_NOBODY: none changed). */
    bool (*flush)(uint16_t id, uint32_t bdf);
    void (*faults)(uint32_t unit);
    /* Entries for interrupts, two words: the first is 0 in free ones, `mark` in those that go
     * nowhere. */
    uint64_t mark;
    unsigned irq_count;                                       /* of one function, or of all */
    uint64_t *(*irq_entry)(uint16_t source, uint32_t handle); /* NULL: no memory for a table */
    void (*irq_write)(uint64_t *entry, uint16_t source, uint32_t handle, uint32_t apic_id,
                      uint8_t vector, bool level, struct msi_message *message);
    bool (*irq_flush)(uint16_t source, uint32_t handle);
};
extern const struct iommu_ops iommu_vtd, iommu_amd;

extern struct iommu_state {
    struct spinlock lock; /* taken after a VM's memory_lock */
    const struct iommu_ops *ops;
    struct iommu_limits limits;
} iommu;

/* A line of the log, of the VM whose function did what was stopped: "write of", "interrupt". */
void iommu_denied(uint16_t bdf, const char *what, uint64_t where, unsigned reason);

/* ---- Registers, 64 bits in two halves; the upper one last. */
uint64_t iommu_read64(hpa_t reg);
void iommu_write64(hpa_t reg, uint64_t value);

/* ---- A page of commands of 16 bytes, the last of each batch a wait that writes `number` to
 * `done`: a new one for each, since those that were given up may still come. */
#define IOMMU_QUEUE 256u
#define IOMMU_SPINS 1000000u

struct iommu_queue {
    hpa_t commands, done;
    hpa_t tail_register; /* in bytes */
    unsigned tail;
    uint32_t number;
    bool write_back;
};

/* False: no memory. */
bool iommu_queue_init(struct iommu_queue *queue, hpa_t tail_register, bool write_back);
/* Returns when they are done; false: not within the bound. */
bool iommu_queue_send(struct iommu_queue *queue, uint64_t (*commands)[2], unsigned count);

#endif
