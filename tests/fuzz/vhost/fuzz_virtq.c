/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzzes the virtqueue walker: the input is the guest's memory, rings and all; every buffer it
 * hands out is touched. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vhost/virtq.h"

#define BYTES 0x2000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct vq_chain c;
    struct vq_mem mem = {0};
    struct virtq vq = {0};
    uint8_t *ram = aligned_alloc(4096, BYTES), *other = malloc(512);
    uint8_t buf[64] = {0};
    uint32_t entries = size ? 1u << (data[0] % 8) : 1;

    memset(ram, 0, BYTES);
    if (size > 1)
        memcpy(ram, data + 1, size - 1 > BYTES ? BYTES : size - 1);
    memset(other, 0, 512);
    if (vq_mem_add(&mem, 0x1000, BYTES, 0, ram) ||
        vq_mem_add(&mem, 0x1000 + BYTES, 512, 0x100000, other))
        abort();
    if (virtq_start(&vq, &mem, entries, ram, ram + 0x800, ram + 0xC00, 0))
        abort();
    vq.indirect = true;
    vq.event_idx = size && data[0] & 0x80;
    for (unsigned i = 0; i < 2 * entries && virtq_pop(&vq, &c) == 1; i++) {
        if (c.readable + c.writable > VQ_CHAIN_MAX)
            abort();
        for (unsigned v = 0; v < c.readable + c.writable; v++) {
            volatile uint8_t *p = c.iov[v].iov_base;

            p[0] = p[0];
            p[c.iov[v].iov_len - 1] = p[c.iov[v].iov_len - 1];
        }
        (void)chain_read(&c, data[0], buf, sizeof(buf));
        (void)chain_write(&c, data[0], buf, sizeof(buf));
        virtq_push(&vq, c.head, 1);
        (void)virtq_should_notify(&vq);
    }
    free(ram);
    free(other);
    return 0;
}
