/* SPDX-License-Identifier: BSD-3-Clause */
/* Firmware of the VM's own (OVMF): a ROM that ends at 4 GiB, where a processor starts. */
#ifndef DM_FIRMWARE_H
#define DM_FIRMWARE_H

#include "image.h"
#include "machine.h"

struct firmware {
    uint8_t *base; /* NULL: none */
    uint64_t bytes;
};

/* Copies the image to the end of a chip of FIRMWARE_MAX at most. 0, or a negative errno with *why
 * naming what is wrong with it. */
int firmware_load(struct firmware *f, const struct blob *image, char *why, size_t why_bytes)
    __attribute__((warn_unused_result));
/* Shows it to the VM, which can read and execute it; what it writes there is lost. Once the VM
 * exists; 0 or -errno. */
int firmware_map(struct firmware *f, struct machine *m) __attribute__((warn_unused_result));
void firmware_free(struct firmware *f);

#endif
