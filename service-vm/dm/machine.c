/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the dispatch of a VM's accesses to its devices, and the one way in which a VM ends. */
#include "machine.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "layout.h"
#include "log.h"

#define UNCLAIMED_LINES 64 /* how many of them are logged; a hostile guest makes more */

void machine_init(struct machine *m, const char *name)
{
    memset(m, 0, sizeof(*m));
    m->name = name;
    (void)pthread_mutex_init(&m->lock, NULL);
    m->loop.epoll = -1;
    m->mem.fd = -1;
    m->mem.base = MAP_FAILED;
    m->wake.fd = -1;
    pci_bus_init(&m->pci);
}

static void on_wake(struct vu_source *source, uint32_t events)
{
    struct machine *m = source->priv;

    (void)events;
    vu_loop_stop(&m->loop);
}

int machine_open_loop(struct machine *m)
{
    int rc = vu_loop_init(&m->loop);

    if (rc < 0)
        return rc;
    m->wake = (struct vu_source){
        .fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), .ready = on_wake, .priv = m};
    return m->wake.fd < 0 ? -errno : vu_loop_add(&m->loop, &m->wake, EPOLLIN);
}

void machine_finish(struct machine *m)
{
    if (m->hyp)
        m->ops->destroy(m->hyp);
    m->hyp = NULL;
    if (m->wake.fd >= 0)
        close(m->wake.fd);
    vu_loop_finish(&m->loop);
    guest_mem_destroy(&m->mem);
    (void)pthread_mutex_destroy(&m->lock);
}

static int add(struct io_range *list, unsigned *count, const struct io_range *r)
{
    for (unsigned i = 0; i < *count; i++) {
        if (r->base < list[i].base + list[i].bytes && list[i].base < r->base + r->bytes)
            return -EBUSY;
    }
    if (*count == MAX_IO_RANGES)
        return -ENOSPC;
    list[(*count)++] = *r;
    return 0;
}

int machine_add_ports(struct machine *m, uint64_t base, uint64_t bytes,
                      void (*access)(void *, uint64_t, unsigned, bool, uint64_t *), void *device)
{
    return add(m->port, &m->ports, &(struct io_range){base, bytes, access, device});
}

int machine_add_addresses(struct machine *m, uint64_t base, uint64_t bytes,
                          void (*access)(void *, uint64_t, unsigned, bool, uint64_t *),
                          void *device)
{
    return add(m->address, &m->addresses, &(struct io_range){base, bytes, access, device});
}

static bool dispatch(const struct io_range *list, unsigned count, struct io_access *a)
{
    for (unsigned i = 0; i < count; i++) {
        const struct io_range *r = &list[i];

        if (a->address < r->base || a->address - r->base >= r->bytes)
            continue;
        if (a->bytes > r->bytes - (a->address - r->base))
            return false; /* an access over the end belongs to nobody */
        r->access(r->device, a->address - r->base, a->bytes, a->write, &a->value);
        return true;
    }
    return false;
}

static bool ecam(struct machine *m, struct io_access *a)
{
    uint64_t at = a->address - ECAM_BASE;

    if (a->address < ECAM_BASE || at >= ECAM_BYTES)
        return false;
    pci_config_access(&m->pci, (unsigned)(at >> 12), (unsigned)(at & 0xFFF), a->bytes, a->write,
                      &a->value);
    return true;
}

void machine_access(void *priv, struct io_access *a)
{
    struct machine *m = priv;
    uint64_t mask = a->bytes >= 8 ? UINT64_MAX : (1ull << 8 * a->bytes) - 1;
    bool claimed = false;

    if (a->write)
        a->value &= mask;
    else
        a->value = UINT64_MAX;
    pthread_mutex_lock(&m->lock);
    if (a->space == ACCESS_PCI) {
        if (a->address >> 16 == 0)
            pci_config_access(&m->pci, (unsigned)(a->address >> 8 & 0xFF), a->reg, a->bytes,
                              a->write, &a->value);
        claimed = true;
    } else if (a->space == ACCESS_PIO) {
        /* writes to 80h are POST codes, and Linux's way to wait a microsecond */
        claimed = dispatch(m->port, m->ports, a) || (a->address == 0x80 && a->write);
    } else {
        claimed = ecam(m, a) ||
                  pci_bar_access(&m->pci, a->address, a->bytes, a->write, &a->value) ||
                  dispatch(m->address, m->addresses, a);
    }
    if (!claimed && m->unclaimed++ < UNCLAIMED_LINES)
        log_line("%s of %u bytes at %s 0x%" PRIx64 " is answered by no device",
                 a->write ? "write" : "read", a->bytes, a->space == ACCESS_PIO ? "port" : "address",
                 a->address);
    pthread_mutex_unlock(&m->lock);
    a->value &= mask;
}

void machine_irq(struct machine *m, unsigned gsi, bool asserted)
{
    int rc = m->ops->irq_line(m->hyp, gsi, asserted);

    if (rc < 0)
        log_line("interrupt line %u cannot be set: %s", gsi, strerror(-rc));
}

const char *vm_end_name(enum vm_end end)
{
    static const char *const name[] = {
        [END_NONE] = "none",
        [END_GUEST_RESET] = "guest-reset",
        [END_GUEST_PANIC] = "guest-panic",
        [END_WATCHDOG] = "watchdog",
        [END_TRIPLE_FAULT] = "triple-fault",
        [END_GPU_LOST] = "gpu-lost",
        [END_FAILURE] = "failure",
        [END_POWER_OFF] = "power-off",
        [END_DEBUG_EXIT] = "debug-exit",
        [END_STOPPED] = "stopped",
    };

    return name[end];
}

int machine_exit_status(const struct machine *m)
{
    if (m->end == END_DEBUG_EXIT)
        return m->exit_code;
    return m->end == END_POWER_OFF || m->end == END_STOPPED ? 0 : EXIT_AGAIN;
}

void machine_end(struct machine *m, enum vm_end end, const char *detail)
{
    uint64_t one = 1;

    if (m->end != END_NONE)
        return;
    m->end = end;
    log_line("END reason=%s action=%s noticed_ns=%" PRIu64 " (%s)", vm_end_name(end),
             end == END_POWER_OFF || end == END_STOPPED || end == END_DEBUG_EXIT ? "stop"
                                                                                 : "restart",
             monotonic_ns(), detail);
    if (m->wake.fd >= 0 && write(m->wake.fd, &one, sizeof(one)) < 0)
        log_line("the loop cannot be woken: %s", strerror(errno));
}
