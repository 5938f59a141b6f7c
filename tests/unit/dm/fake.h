/* SPDX-License-Identifier: BSD-3-Clause */
/* A machine without a hypervisor under it: what devices ask of it is written down, accesses come
 * from the test. */
#ifndef TEST_DM_FAKE_H
#define TEST_DM_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine.h"

#define FAKE_BINDINGS 16

struct hyp { /* the record */
    unsigned msis;
    uint64_t msi_address;
    uint32_t msi_data;
    bool line[24];
    struct {
        int fd;
        uint64_t address;
        uint32_t data;
    } irqfd[FAKE_BINDINGS], ioeventfd[FAKE_BINDINGS];
    unsigned irqfds, ioeventfds;
    uint64_t rom, rom_bytes; /* where a ROM was mapped, how long */
    const uint8_t *rom_host;
};

static struct hyp fake;

static inline int fake_irq_line(struct hyp *h, unsigned gsi, bool asserted)
{
    assert_in_range(gsi, 0, 23);
    h->line[gsi] = asserted;
    return 0;
}

static inline int fake_msi(struct hyp *h, uint64_t address, uint32_t data)
{
    h->msis++;
    h->msi_address = address;
    h->msi_data = data;
    return 0;
}

static inline int fake_irqfd(struct hyp *h, int fd, uint64_t address, uint32_t data, bool add)
{
    if (add) {
        assert_in_range(h->irqfds, 0, FAKE_BINDINGS - 1);
        h->irqfd[h->irqfds].fd = fd;
        h->irqfd[h->irqfds].address = address;
        h->irqfd[h->irqfds++].data = data;
        return 0;
    }
    for (unsigned i = 0; i < h->irqfds; i++) {
        if (h->irqfd[i].fd == fd) {
            h->irqfd[i] = h->irqfd[--h->irqfds];
            return 0;
        }
    }
    fail_msg("an interrupt that was not bound is unbound");
    return -1;
}

static inline int fake_ioeventfd(struct hyp *h, int fd, uint64_t address, uint32_t bytes, bool add)
{
    (void)bytes;
    if (!add) {
        h->ioeventfds--;
        return 0;
    }
    assert_in_range(h->ioeventfds, 0, FAKE_BINDINGS - 1);
    h->ioeventfd[h->ioeventfds].fd = fd;
    h->ioeventfd[h->ioeventfds++].address = address;
    return 0;
}

static inline int fake_map_rom(struct hyp *h, uint64_t gpa, void *host, uint64_t bytes)
{
    h->rom = gpa;
    h->rom_bytes = bytes;
    h->rom_host = host;
    return 0;
}

static inline void fake_destroy(struct hyp *h)
{
    (void)h;
}

static const struct hyp_ops fake_ops = {.map_rom = fake_map_rom,
                                        .irq_line = fake_irq_line,
                                        .msi = fake_msi,
                                        .irqfd = fake_irqfd,
                                        .ioeventfd = fake_ioeventfd,
                                        .destroy = fake_destroy};

static inline struct machine *fake_machine(uint64_t bytes)
{
    struct machine *m = calloc(1, sizeof(*m));

    memset(&fake, 0, sizeof(fake));
    machine_init(m, "test");
    m->ops = &fake_ops;
    m->hyp = &fake;
    m->vcpus = 2;
    assert_int_equal(machine_open_loop(m), 0);
    assert_int_equal(guest_mem_create(&m->mem, bytes, false), 0);
    return m;
}

static inline void fake_machine_end(struct machine *m)
{
    machine_finish(m);
    free(m);
}

static inline uint64_t fake_access(struct machine *m, int space, bool write, uint64_t address,
                                   unsigned bytes, uint64_t value)
{
    struct io_access a = {.write = write, .bytes = bytes, .address = address, .value = value};

    a.space = space == ACCESS_PIO ? ACCESS_PIO : ACCESS_MMIO;
    machine_access(m, &a);
    return a.value;
}

static inline uint64_t in(struct machine *m, uint64_t port, unsigned bytes)
{
    return fake_access(m, ACCESS_PIO, false, port, bytes, 0);
}

static inline void out(struct machine *m, uint64_t port, unsigned bytes, uint64_t value)
{
    (void)fake_access(m, ACCESS_PIO, true, port, bytes, value);
}

static inline uint64_t get(struct machine *m, uint64_t address, unsigned bytes)
{
    return fake_access(m, ACCESS_MMIO, false, address, bytes, 0);
}

static inline void put(struct machine *m, uint64_t address, unsigned bytes, uint64_t value)
{
    (void)fake_access(m, ACCESS_MMIO, true, address, bytes, value);
}

#endif
