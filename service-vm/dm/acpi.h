/* SPDX-License-Identifier: BSD-3-Clause */
/* ACPI tables of the VM (ACPI 6.5 §5): RSDP, XSDT, FADT, FACS, MADT, MCFG and the compiled DSDT. */
#ifndef DM_ACPI_H
#define DM_ACPI_H

#include "guest_mem.h"
#include "layout.h"

#define ACPI_ROOT_BYTES 36
#define ACPI_ROOT_ROOM  64 /* of the root pointer at ACPI_BASE; the tables follow */
#define ACPI_MAX_LINKS  16

/* Tables that may lie anywhere: what must still be done is listed beside them. */
struct acpi_tables {
    uint8_t root[ACPI_ROOT_BYTES];             /* RSDP */
    uint8_t data[ACPI_BYTES - ACPI_ROOT_ROOM]; /* all others, the first at an address of 64n */
    size_t bytes;
    unsigned links, sums;
    struct acpi_link { /* a field, holding an offset in data[], to which data's address is added */
        bool root;     /* it is in root[], not in data[] */
        uint32_t at;
        unsigned bytes;
    } link[ACPI_MAX_LINKS];
    struct acpi_sum { /* a byte, 0 now, that makes [start, start + bytes) of the same part sum to 0;
                         after all links */
        bool root;
        uint32_t at, start, bytes;
    } sum[ACPI_MAX_LINKS];
};

/* 0, or -ENOSPC. */
int acpi_build(struct acpi_tables *t, unsigned vcpus) __attribute__((warn_unused_result));

/* Writes them at ACPI_BASE. *rsdp is the root pointer's address. 0, -ENOSPC or -ENOMEM. */
int acpi_write(const struct guest_mem *mem, unsigned vcpus, uint64_t *rsdp)
    __attribute__((warn_unused_result));

#endif
