/* SPDX-License-Identifier: BSD-3-Clause */
/* Images that a VM boots: Linux bzImage and Multiboot 1 ELF, checked before a byte of them is used.
 */
#ifndef DM_IMAGE_H
#define DM_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "guest_mem.h"
#include "hyp.h"

#define IMAGE_MAX_MODULES 16

struct blob { /* a file in memory */
    const char *name;
    const uint8_t *data;
    size_t bytes;
};

struct boot_plan {
    struct blob kernel;
    struct blob initrd; /* bytes 0: none; Linux only */
    const char *cmdline;
    unsigned modules; /* Multiboot only */
    struct blob module[IMAGE_MAX_MODULES];
    const char *module_args[IMAGE_MAX_MODULES]; /* string of each module, may be NULL */
    uint64_t rsdp;                              /* ACPI root pointer's address; 0: none */
};

/*
 * Put the image into guest memory and say how vCPU 0 starts. 0, or a negative errno with *why
 * naming what is wrong with which file ("kernel: setup header is cut off"); guest memory may then
 * be half written. `why` has room for `why_bytes`.
 */
int boot_bzimage(const struct guest_mem *mem, const struct boot_plan *plan, struct cpu_state *cpu,
                 char *why, size_t why_bytes) __attribute__((warn_unused_result));
int boot_multiboot(const struct guest_mem *mem, const struct boot_plan *plan, struct cpu_state *cpu,
                   char *why, size_t why_bytes) __attribute__((warn_unused_result));

/* True when the first 8 KiB hold a Multiboot 1 header. */
bool is_multiboot(const struct blob *kernel);

/* The flat GDT that both entries start on, at BOOT_GDT: 10h code, 18h data. */
int boot_write_gdt(const struct guest_mem *mem);

/* Whole file, mapped read-only; 0 or -errno. */
int blob_open(struct blob *b, const char *path) __attribute__((warn_unused_result));
void blob_close(struct blob *b);

#endif
