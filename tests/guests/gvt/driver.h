/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A guest without a VM: memory in a memfd, a control queue in it, and the front end of vhost-user
 * that gives both to the mediator. What fails in here ends the process with a sentence.
 */
#ifndef TESTS_GUESTS_GVT_DRIVER_H
#define TESTS_GUESTS_GVT_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#include "gvt/proto/command.h"

#define DRIVER_GPA   0x40000000u
#define DRIVER_BYTES (64u << 20)

void driver_start(const char *socket);
void driver_stop(void);  /* the queue first, as a reset by the guest does */
void driver_close(void); /* the connection, and whatever it had asked for with it */
void driver_reset(void); /* of the device, as the driver of a guest that starts again does it */

/* The guest's memory; what is in front of DRIVER_FREE belongs to the queue. */
extern uint8_t *driver_memory;
#define DRIVER_FREE (32u << 20)

/* Gives the device a request of `bytes` bytes with `more` bytes behind it; its number. */
unsigned driver_post(const void *request, size_t bytes, const void *payload, size_t more);
/* By the cursor's queue, which is started for the first one: its answer's type. */
uint32_t driver_cursor(const struct vgpu_cursor *request);
/* Waits for the answer to that request: its type. `in_order`: no other may come before it. */
uint32_t driver_wait(unsigned number, int in_order);
/* Both; an answer longer than a header is left in `answer`, which may be NULL. */
uint32_t driver_call(const void *request, size_t bytes, const void *payload, size_t more,
                     void *answer, size_t room);

#endif
