/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the VM's firmware: the copy of its image, and where the VM sees it. */
#include "firmware.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "layout.h"

#define PAGE         4096u
#define RESET_VECTOR 16u /* bytes from the end: the first instruction (SDM 3 §10.1.4) */

/* An erased or empty place is no code: 0 and FFh, sixteen times. */
static bool has_reset_vector(const struct blob *image)
{
    const uint8_t *v = image->data + image->bytes - RESET_VECTOR;

    if (v[0] != 0 && v[0] != 0xFF)
        return true;
    for (unsigned i = 1; i < RESET_VECTOR; i++) {
        if (v[i] != v[0])
            return true;
    }
    return false;
}

static const char *fault_in(const struct blob *image)
{
    if (image->bytes == 0 || image->bytes % PAGE)
        return "is not a multiple of 4 KiB long: no firmware image, or cut off";
    if (image->bytes > FIRMWARE_MAX)
        return "is longer than the 16 MiB below 4 GiB";
    if (!has_reset_vector(image))
        return "has no reset vector in its last 16 bytes (of OVMF's two files this is not the one "
               "with the code)";
    return NULL;
}

/* A chip's size is a power of two, and what is not written in it is erased. OVMF's variables lie
 * below its code, and it copies them whether the image has them or not. */
static uint64_t chip_bytes(uint64_t image)
{
    uint64_t bytes = PAGE;

    while (bytes < image)
        bytes *= 2;
    return bytes;
}

int firmware_load(struct firmware *f, const struct blob *image, char *why, size_t why_bytes)
{
    const char *fault = fault_in(image);
    uint64_t bytes = chip_bytes(image->bytes);
    uint8_t *base;

    *f = (struct firmware){0};
    if (fault) {
        (void)snprintf(why, why_bytes, "%s: %s", image->name, fault);
        return -ENOEXEC;
    }
    /* HSM pins pages for writing, whatever the VM may do with them */
    base =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (base == MAP_FAILED) {
        (void)snprintf(why, why_bytes, "%s: %s", image->name, strerror(errno));
        return -errno;
    }
    memset(base, 0xFF, bytes - image->bytes);
    memcpy(base + bytes - image->bytes, image->data, image->bytes);
    f->base = base;
    f->bytes = bytes;
    return 0;
}

/* Reads do not come here: the VM has the pages. OVMF writes to ask whether this is flash; what it
 * then reads says no, and its variables stay in memory. */
static void access(void *device, uint64_t offset, unsigned bytes, bool write, uint64_t *value)
{
    const struct firmware *f = device;

    if (!write) {
        *value = 0;
        memcpy(value, f->base + offset, bytes);
    }
}

int firmware_map(struct firmware *f, struct machine *m)
{
    int rc = m->ops->map_rom(m->hyp, FIRMWARE_END - f->bytes, f->base, f->bytes);

    return rc < 0 ? rc : machine_add_addresses(m, FIRMWARE_END - f->bytes, f->bytes, access, f);
}

void firmware_free(struct firmware *f)
{
    if (f->base)
        munmap(f->base, f->bytes);
    *f = (struct firmware){0};
}
