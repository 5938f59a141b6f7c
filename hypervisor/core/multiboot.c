/* SPDX-License-Identifier: BSD-3-Clause */
/* Loads a Multiboot1 ELF32 into a pre-launched VM (Multiboot specification 0.6.96). */
#include <elf.h>

#include "binnacle/guest_info.h"
#include "hv/arch.h"
#include "hv/platform.h"

#define HEADER_MAGIC     0x1BADB002u
#define LOADER_MAGIC     0x2BADB002u
#define HEADER_SEARCH    8192u
#define INFO_GPA         0x9000u /* information structure, map, module list, name; module 0 one page on */
#define INFO_END         0xB000u
#define FLAG_MEMORY      (1u << 0)
#define FLAG_MODULES     (1u << 3)
#define FLAG_MAP         (1u << 6)
#define FLAG_LOADER      (1u << 9)
#define FLAG_FRAMEBUFFER (1u << 12)
#define FRAMEBUFFER_RGB  1u
#define MAP_AVAILABLE    1u

struct multiboot_info {
    uint32_t flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr, syms[4];
    uint32_t mmap_length, mmap_addr, drives_length, drives_addr, config_table, boot_loader_name;
    uint32_t apm_table, vbe[4];
    uint64_t framebuffer_addr;
    uint32_t framebuffer_pitch, framebuffer_width, framebuffer_height;
    uint8_t framebuffer_bpp, framebuffer_type;
    uint8_t red_position, red_size, green_position, green_size, blue_position, blue_size;
} __attribute__((packed));
BN_OFFSET_IS(struct multiboot_info, framebuffer_addr, 88);

struct multiboot_module {
    uint32_t start, end, string, reserved;
};

struct multiboot_range {
    uint32_t size;
    uint64_t base, bytes;
    uint32_t type;
} __attribute__((packed));

struct info_page { /* as it lies at INFO_GPA */
    struct multiboot_info info;
    struct multiboot_module module;
    struct multiboot_range range[BN_MAX_RANGES];
    char module_name[32], loader_name[16], cmdline[BN_CMDLINE_BYTES];
};

static bool has_header(const uint8_t *image, uint64_t bytes)
{
    for (uint64_t at = 0; at + 12 <= bytes && at + 12 <= HEADER_SEARCH; at += 4) {
        uint32_t word[3];

        memcpy(word, image + at, sizeof(word));
        if (word[0] == HEADER_MAGIC && word[0] + word[1] + word[2] == 0)
            return true;
    }
    return false;
}

static enum bn_status clear(struct vm *vm, gpa_t gpa, uint64_t bytes)
{
    static const uint8_t zeros[HV_PAGE_BYTES];
    enum bn_status status = BN_OK;

    for (uint64_t done = 0; done < bytes && status == BN_OK; done += HV_PAGE_BYTES)
        status = gpa_write(vm, gpa + done, zeros,
                           bytes - done < HV_PAGE_BYTES ? bytes - done : HV_PAGE_BYTES);
    return status;
}

static enum bn_status load_segment(struct vm *vm, const uint8_t *image, uint64_t bytes,
                                   const Elf32_Phdr *s)
{
    if (s->p_type != PT_LOAD || !s->p_memsz)
        return BN_OK;
    if (s->p_filesz > s->p_memsz || s->p_offset > bytes || s->p_filesz > bytes - s->p_offset ||
        (s->p_paddr < INFO_END && (uint64_t)s->p_paddr + s->p_memsz > INFO_GPA))
        return BN_EINVAL;
    if (gpa_write(vm, s->p_paddr, image + s->p_offset, s->p_filesz) != BN_OK)
        return BN_EFAULT;
    return clear(vm, (gpa_t)s->p_paddr + s->p_filesz, s->p_memsz - s->p_filesz);
}

static enum bn_status load_elf(struct vm *vm, const uint8_t *image, uint64_t bytes, uint32_t *entry)
{
    Elf32_Ehdr h;
    enum bn_status status = BN_OK;

    if (bytes < sizeof(h))
        return BN_EINVAL;
    memcpy(&h, image, sizeof(h));
    if (memcmp(h.e_ident, ELFMAG, SELFMAG) || h.e_ident[EI_CLASS] != ELFCLASS32 ||
        h.e_machine != EM_386 || h.e_phentsize != sizeof(Elf32_Phdr) || h.e_phoff > bytes ||
        h.e_phnum * sizeof(Elf32_Phdr) > bytes - h.e_phoff)
        return BN_EINVAL;
    for (unsigned i = 0; i < h.e_phnum && status == BN_OK; i++) {
        Elf32_Phdr s;

        memcpy(&s, image + h.e_phoff + i * sizeof(s), sizeof(s));
        status = load_segment(vm, image, bytes, &s);
    }
    *entry = h.e_entry;
    return status;
}

static void describe_framebuffer(struct multiboot_info *mb, const struct bn_guest_framebuffer *fb)
{
    mb->flags |= FLAG_FRAMEBUFFER;
    mb->framebuffer_addr = fb->gpa;
    mb->framebuffer_pitch = fb->pitch;
    mb->framebuffer_width = fb->width;
    mb->framebuffer_height = fb->height;
    mb->framebuffer_bpp = 32;
    mb->framebuffer_type = FRAMEBUFFER_RGB;
    mb->red_position = 16;
    mb->green_position = 8;
    mb->red_size = mb->green_size = mb->blue_size = 8;
}

static enum bn_status write_info(struct vm *vm, const struct bn_guest_info *info)
{
    static struct info_page page; /* too large for the stack; VMs are built one at a time */
    const struct bn_scenario_vm *config = vm->config;
    struct multiboot_info *mb = &page.info;

    memset(&page, 0, sizeof(page));
    mb->flags = FLAG_MEMORY | FLAG_MODULES | FLAG_MAP | FLAG_LOADER | 1u << 2;
    mb->mem_lower = 640;
    for (uint32_t i = 0; i < config->range_count; i++) {
        page.range[i] =
            (struct multiboot_range){sizeof(struct multiboot_range) - 4, config->range[i].gpa,
                                     config->range[i].bytes, MAP_AVAILABLE};
        if (config->range[i].gpa == 0)
            mb->mem_upper = (uint32_t)((config->range[i].bytes - 0x100000) / 1024);
    }
    mb->mmap_length = (uint32_t)(config->range_count * sizeof(struct multiboot_range));
    mb->mmap_addr = INFO_GPA + offsetof(struct info_page, range);
    mb->mods_count = 1;
    mb->mods_addr = INFO_GPA + offsetof(struct info_page, module);
    page.module = (struct multiboot_module){INFO_GPA + HV_PAGE_BYTES,
                                            INFO_GPA + HV_PAGE_BYTES + sizeof(*info),
                                            INFO_GPA + offsetof(struct info_page, module_name), 0};
    memcpy(page.module_name, BN_GUEST_INFO_MODULE, sizeof(BN_GUEST_INFO_MODULE));
    memcpy(page.loader_name, "Binnacle", 9);
    mb->boot_loader_name = INFO_GPA + offsetof(struct info_page, loader_name);
    memcpy(page.cmdline, config->cmdline, sizeof(page.cmdline));
    mb->cmdline = INFO_GPA + offsetof(struct info_page, cmdline);
    if (info->framebuffer.gpa)
        describe_framebuffer(mb, &info->framebuffer);
    if (gpa_write(vm, INFO_GPA + HV_PAGE_BYTES, info, sizeof(*info)) != BN_OK)
        return BN_EFAULT;
    return gpa_write(vm, INFO_GPA, &page, sizeof(page));
}

enum bn_status multiboot_load(struct vm *vm, const uint8_t *image, uint64_t bytes,
                              const struct bn_guest_info *info)
{
    uint32_t entry = 0;
    enum bn_status status;

    if (!has_header(image, bytes))
        return BN_EINVAL;
    status = load_elf(vm, image, bytes, &entry) ?: write_info(vm, info);
    if (status == BN_OK) { /* Multiboot §3.2 */
        vcpu_set_flat(&vm->vcpu[0], entry);
        vm->vcpu[0].regs[REG_RAX] = LOADER_MAGIC;
        vm->vcpu[0].regs[REG_RBX] = INFO_GPA;
    }
    return status;
}
