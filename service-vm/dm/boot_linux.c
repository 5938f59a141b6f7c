/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns booting a bzImage by the 32-bit entry of the Linux/x86 boot protocol 2.10 and later
 * (Documentation/arch/x86/boot.rst). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "image.h"
#include "layout.h"

/* Offsets in the setup header, and so in the zero page */
#define SETUP_SECTS     0x1F1
#define BOOT_FLAG       0x1FE
#define JUMP            0x200
#define HEADER_MAGIC    0x202
#define VERSION         0x206
#define TYPE_OF_LOADER  0x210
#define LOADFLAGS       0x211
#define CODE32_START    0x214
#define RAMDISK_IMAGE   0x218
#define RAMDISK_SIZE    0x21C
#define HEAP_END_PTR    0x224
#define CMD_LINE_PTR    0x228
#define INITRD_ADDR_MAX 0x22C
#define CMDLINE_SIZE    0x238
#define INIT_SIZE       0x260
#define HEADER_END      0x268
/* ... of the zero page itself */
#define ZERO_PAGE    0x1000
#define ACPI_RSDP    0x070
#define E820_ENTRIES 0x1E8
#define HEADER_START 0x1F1
#define E820_TABLE   0x2D0

#define MAGIC_HDRS       0x53726448u
#define LOADED_HIGH      1u
#define LOADER_UNDEFINED 0xFFu
#define OLDEST           0x020A /* with init_size */

#define E820_RAM      1u
#define E820_RESERVED 2u
#define E820_ACPI     3u

struct e820 {
    uint64_t base, bytes;
    uint32_t type;
} __attribute__((packed));

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

struct bzimage {       /* what the header says, checked */
    size_t header_end; /* bytes of the setup header, from its start of file */
    size_t setup_bytes;
    uint32_t init_size, cmdline_max, initrd_max;
};

static int check(const struct blob *k, struct bzimage *z, const char **why)
{
    unsigned sectors, version;

    *why = "is cut off before the end of the setup header";
    if (k->bytes < HEADER_END)
        return -ENOEXEC;
    *why = "has no boot signature (not a bzImage, nor does it have a Multiboot header)";
    if (k->data[BOOT_FLAG] != 0x55 || k->data[BOOT_FLAG + 1] != 0xAA ||
        get32(k->data + HEADER_MAGIC) != MAGIC_HDRS)
        return -ENOEXEC;
    version = (unsigned)(k->data[VERSION] | k->data[VERSION + 1] << 8);
    *why = "speaks a boot protocol older than 2.10";
    if (version < OLDEST)
        return -ENOEXEC;
    *why = "is a zImage, loaded low";
    if (!(k->data[LOADFLAGS] & LOADED_HIGH))
        return -ENOEXEC;
    sectors = k->data[SETUP_SECTS] ? k->data[SETUP_SECTS] : 4;
    z->setup_bytes = (sectors + 1) * 512u;
    *why = "is cut off before its protected-mode part";
    if (z->setup_bytes >= k->bytes)
        return -ENOEXEC;
    /* the header ends where its first jump leads */
    z->header_end = HEADER_MAGIC + (size_t)k->data[JUMP + 1];
    *why = "has a setup header of impossible length";
    if (z->header_end < HEADER_END || z->header_end > E820_TABLE)
        return -ENOEXEC;
    z->init_size = get32(k->data + INIT_SIZE);
    z->cmdline_max = get32(k->data + CMDLINE_SIZE);
    z->initrd_max = get32(k->data + INITRD_ADDR_MAX);
    *why = NULL;
    return 0;
}

static void add_e820(uint8_t *zero, uint64_t base, uint64_t bytes, uint32_t type)
{
    struct e820 e = {base, bytes, type};

    memcpy(zero + E820_TABLE + sizeof(e) * zero[E820_ENTRIES]++, &e, sizeof(e));
}

static void fill_e820(uint8_t *zero, const struct guest_mem *mem)
{
    add_e820(zero, 0, EBDA_BASE, E820_RAM);
    add_e820(zero, EBDA_BASE, ACPI_BASE - EBDA_BASE, E820_RESERVED);
    add_e820(zero, ACPI_BASE, ACPI_BYTES, E820_ACPI);
    add_e820(zero, ACPI_BASE + ACPI_BYTES, KERNEL_BASE - ACPI_BASE - ACPI_BYTES, E820_RESERVED);
    add_e820(zero, KERNEL_BASE, mem->low - KERNEL_BASE, E820_RAM);
    add_e820(zero, ECAM_BASE, ECAM_BYTES, E820_RESERVED);
    if (mem->high)
        add_e820(zero, HIGH_MEMORY, mem->high, E820_RAM);
}

/* Where the initrd goes: as high as memory and kernel allow; 0: it does not fit above the kernel.
 */
static uint64_t place_initrd(const struct guest_mem *mem, const struct bzimage *z, size_t bytes,
                             uint64_t kernel_end)
{
    uint64_t top = mem->low < (uint64_t)z->initrd_max + 1 ? mem->low : (uint64_t)z->initrd_max + 1;
    uint64_t at;

    if (bytes > top)
        return 0;
    at = (top - bytes) & ~0xFFFull;
    return at >= kernel_end ? at : 0;
}

int boot_bzimage(const struct guest_mem *mem, const struct boot_plan *plan, struct cpu_state *cpu,
                 char *why, size_t why_bytes)
{
    const struct blob *k = &plan->kernel;
    size_t cmdline = strlen(plan->cmdline) + 1, code;
    uint8_t *zero = guest_at(mem, BOOT_PARAMS, ZERO_PAGE),
            *line = guest_at(mem, CMDLINE_BASE, CMDLINE_BYTES);
    const char *what;
    struct bzimage z;
    uint64_t initrd = 0, end;
    int rc = check(k, &z, &what);

    if (rc < 0) {
        (void)snprintf(why, why_bytes, "%s: %s", k->name, what);
        return rc;
    }
    code = k->bytes - z.setup_bytes;
    end = KERNEL_BASE + (z.init_size > code ? z.init_size : code);
    if (!zero || !line || !guest_at(mem, KERNEL_BASE, end - KERNEL_BASE) ||
        boot_write_gdt(mem) < 0) {
        (void)snprintf(why, why_bytes, "%s: needs %llu bytes, more than the VM's memory", k->name,
                       (unsigned long long)end);
        return -ENOMEM;
    }
    if (cmdline > CMDLINE_BYTES || cmdline > z.cmdline_max) {
        (void)snprintf(why, why_bytes, "command line: longer than the kernel takes");
        return -E2BIG;
    }
    if (plan->initrd.bytes) {
        initrd = place_initrd(mem, &z, plan->initrd.bytes, end);
        if (!initrd) {
            (void)snprintf(why, why_bytes, "%s: does not fit into the VM's memory",
                           plan->initrd.name);
            return -ENOMEM;
        }
        memcpy(guest_at(mem, initrd, plan->initrd.bytes), plan->initrd.data, plan->initrd.bytes);
    }
    memset(zero, 0, ZERO_PAGE);
    memcpy(zero + HEADER_START, k->data + HEADER_START, z.header_end - HEADER_START);
    zero[TYPE_OF_LOADER] = LOADER_UNDEFINED;
    put32(zero + CODE32_START, KERNEL_BASE);
    put32(zero + RAMDISK_IMAGE, (uint32_t)initrd);
    put32(zero + RAMDISK_SIZE, (uint32_t)plan->initrd.bytes);
    put32(zero + CMD_LINE_PTR, CMDLINE_BASE);
    put32(zero + ACPI_RSDP, (uint32_t)plan->rsdp);
    fill_e820(zero, mem);
    memcpy(line, plan->cmdline, cmdline);
    memcpy(guest_at(mem, KERNEL_BASE, code), k->data + z.setup_bytes, code);
    *cpu = (struct cpu_state){.eip = KERNEL_BASE, .esi = BOOT_PARAMS};
    return 0;
}
