/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Owns the look at the hypervisor's record of this VM (binnacle/hvpci.h): a VM that triple-faults
 * or does something impossible is parked, and this is where the device model learns of it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "binnacle/hvpci.h"
#include "devices.h"
#include "log.h"

#define LOOK_MS 50

struct vm_state {
    struct machine *m;
    struct vu_source timer;
    volatile uint8_t *bar;
    unsigned record; /* offset of our record */
};

static uint32_t reg32(const volatile uint8_t *bar, unsigned offset)
{
    return *(const volatile uint32_t *)(bar + offset);
}

static unsigned read_hex(const char *folder, const char *name)
{
    char path[300];
    unsigned v = 0;
    FILE *f;

    (void)snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", folder, name);
    f = fopen(path, "re");
    if (!f)
        return 0;
    if (fscanf(f, "%x", &v) != 1)
        v = 0;
    (void)fclose(f);
    return v;
}

static volatile uint8_t *map_function(const char *folder)
{
    char path[300];
    void *bar;
    int fd;

    (void)snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource0", folder);
    fd = open(path, O_RDWR | O_CLOEXEC | O_SYNC);
    if (fd < 0)
        return NULL;
    bar = mmap(NULL, BN_HVPCI_BAR_BYTES, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    return bar == MAP_FAILED ? NULL : bar;
}

static volatile uint8_t *find_function(void)
{
    DIR *d = opendir("/sys/bus/pci/devices");
    volatile uint8_t *bar = NULL;

    for (struct dirent *e; d && !bar && (e = readdir(d));) {
        if (e->d_name[0] == '.' || read_hex(e->d_name, "vendor") != BN_HVPCI_VENDOR ||
            read_hex(e->d_name, "device") != BN_HVPCI_DEVICE)
            continue;
        bar = map_function(e->d_name);
        if (bar && reg32(bar, BN_HVPCI_REG_MAGIC) != BN_HVPCI_MAGIC) {
            munmap((void *)(uintptr_t)bar, BN_HVPCI_BAR_BYTES);
            bar = NULL;
        }
    }
    if (d)
        (void)closedir(d);
    return bar;
}

static bool find_record(struct vm_state *s)
{
    unsigned count = reg32(s->bar, BN_HVPCI_REG_VM_COUNT);

    for (unsigned i = 0; i < count && i < 64; i++) {
        char name[BN_NAME_BYTES];

        s->record = BN_HVPCI_REG_VM + i * (unsigned)sizeof(struct bn_hvpci_vm);
        for (unsigned w = 0; w < BN_NAME_BYTES; w += 4) {
            uint32_t v = reg32(s->bar, s->record + w);

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
    state = reg32(s->bar, s->record + offsetof(struct bn_hvpci_vm, state));
    end = reg32(s->bar, s->record + offsetof(struct bn_hvpci_vm, last_end));
    if (state != BN_HVPCI_VM_PARKED && state != BN_HVPCI_VM_DYING)
        return;
    pthread_mutex_lock(&s->m->lock);
    if (end == BN_HVPCI_END_STOPPED)
        machine_end(s->m, END_STOPPED, "by the hypervisor's command");
    else if (end == BN_HVPCI_END_TRIPLE_FAULT)
        machine_end(s->m, END_TRIPLE_FAULT, "the hypervisor says so");
    else
        machine_end(s->m, END_TRIPLE_FAULT, "parked by the hypervisor: see its log");
    pthread_mutex_unlock(&s->m->lock);
}

int vm_state_create(struct vm_state **out, struct machine *m)
{
    struct itimerspec every = {{0, LOOK_MS * 1000000}, {0, LOOK_MS * 1000000}};
    struct vm_state *s = calloc(1, sizeof(*s));
    int rc = 0;

    if (!s)
        return -ENOMEM;
    s->m = m;
    s->timer = (struct vu_source){.fd = -1, .ready = look, .priv = s};
    s->bar = find_function();
    if (!s->bar || !find_record(s))
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
    if (s->bar)
        munmap((void *)(uintptr_t)s->bar, BN_HVPCI_BAR_BYTES);
    free(s);
}
