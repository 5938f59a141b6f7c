/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way in for machines without UEFI: GRUB has loaded all files, this hands them over as the UEFI
 * loader would (binnacle/boot.h). Their integrity is GRUB's business (check_signatures).
 */
#include "binnacle/boot.h"
#include "hv/hw.h"
#include "hv/lib.h"
#include "hv/log.h"
#include "hv/scenario.h"
#include "hypervisor/boot/image.h"
#include "hypervisor/boot/machine.h"
#include "hypervisor/boot/memory_map.h"

#define LOW_PAGE 0x8000u

/* Multiboot2 specification 2.0, §3.6. */
enum { TAG_END, TAG_MODULE = 3, TAG_MAP = 6, TAG_FRAMEBUFFER = 8, TAG_RSDP = 14, TAG_RSDP2 = 15 };
enum { FRAMEBUFFER_RGB = 1 };

struct tag {
    uint32_t type, bytes;
    union {
        struct {
            uint32_t start, end;
            char name[];
        } module;
        struct {
            uint32_t entry_bytes, version;
            uint8_t entries[];
        } map;
        struct {
            uint64_t base;
            uint32_t pitch, width, height;
            uint8_t depth, type;
        } __attribute__((packed)) framebuffer;
        uint8_t rsdp[36];
    };
};

struct map_entry {
    uint64_t base, bytes;
    uint32_t type, reserved;
};

void loader_main(uint64_t information) HV_NORETURN;

static struct bn_boot_info info;
static struct bn_scenario scenario;
static uint8_t rsdp[36];
static struct bn_module hypervisor, plan;
static uint16_t uart = FIRST_CONSOLE;

static void put_line(const char *start, const char *format, va_list arguments)
{
    char line[400];
    size_t used = hv_snprintf(line, sizeof(line), "loader: %s", start);

    used += hv_vsnprintf(line + used, sizeof(line) - used - 2, format, arguments);
    line[used++] = '\r';
    line[used++] = '\n';
    for (size_t i = 0; i < used; i++)
        uart_send(uart, (uint8_t)line[i]);
}

/* As the parts shared with the hypervisor call it. */
void hv_log(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    put_line("", format, arguments);
    va_end(arguments);
}

/* There is one place to say something. */
void complain(const char *format, ...) __attribute__((alias("hv_log")));
void report_line(const char *format, ...) __attribute__((alias("hv_log")));

HV_PRINTF(1, 2) HV_NORETURN static void fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    put_line("ERROR: ", format, arguments);
    va_end(arguments);
    hv_log("Binnacle does not start");
    for (;;)
        __asm__ volatile("cli; hlt");
}

static void take_module(const struct tag *tag)
{
    const struct bn_module found = {.base = tag->module.start,
                                    .bytes = tag->module.end - tag->module.start};
    struct bn_module *module = &info.module[info.module_count];

    if (!strncmp(tag->module.name, "hypervisor.bin", BN_PATH_BYTES))
        module = &hypervisor;
    else if (!strncmp(tag->module.name, "scenario.bin", BN_PATH_BYTES))
        module = &plan;
    else if (info.module_count++ == BN_BOOT_MAX_MODULES)
        fail("GRUB loaded more than %u files", BN_BOOT_MAX_MODULES);
    *module = found;
    for (unsigned i = 0; i < BN_PATH_BYTES - 1 && tag->module.name[i]; i++)
        module->name[i] = tag->module.name[i];
    hv_log("%s: %lu bytes", module->name, module->bytes);
}

/* Usable memory is rounded to whole pages, inwards. */
static void take_map(const struct tag *tag)
{
    for (uint32_t at = 16; at + sizeof(struct map_entry) <= tag->bytes;
         at += tag->map.entry_bytes) {
        const struct map_entry *e = (const struct map_entry *)((const uint8_t *)tag + at);
        uint64_t base = page_up(e->base), end = page_down(e->base + e->bytes);
        struct bn_memory m = {base, end - base, BN_MEMORY_RESERVED, 0};

        if (e->type >= BN_MEMORY_USABLE && e->type <= BN_MEMORY_ACPI_NVS)
            m.type = e->type;
        if (m.type != BN_MEMORY_USABLE) {
            m.base = page_down(e->base);
            m.bytes = page_up(e->base + e->bytes) - m.base;
        }
        if ((m.type != BN_MEMORY_USABLE || end > base) &&
            !memory_map_insert(info.memory, &info.memory_count, BN_BOOT_MAX_MEMORY, m))
            fail("the firmware's memory map has more than %u parts", BN_BOOT_MAX_MEMORY);
    }
    info.memory_count = memory_map_join(info.memory, info.memory_count);
}

static void take_framebuffer(const struct tag *tag)
{
    if (tag->framebuffer.type != FRAMEBUFFER_RGB || tag->framebuffer.depth != 32)
        return;
    info.framebuffer = (struct bn_boot_framebuffer){
        .base = tag->framebuffer.base,
        .bytes = (uint64_t)tag->framebuffer.pitch * tag->framebuffer.height,
        .width = tag->framebuffer.width,
        .height = tag->framebuffer.height,
        .pitch = tag->framebuffer.pitch,
        .format = BN_FORMAT_XRGB8888,
    };
}

static void read_tags(const uint8_t *at)
{
    const uint8_t *end = at + *(const uint32_t *)at;
    const struct tag *tag;

    for (at += 8; at < end; at += (tag->bytes + 7) & ~7u) {
        tag = (const struct tag *)at;
        if (tag->type == TAG_END)
            return;
        if (tag->type == TAG_MODULE)
            take_module(tag);
        else if (tag->type == TAG_MAP)
            take_map(tag);
        else if (tag->type == TAG_FRAMEBUFFER)
            take_framebuffer(tag);
        else if (tag->type == TAG_RSDP2 || (tag->type == TAG_RSDP && !info.rsdp)) {
            memcpy(rsdp, tag->rsdp, tag->bytes - 8 < sizeof(rsdp) ? tag->bytes - 8 : sizeof(rsdp));
            info.rsdp = (uint64_t)rsdp;
        }
    }
}

/* GRUB puts files where it likes: not over what the scenario gives to somebody. */
static void check_places(const struct bn_module *module)
{
    struct bn_range claim;
    struct scenario_ref who;

    for (uint32_t n = 0; scenario_claim(&scenario, n, &claim, &who); n++)
        if (ranges_meet(module->base, page_up(module->bytes), claim.hpa, claim.bytes))
            fail("GRUB put %s at 0x%lx, which the scenario gives to somebody: plan it elsewhere",
                 module->name, module->base);
}

static void read_scenario(void)
{
    const char *wrong;

    if (!plan.bytes)
        fail("scenario.bin is missing: GRUB must load it, module2 with that name");
    wrong = scenario_wrong((const struct bn_scenario *)plan.base, plan.bytes);
    if (wrong)
        fail("scenario.bin: %s", wrong);
    memcpy(&scenario, (const void *)plan.base, sizeof(scenario));
    uart = scenario.console_port;
    uart_set_up(uart);
    wrong = machine_misfit(&scenario, &info);
    if (wrong)
        fail("scenario.bin: %s", wrong);
    check_places(&hypervisor);
    for (uint32_t i = 0; i < info.module_count; i++)
        check_places(&info.module[i]);
}

static void place_hypervisor(void)
{
    const char *wrong;

    if (!hypervisor.bytes)
        fail("hypervisor.bin is missing: GRUB must load it, module2 with that name");
    wrong =
        image_place((const void *)hypervisor.base, hypervisor.bytes, &scenario.hypervisor, &info);
    if (wrong)
        fail("hypervisor.bin %s", wrong);
}

void loader_main(uint64_t information)
{
    uart_set_up(uart);
    hv_log("Binnacle by Multiboot2, from the first instruction at TSC %lu", loader_tsc_entry);
    read_tags((const uint8_t *)information);
    read_scenario();
    place_hypervisor();
    info.low_page = LOW_PAGE;
    info.tsc_exit = __builtin_ia32_rdtsc();
    hv_log("hypervisor: %lu KiB at 0x%lx, framebuffer %ux%u at 0x%lx", info.image_bytes >> 10,
           info.image_base, info.framebuffer.width, info.framebuffer.height, info.framebuffer.base);
    image_enter(&info, &scenario);
}
