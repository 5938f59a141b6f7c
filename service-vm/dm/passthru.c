/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns a function of the machine that the VM has as its own: Linux here lets go of it, the
 * hypervisor does the rest, and when the VM has ended Linux finds it again. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "devices.h"
#include "hyp.h"
#include "log.h"

#define PCI_FOLDER "/sys/bus/pci"

struct passthru {
    int rescan; /* opened before the sandbox closes the file system */
};

static int write_one(const char *path)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC), rc = 0;

    if (fd < 0)
        return -errno;
    if (write(fd, "1", 1) != 1)
        rc = -errno;
    close(fd);
    return rc;
}

static int look_again(const struct passthru *p)
{
    return write(p->rescan, "1", 1) == 1 ? 0 : -errno;
}

/* "BB:DD.F" to bus << 8 | device << 3 | function. */
static int parse(const char *name, uint16_t *bdf)
{
    unsigned bus, device, function;
    char rest;

    if (sscanf(name, "%2x:%2x.%1x%c", &bus, &device, &function, &rest) != 3 || device > 31 ||
        function > 7)
        return -EINVAL;
    *bdf = (uint16_t)(bus << 8 | device << 3 | function);
    return 0;
}

/* A life of the VM that was killed has left it to be found. */
static int let_go(const struct passthru *p, uint16_t bdf)
{
    char path[64];

    (void)snprintf(path, sizeof(path), PCI_FOLDER "/devices/0000:%02x:%02x.%u/remove", bdf >> 8,
                   bdf >> 3 & 31u, bdf & 7u);
    if (access(path, F_OK) < 0 && look_again(p) < 0)
        return -errno;
    return write_one(path);
}

int passthru_create(struct passthru **out, struct machine *m, const char *name, unsigned slot)
{
    struct passthru *p = calloc(1, sizeof(*p));
    uint16_t bdf = 0;
    int rc;

    if (!p)
        return -ENOMEM;
    p->rescan = -1;
    rc = parse(name, &bdf);
    if (rc == 0 && !m->ops->assign)
        rc = -ENOSYS;
    if (rc == 0) {
        p->rescan = open(PCI_FOLDER "/rescan", O_WRONLY | O_CLOEXEC);
        rc = p->rescan < 0 ? -errno : let_go(p, bdf);
        if (rc == 0)
            rc = m->ops->assign(m->hyp, (uint16_t)(slot << 3), bdf);
        if (rc == 0) {
            *out = p;
            return 0;
        }
        if (p->rescan >= 0) {
            (void)look_again(p);
            close(p->rescan);
        }
    }
    log_line("PCI function %s cannot be passed on: %s; the hypervisor's log says more", name,
             strerror(-rc));
    free(p);
    return rc;
}

void passthru_destroy(struct passthru *p)
{
    int rc = look_again(p); /* the hypervisor has it back since the VM is gone */

    if (rc < 0)
        log_line("%s/rescan: %s", PCI_FOLDER, strerror(-rc));
    close(p->rescan);
    free(p);
}
