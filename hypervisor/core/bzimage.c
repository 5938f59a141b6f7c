/* SPDX-License-Identifier: BSD-3-Clause */
/* Starts Linux by its 32-bit boot protocol (Documentation/arch/x86/boot.rst of Linux 6.12). */
#include "hv/arch.h"
#include "hv/platform.h"

#define SETUP_MAGIC      0x53726448u /* "HdrS" */
#define SETUP_JUMP_END   0x202u      /* what its jump over the header counts from */
#define SECTOR           512u
#define PROTOCOL_2_12    0x20Cu
#define LOADER_UNDEFINED 0xFFu

struct blob {
    struct boot_params params;
    char cmdline[BN_CMDLINE_BYTES];
    uint64_t gdt[4];
};
_Static_assert(sizeof(struct blob) <= LINUX_BLOB_BYTES, "the blob fits its place");

static uint64_t setup_bytes(const struct boot_params *image)
{
    return (image->hdr.setup_sects ? image->hdr.setup_sects + 1u : 5u) * SECTOR;
}

enum bn_status linux_check(const struct boot_params *image, uint64_t bytes, uint64_t *room,
                           uint64_t *alignment)
{
    if (bytes < sizeof(*image) || image->hdr.header != SETUP_MAGIC ||
        image->hdr.version < PROTOCOL_2_12 || !(image->hdr.xloadflags & XLF_KERNEL_64) ||
        setup_bytes(image) >= bytes)
        return BN_EINVAL;
    *room = image->hdr.init_size;
    *alignment = image->hdr.kernel_alignment;
    if (*room < bytes - setup_bytes(image) || !*alignment || *alignment & (*alignment - 1))
        return BN_EINVAL;
    return BN_OK;
}

static void fill_params(struct boot_params *params, const struct boot_params *image,
                        const struct linux_place *place, const struct boot_e820_entry *e820,
                        uint32_t count)
{
    size_t header_bytes =
        SETUP_JUMP_END + (image->hdr.jump >> 8) - offsetof(struct boot_params, hdr);

    if (header_bytes > sizeof(params->hdr))
        header_bytes = sizeof(params->hdr);
    memcpy(&params->hdr, &image->hdr, header_bytes);
    params->hdr.type_of_loader = LOADER_UNDEFINED;
    params->hdr.ramdisk_image = (uint32_t)place->initrd;
    params->ext_ramdisk_image = (uint32_t)(place->initrd >> 32);
    params->hdr.ramdisk_size = (uint32_t)place->initrd_bytes;
    params->ext_ramdisk_size = (uint32_t)(place->initrd_bytes >> 32);
    params->hdr.cmd_line_ptr = (uint32_t)(place->blob + offsetof(struct blob, cmdline));
    params->acpi_rsdp_addr = place->rsdp;
    params->e820_entries = (uint8_t)count;
    memcpy(params->e820_table, e820, count * sizeof(*e820));
}

enum bn_status linux_load(struct vm *vm, const struct boot_params *image, uint64_t bytes,
                          const struct linux_place *place, const struct boot_e820_entry *e820,
                          uint32_t e820_count)
{
    static struct blob blob;
    const struct segment_state table = {.limit = sizeof(blob.gdt) - 1,
                                        .base = place->blob + offsetof(struct blob, gdt)};
    const uint64_t skipped = setup_bytes(image);

    if (e820_count > HV_ARRAY_SIZE(blob.params.e820_table))
        return BN_EINVAL;
    memset(&blob, 0, sizeof(blob));
    blob.gdt[2] = 0x00CF9B000000FFFFull; /* what vcpu_set_flat() has loaded */
    blob.gdt[3] = 0x00CF93000000FFFFull;
    fill_params(&blob.params, image, place, e820, e820_count);
    memcpy(blob.cmdline, vm->config->cmdline, BN_CMDLINE_BYTES - 1);
    if (gpa_write(vm, place->blob, &blob, sizeof(blob)) != BN_OK ||
        gpa_write(vm, place->kernel, (const uint8_t *)image + skipped, bytes - skipped) != BN_OK)
        return BN_EFAULT;
    vcpu_set_flat(&vm->vcpu[0], (uint32_t)place->kernel);
    vendor->set_segment(&vm->vcpu[0], SEG_GDTR, &table);
    vm->vcpu[0].regs[REG_RSI] = place->blob + offsetof(struct blob, params);
    return BN_OK;
}
