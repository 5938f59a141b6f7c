/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtual machine as its devices see it: registers of ports and addresses, interrupts, memory,
 * loop, end. */
#ifndef DM_MACHINE_H
#define DM_MACHINE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "guest_mem.h"
#include "hyp.h"
#include "pci.h"
#include "vhost/loop.h"

#define MAX_IO_RANGES 32

/* A device's registers. `offset` is relative to the range; a read sets *value, which is all ones on
 * entry. */
struct io_range {
    uint64_t base, bytes;
    void (*access)(void *device, uint64_t offset, unsigned bytes, bool write, uint64_t *value);
    void *device;
};

/* Why the VM ends. What the supervisor does with it: END_RESTART and below start it again, END_STOP
 * does not. */
enum vm_end {
    END_NONE,
    END_GUEST_RESET,  /* the guest asked for a reset by one of its ports */
    END_GUEST_PANIC,  /* its kernel's panic notifier */
    END_WATCHDOG,     /* it no longer feeds its watchdog */
    END_TRIPLE_FAULT, /* or parked by the hypervisor */
    END_GPU_LOST,     /* the GPU's back end ended, and its state with it */
    END_FAILURE,      /* the device model cannot go on */
    END_POWER_OFF,    /* the guest switched itself off */
    END_DEBUG_EXIT,   /* isa-debug-exit */
    END_STOPPED,      /* by signal, i.e. by the supervisor */
};

struct machine {
    const char *name;
    const struct hyp_ops *ops;
    struct hyp *hyp;
    struct guest_mem mem;
    unsigned vcpus;
    pthread_mutex_t lock; /* of all devices; held whenever a device's code runs */
    struct vu_loop loop;
    unsigned ports, addresses; /* ranges in use */
    struct io_range port[MAX_IO_RANGES], address[MAX_IO_RANGES];
    struct pci_bus pci;
    uint64_t unclaimed;    /* accesses that no device answered */
    struct vu_source wake; /* an eventfd by which any thread ends the loop */
    enum vm_end end;
    int exit_code; /* of END_DEBUG_EXIT */
};

void machine_init(struct machine *m, const char *name);
/* The loop that every device with a descriptor needs; 0 or -errno. */
int machine_open_loop(struct machine *m) __attribute__((warn_unused_result));
void machine_finish(struct machine *m);

/* A range of ports or addresses. -EBUSY: overlaps another; -ENOSPC. */
int machine_add_ports(struct machine *m, uint64_t base, uint64_t bytes,
                      void (*access)(void *, uint64_t, unsigned, bool, uint64_t *), void *device)
    __attribute__((warn_unused_result));
int machine_add_addresses(struct machine *m, uint64_t base, uint64_t bytes,
                          void (*access)(void *, uint64_t, unsigned, bool, uint64_t *),
                          void *device) __attribute__((warn_unused_result));

/* The access callback of struct hyp_config; priv is the machine. */
void machine_access(void *priv, struct io_access *access);

/* Interrupt lines; errors are logged, a device can do nothing about them. */
void machine_irq(struct machine *m, unsigned gsi, bool asserted);

/*
 * The VM ends for this reason: says so in one line with the time of notice ("noticed_ns=",
 * CLOCK_MONOTONIC) and stops the loop. The first reason counts. Any thread that holds the lock.
 */
void machine_end(struct machine *m, enum vm_end end, const char *detail);
const char *vm_end_name(enum vm_end end);
/* What binnacle-dm exits with: 0 = the VM is to stay off, 75 = start it again, isa-debug-exit: 2n
 * + 1. */
int machine_exit_status(const struct machine *m);
#define EXIT_AGAIN 75

#endif
