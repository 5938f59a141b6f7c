/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Owns the look at the hypervisor's record of this VM (binnacle/hvregs.h): a VM that triple-faults
 * or does something impossible is parked, and this is where the device model learns of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "binnacle/hvregs.h"
#include "binnacle/shm.h"
#include "devices.h"

#define LOOK_MS 50

struct vm_state {
    struct machine *m;
    struct vu_source timer;
    const volatile uint8_t *regs; /* in the window, which is the caller's */
    unsigned record;              /* offset of our record */
};

static uint32_t reg32(const volatile uint8_t *regs, unsigned offset)
{
    return *(const volatile uint32_t *)(regs + offset);
}

static bool find_record(struct vm_state *s)
{
    unsigned count = reg32(s->regs, BN_HV_REG_VM_COUNT);

    for (unsigned i = 0; i < count && i < 64; i++) {
        char name[BN_NAME_BYTES];

        s->record = BN_HV_REG_VM + i * (unsigned)sizeof(struct bn_hv_vm);
        for (unsigned w = 0; w < BN_NAME_BYTES; w += 4) {
            uint32_t v = reg32(s->regs, s->record + w);

            memcpy(name + w, &v, sizeof(v));
        }
        if (strncmp(name, s->m->name, sizeof(name)) == 0)
            return true;
    }
    return false;
}

static void look(struct vu_source *source, uint32_t events)
{
    struct vm_state *s = source->priv;
    uint64_t n;
    uint32_t state, end;

    (void)events;
    if (read(source->fd, &n, sizeof(n)) < 0)
        return;
    state = reg32(s->regs, s->record + offsetof(struct bn_hv_vm, state));
    end = reg32(s->regs, s->record + offsetof(struct bn_hv_vm, last_end));
    if (state != BN_HV_VM_PARKED && state != BN_HV_VM_DYING)
        return;
    pthread_mutex_lock(&s->m->lock);
    if (end == BN_HV_END_STOPPED)
        machine_end(s->m, END_STOPPED, "by the hypervisor's command");
    else if (end == BN_HV_END_TRIPLE_FAULT)
        machine_end(s->m, END_TRIPLE_FAULT, "the hypervisor says so");
    else
        machine_end(s->m, END_TRIPLE_FAULT, "parked by the hypervisor: see its log");
    pthread_mutex_unlock(&s->m->lock);
}

int vm_state_create(struct vm_state **out, struct machine *m, const void *window, uint64_t bytes)
{
    struct itimerspec every = {{0, LOOK_MS * 1000000}, {0, LOOK_MS * 1000000}};
    struct vm_state *s = calloc(1, sizeof(*s));
    int rc = 0;

    if (!s)
        return -ENOMEM;
    s->m = m;
    s->timer = (struct vu_source){.fd = -1, .ready = look, .priv = s};
    if (window && bytes >= BN_SHM_ALIGN)
        s->regs = (const uint8_t *)window + BN_HV_OFFSET;
    if (!s->regs || reg32(s->regs, BN_HV_REG_MAGIC) != BN_HV_MAGIC || !find_record(s))
        rc = -ENODEV;
    if (rc == 0) {
        s->timer.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
        if (s->timer.fd < 0 || timerfd_settime(s->timer.fd, 0, &every, NULL) < 0)
            rc = -errno;
    }
    if (rc == 0)
        rc = vu_loop_add(&m->loop, &s->timer, EPOLLIN);
    if (rc < 0) {
        vm_state_destroy(s);
        return rc;
    }
    *out = s;
    return 0;
}

void vm_state_destroy(struct vm_state *s)
{
    vu_loop_remove(&s->m->loop, &s->timer);
    if (s->timer.fd >= 0)
        close(s->timer.fd);
    free(s);
}
