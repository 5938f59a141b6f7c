/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the files in fw_cfg by which QEMU's machines describe themselves: the memory map, and the
 * ACPI tables with the script of commands that places them (QEMU hw/acpi/bios-linker-loader.c). */
#include "fw_items.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "acpi.h"

#define E820_RAM 1u

#define ROOT_FILE   "etc/acpi/rsdp"
#define TABLES_FILE "etc/acpi/tables"
#define SCRIPT_FILE "etc/table-loader"
#define NAME_BYTES  56

enum { ALLOCATE = 1, ADD_POINTER, ADD_CHECKSUM };
enum { ZONE_HIGH = 1, ZONE_FSEG };

struct command { /* all fields little-endian */
    uint32_t type;
    union {
        struct {
            char file[NAME_BYTES];
            uint32_t align;
            uint8_t zone;
        } __attribute__((packed)) allocate;
        struct {
            char file[NAME_BYTES], target[NAME_BYTES]; /* the file with the field, what it is of */
            uint32_t at;
            uint8_t bytes;
        } __attribute__((packed)) pointer;
        struct {
            char file[NAME_BYTES];
            uint32_t at, start, bytes;
        } __attribute__((packed)) checksum;
        uint8_t room[124];
    };
} __attribute__((packed));
_Static_assert(sizeof(struct command) == 128, "a command of the loader's script");

struct script {
    struct command command[2 + 2 * ACPI_MAX_LINKS];
    unsigned commands;
};

static void name_file(char *name, bool root)
{
    const char *file = root ? ROOT_FILE : TABLES_FILE;

    memcpy(name, file, strlen(file) + 1);
}

static void write_script(struct script *s, const struct acpi_tables *t)
{
    for (unsigned root = 0; root < 2; root++) {
        struct command *c = &s->command[s->commands++];

        c->type = ALLOCATE;
        name_file(c->allocate.file, root);
        c->allocate.align = root ? 16 : 64;
        c->allocate.zone = root ? ZONE_FSEG : ZONE_HIGH;
    }
    for (unsigned i = 0; i < t->links; i++) {
        struct command *c = &s->command[s->commands++];

        c->type = ADD_POINTER;
        name_file(c->pointer.file, t->link[i].root);
        name_file(c->pointer.target, false);
        c->pointer.at = t->link[i].at;
        c->pointer.bytes = (uint8_t)t->link[i].bytes;
    }
    for (unsigned i = 0; i < t->sums; i++) {
        struct command *c = &s->command[s->commands++];

        c->type = ADD_CHECKSUM;
        name_file(c->checksum.file, t->sum[i].root);
        c->checksum.at = t->sum[i].at;
        c->checksum.start = t->sum[i].start;
        c->checksum.bytes = t->sum[i].bytes;
    }
}

static int add_acpi(struct fw_cfg *c, unsigned vcpus)
{
    struct acpi_tables *t = calloc(1, sizeof(*t));
    struct script *s = calloc(1, sizeof(*s));
    int rc = t && s ? acpi_build(t, vcpus) : -ENOMEM;

    if (rc == 0)
        rc = fw_cfg_add_file(c, ROOT_FILE, t->root, sizeof(t->root));
    if (rc == 0)
        rc = fw_cfg_add_file(c, TABLES_FILE, t->data, t->bytes);
    if (rc == 0) {
        write_script(s, t);
        rc = fw_cfg_add_file(c, SCRIPT_FILE, s->command, s->commands * sizeof(s->command[0]));
    }
    free(s);
    free(t);
    return rc;
}

int fw_items_add(struct fw_cfg *c, const struct machine *m)
{
    const struct {
        uint64_t base, bytes;
        uint32_t type;
    } __attribute__((packed)) map[] = {{0, m->mem.low, E820_RAM},
                                       {HIGH_MEMORY, m->mem.high, E820_RAM}};
    int rc = fw_cfg_add_file(c, "etc/e820", map, sizeof(map[0]) * (m->mem.high ? 2 : 1));

    return rc < 0 ? rc : add_acpi(c, m->vcpus);
}
