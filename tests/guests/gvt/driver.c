/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the guest's memory and its side of the queues. */
#include "driver.h"

#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vhost/frontend.h"
#include "vhost/virtq.h"

#define SIZE       256u /* descriptors; two a request */
#define SLOTS      (SIZE / 2)
#define SLOT_BYTES (128u << 10)
#define ANSWER_AT  (120u << 10) /* in a slot */
#define DESC       0x0u
#define AVAIL      0x2000u
#define USED       0x4000u
#define CURSOR     0x6000u /* rings of the cursor's queue, its one request and the answer */
#define SLOTS_AT   0x100000u
#define TIMEOUT_MS 120000 /* of the host's: a hang detector */

uint8_t *driver_memory;

static struct { /* the cursor's queue: one request at a time */
    struct vring_desc desc[2];
    uint8_t avail[64], used[64];
    struct vgpu_cursor request;
    struct vgpu_header answer;
} *cursor;
static struct vhf f;
static struct vhf_queue queue = {.size = SIZE, .err_fd = -1};
static int kick, call, cursor_kick, cursor_call;
static uint16_t posted, seen; /* chains offered, answers looked at */
static uint8_t answered[SLOTS];

static struct vring_desc *desc(unsigned i)
{
    return (struct vring_desc *)(driver_memory + DESC) + i;
}

static uint64_t at(const void *p)
{
    return DRIVER_GPA + (uint64_t)((const uint8_t *)p - driver_memory);
}

static uint32_t slot_at(unsigned slot)
{
    return SLOTS_AT + slot * SLOT_BYTES;
}

void driver_start(const char *socket)
{
    const int fd = memfd_create("guest", MFD_CLOEXEC);
    struct vhf_memory m = {.fd = fd};

    if (fd < 0 || ftruncate(fd, DRIVER_BYTES) < 0)
        err(1, "memory");
    driver_memory = mmap(NULL, DRIVER_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    kick = eventfd(0, EFD_CLOEXEC);
    call = eventfd(0, EFD_CLOEXEC);
    if (driver_memory == MAP_FAILED || kick < 0 || call < 0)
        err(1, "memory");
    m.region = (struct vhu_region){
        .gpa = DRIVER_GPA, .bytes = DRIVER_BYTES, .uva = (uintptr_t)driver_memory};
    queue.desc = (uintptr_t)driver_memory + DESC;
    queue.avail = (uintptr_t)driver_memory + AVAIL;
    queue.used = (uintptr_t)driver_memory + USED;
    queue.kick_fd = kick;
    queue.call_fd = call;
    if (vhf_connect(&f, socket, TIMEOUT_MS) < 0)
        errx(1, "the mediator does not answer");
    if (!(f.features & VGPU_F_VIRGL))
        errx(1, "the mediator offers no 3D");
    if (vhf_set_features(&f, VIRTIO_F_VERSION_1 | VGPU_F_VIRGL | VGPU_F_EDID) < 0 ||
        vhf_set_memory(&f, &m, 1) < 0 || vhf_start_queue(&f, &queue) < 0)
        errx(1, "the mediator refuses the guest");
    close(fd);
    posted = seen = 0;
}

void driver_stop(void)
{
    uint16_t base;

    if (vhf_stop_queue(&f, VGPU_QUEUE_CONTROL, &base) < 0)
        errx(1, "the mediator does not stop");
    driver_close();
}

void driver_reset(void)
{
    uint64_t count;
    uint16_t base;

    if (vhf_stop_queue(&f, VGPU_QUEUE_CONTROL, &base) < 0)
        errx(1, "the mediator does not stop");
    memset(driver_memory, 0, SLOTS_AT); /* the rings are new */
    posted = seen = 0;
    if (poll(&(struct pollfd){call, POLLIN, 0}, 1, 0) > 0 && read(call, &count, sizeof(count)) < 0)
        err(1, "call");
    if (vhf_start_queue(&f, &queue) < 0)
        errx(1, "the mediator does not start again");
}

static void start_cursor(void)
{
    const struct vhf_queue q = {.index = VGPU_QUEUE_CURSOR,
                                .size = 2,
                                .desc = (uintptr_t)cursor->desc,
                                .avail = (uintptr_t)cursor->avail,
                                .used = (uintptr_t)cursor->used,
                                .kick_fd = eventfd(0, EFD_CLOEXEC),
                                .call_fd = eventfd(0, EFD_CLOEXEC),
                                .err_fd = -1};

    cursor_kick = q.kick_fd;
    cursor_call = q.call_fd;
    cursor->desc[0] =
        (struct vring_desc){at(&cursor->request), sizeof(cursor->request), VRING_DESC_NEXT, 1};
    cursor->desc[1] =
        (struct vring_desc){at(&cursor->answer), sizeof(cursor->answer), VRING_DESC_WRITE, 0};
    if (cursor_kick < 0 || cursor_call < 0 || vhf_start_queue(&f, &q) < 0)
        errx(1, "the mediator takes no cursor");
}

uint32_t driver_cursor(const struct vgpu_cursor *request)
{
    struct vring_avail *avail;
    const struct vring_used *used;
    uint64_t one = 1;

    if (!cursor) {
        cursor = (void *)(driver_memory + CURSOR);
        start_cursor();
    }
    avail = (void *)cursor->avail;
    used = (void *)cursor->used;
    cursor->request = *request;
    __atomic_store_n(&avail->idx, avail->idx + 1, __ATOMIC_RELEASE);
    if (write(cursor_kick, &one, sizeof(one)) != sizeof(one))
        err(1, "kick");
    while (__atomic_load_n(&used->idx, __ATOMIC_ACQUIRE) != avail->idx)
        if (poll(&(struct pollfd){cursor_call, POLLIN, 0}, 1, TIMEOUT_MS) <= 0 ||
            read(cursor_call, &one, sizeof(one)) < 0)
            errx(1, "no answer to a cursor");
    return cursor->answer.type;
}

void driver_close(void)
{
    vhf_finish(&f);
    munmap(driver_memory, DRIVER_BYTES);
    close(kick);
    close(call);
}

/* A slot of a request whose answer has been waited for is free: nobody posts more than SLOTS. */
unsigned driver_post(const void *request, size_t bytes, const void *payload, size_t more)
{
    struct vring_avail *avail = (struct vring_avail *)(driver_memory + AVAIL);
    const unsigned slot = posted % SLOTS;
    const uint64_t one = 1;

    if (bytes + more > ANSWER_AT)
        errx(1, "a request of %zu bytes", bytes + more);
    memcpy(driver_memory + slot_at(slot), request, bytes);
    if (more)
        memcpy(driver_memory + slot_at(slot) + bytes, payload, more);
    memset(driver_memory + slot_at(slot) + ANSWER_AT, 0, SLOT_BYTES - ANSWER_AT);
    *desc(2 * slot) = (struct vring_desc){DRIVER_GPA + slot_at(slot), (uint32_t)(bytes + more),
                                          VRING_DESC_NEXT, (uint16_t)(2 * slot + 1)};
    *desc(2 * slot + 1) = (struct vring_desc){DRIVER_GPA + slot_at(slot) + ANSWER_AT,
                                              SLOT_BYTES - ANSWER_AT, VRING_DESC_WRITE, 0};
    answered[slot] = 0;
    avail->ring[posted % SIZE] = (uint16_t)(2 * slot);
    __atomic_store_n(&avail->idx, ++posted, __ATOMIC_RELEASE);
    if (write(kick, &one, sizeof(one)) != sizeof(one))
        err(1, "kick");
    return slot;
}

/* Looks at the next answer: its slot. */
static unsigned next(void)
{
    struct vring_used *used = (struct vring_used *)(driver_memory + USED);
    struct pollfd p[2] = {{call, POLLIN, 0}, {f.fd, POLLIN, 0}};
    uint64_t count;
    unsigned slot;

    while (__atomic_load_n(&used->idx, __ATOMIC_ACQUIRE) == seen) {
        if (poll(p, 2, TIMEOUT_MS) <= 0)
            errx(1, "no answer to a request of type 0x%x",
                 *(uint32_t *)(void *)(driver_memory + slot_at(seen % SLOTS)));
        if (p[1].revents)
            errx(1, "the mediator is gone");
        if (read(call, &count, sizeof(count)) < 0)
            err(1, "call");
    }
    slot = used->ring[seen % SIZE].id / 2;
    if (used->ring[seen % SIZE].id % 2 || slot >= SLOTS || answered[slot])
        errx(1, "an answer to nothing");
    if (used->ring[seen % SIZE].len < sizeof(struct vgpu_header))
        errx(1, "an answer of %u bytes", used->ring[seen % SIZE].len);
    seen++;
    answered[slot] = 1;
    return slot;
}

uint32_t driver_wait(unsigned number, int in_order)
{
    const struct vgpu_header *asked = (void *)(driver_memory + slot_at(number));
    const struct vgpu_header *h = (void *)(driver_memory + slot_at(number) + ANSWER_AT);

    while (!answered[number]) {
        if (next() != number && in_order)
            errx(1, "answers out of order");
    }
    if ((asked->flags & VGPU_FLAG_FENCE) &&
        (!(h->flags & VGPU_FLAG_FENCE) || h->fence_id != asked->fence_id))
        errx(1, "an answer without its fence");
    return h->type;
}

uint32_t driver_call(const void *request, size_t bytes, const void *payload, size_t more,
                     void *answer, size_t room)
{
    const unsigned slot = driver_post(request, bytes, payload, more);
    const uint32_t type = driver_wait(slot, 0);

    if (answer)
        memcpy(answer, driver_memory + slot_at(slot) + ANSWER_AT, room);
    return type;
}
