/* SPDX-License-Identifier: BSD-3-Clause */
/* Starts Linux by its 32-bit boot protocol (Documentation/arch/x86/boot.rst of Linux 6.12). */
#include "hv/arch.h"
#include "hv/platform.h"

#define SETUP_MAGIC      0x53726448u /* "HdrS" at 0x202 */
#define SETUP_HEADER     0x1F1u
#define SECTOR           512u
#define XLF_KERNEL_64    1u
#define PROTOCOL_2_12    0x20Cu
#define LOADER_UNDEFINED 0xFFu

/* Offsets in the setup header and in boot_params, which begin alike. */
#define P_RSDP            0x070u
#define P_EXT_INITRD      0x0C0u
#define P_EXT_INITRD_SIZE 0x0C4u
#define P_E820_COUNT      0x1E8u
#define P_SETUP_SECTS     0x1F1u
#define P_MAGIC           0x202u
#define P_VERSION         0x206u
#define P_LOADER          0x210u
#define P_INITRD          0x218u
#define P_INITRD_SIZE     0x21Cu
#define P_CMDLINE         0x228u
#define P_ALIGNMENT       0x230u
#define P_XLOADFLAGS      0x236u
#define P_INIT_SIZE       0x260u
#define P_E820            0x2D0u
#define HEADER_END        0x268u

/* The blob: boot parameters, command line, descriptor table. */
#define B_PARAMS  0x0000u
#define B_CMDLINE 0x1000u
#define B_GDT     0x1800u

static uint32_t get32(const uint8_t *p)
{
    uint32_t value;

    memcpy(&value, p, sizeof(value));
    return value;
}

static void put32(uint8_t *p, uint64_t value)
{
    uint32_t word = (uint32_t)value;

    memcpy(p, &word, sizeof(word));
}

static uint64_t setup_bytes(const uint8_t *image)
{
    return (image[P_SETUP_SECTS] ? image[P_SETUP_SECTS] + 1u : 5u) * SECTOR;
}

enum bn_status linux_check(const uint8_t *image, uint64_t bytes, uint64_t *room,
                           uint64_t *alignment)
{
    if (bytes < HEADER_END || get32(image + P_MAGIC) != SETUP_MAGIC ||
        (get32(image + P_VERSION) & 0xFFFF) < PROTOCOL_2_12 ||
        !(image[P_XLOADFLAGS] & XLF_KERNEL_64) || setup_bytes(image) >= bytes)
        return BN_EINVAL;
    *room = get32(image + P_INIT_SIZE);
    *alignment = get32(image + P_ALIGNMENT);
    if (*room < bytes - setup_bytes(image) || !*alignment || *alignment & (*alignment - 1))
        return BN_EINVAL;
    return BN_OK;
}

static void fill_params(uint8_t *params, const uint8_t *image, const struct linux_place *place,
                        const struct linux_e820 *e820, uint32_t count)
{
    uint32_t header_bytes = 0x202u + image[0x201] - SETUP_HEADER;

    if (header_bytes > HEADER_END + 0x20 - SETUP_HEADER)
        header_bytes = HEADER_END + 0x20 - SETUP_HEADER;
    memcpy(params + SETUP_HEADER, image + SETUP_HEADER, header_bytes);
    params[P_LOADER] = LOADER_UNDEFINED;
    put32(params + P_INITRD, place->initrd);
    put32(params + P_EXT_INITRD, place->initrd >> 32);
    put32(params + P_INITRD_SIZE, place->initrd_bytes);
    put32(params + P_EXT_INITRD_SIZE, place->initrd_bytes >> 32);
    put32(params + P_CMDLINE, place->blob + B_CMDLINE);
    memcpy(params + P_RSDP, &place->rsdp, sizeof(place->rsdp));
    params[P_E820_COUNT] = (uint8_t)count;
    memcpy(params + P_E820, e820, count * sizeof(*e820));
}

enum bn_status linux_load(struct vm *vm, const uint8_t *image, uint64_t bytes,
                          const struct linux_place *place, const struct linux_e820 *e820,
                          uint32_t e820_count)
{
    static uint8_t blob[LINUX_BLOB_BYTES] __attribute__((aligned(HV_PAGE_BYTES)));
    const struct segment_state table = {.limit = 31, .base = place->blob + B_GDT};
    uint64_t *gdt = (uint64_t *)(blob + B_GDT);

    if (e820_count > LINUX_E820_MAX)
        return BN_EINVAL;
    memset(blob, 0, sizeof(blob));
    gdt[2] = 0x00CF9B000000FFFFull; /* what vcpu_set_flat() has loaded */
    gdt[3] = 0x00CF93000000FFFFull;
    fill_params(blob + B_PARAMS, image, place, e820, e820_count);
    memcpy(blob + B_CMDLINE, vm->config->cmdline, BN_CMDLINE_BYTES - 1);
    if (gpa_write(vm, place->blob, blob, sizeof(blob)) != BN_OK ||
        gpa_write(vm, place->kernel, image + setup_bytes(image), bytes - setup_bytes(image)) !=
            BN_OK)
        return BN_EFAULT;
    vcpu_set_flat(&vm->vcpu[0], (uint32_t)place->kernel);
    vendor->set_segment(&vm->vcpu[0], SEG_GDTR, &table);
    vm->vcpu[0].regs[REG_RSI] = place->blob + B_PARAMS;
    return BN_OK;
}
