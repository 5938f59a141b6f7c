/* SPDX-License-Identifier: BSD-3-Clause */
/* The outside end of a console: a log file that gets everything, and a unix socket for one person
 * at a time. */
#ifndef DM_CHARDEV_H
#define DM_CHARDEV_H

#include <stddef.h>

#include "machine.h"

struct chardev {
    struct machine *m;
    int log_fd; /* -1: none */
    struct vu_source listener, client;
    /* Bytes typed by the client; called with the machine's lock held. */
    void (*receive)(void *device, const void *bytes, size_t n);
    void *device;
};

/* log and socket may be NULL. 0 or -errno. */
int chardev_init(struct chardev *c, struct machine *m, const char *log, const char *socket)
    __attribute__((warn_unused_result));
void chardev_finish(struct chardev *c);
/* Never waits: a client that does not read loses bytes, the log does not. */
void chardev_write(struct chardev *c, const void *bytes, size_t n);

#endif
