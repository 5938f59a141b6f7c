/* SPDX-License-Identifier: BSD-3-Clause */
/* From the loader's registers to a running system: the boot order, and what the machine is
 * (guest_info or found out). */
#include "binnacle/guest_info.h"

#include "../kernel/internal.h"
#include "board.h"
#include "mem.h"
#include "x86.h"

#define MULTIBOOT_MAGIC   0x2BADB002u
#define MULTIBOOT_CMDLINE (1u << 2)
#define MULTIBOOT_MODULES (1u << 3)
#define COM2              0x2F8

struct multiboot_info { /* Multiboot 0.6.96 §3.3, as far as it is used */
    uint32_t flags, mem_lower, mem_upper, boot_device, cmdline, mods_count, mods_addr;
};

struct multiboot_module {
    uint32_t start, end, string, reserved;
};

struct board board;

/* What stands behind `name`, "mode=" say, in a word of the command line; NULL: there is none. */
static const char *option(const char *name)
{
    size_t length = 0;

    while (name[length])
        length++;
    for (const char *c = board.cmdline; *c; c++)
        if ((c == board.cmdline || c[-1] == ' ') && !memcmp(c, name, length))
            return c + length;
    return NULL;
}

/* The decimal number at *text, which then is behind it; 65,535 at most. */
static uint16_t number(const char **text)
{
    uint32_t value = 0;

    for (; **text >= '0' && **text <= '9'; (*text)++)
        if (value <= UINT16_MAX)
            value = value * 10 + (uint32_t)(**text - '0');
    return (uint16_t)(value > UINT16_MAX ? UINT16_MAX : value);
}

/* Before paging: the loader's memory is not mapped afterwards. */
static void copy_cmdline(uint32_t magic, uint32_t info)
{
    const struct multiboot_info *mbi = (const struct multiboot_info *)info;
    const char *text;

    if (magic != MULTIBOOT_MAGIC || !(mbi->flags & MULTIBOOT_CMDLINE) || !mbi->cmdline)
        return;
    text = (const char *)mbi->cmdline;
    for (size_t i = 0; i + 1 < sizeof(board.cmdline) && text[i]; i++)
        board.cmdline[i] = text[i];
}

/* "mode=1024x768" on the command line: for bare hardware alone. Leaves the default where it is not
 * said. */
static void find_mode(uint16_t *width, uint16_t *height)
{
    const char *c = option("mode=");
    uint16_t w, h;

    if (!c)
        return;
    w = number(&c);
    if (*c++ != 'x')
        return;
    h = number(&c);
    if (w >= 640 && h >= 480) {
        *width = w;
        *height = h;
    }
}

/* Copies guest_info out of the first module; false if this is bare hardware. Runs before paging. */
static bool find_guest_info(uint32_t magic, uint32_t info, struct bn_guest_info *g)
{
    const struct multiboot_info *mbi = (const struct multiboot_info *)info;
    const struct multiboot_module *module;
    uint32_t crc;

    if (magic != MULTIBOOT_MAGIC || !(mbi->flags & MULTIBOOT_MODULES) || mbi->mods_count == 0)
        return false;
    module = (const struct multiboot_module *)mbi->mods_addr;
    if (module->end < module->start || module->end - module->start < sizeof(*g))
        return false;
    memcpy(g, (const void *)module->start, sizeof(*g));
    if (g->magic != BN_GUEST_INFO_MAGIC || g->version != BN_GUEST_INFO_VERSION ||
        g->bytes < sizeof(*g))
        return false;
    crc = g->crc;
    g->crc = 0;
    return bn_crc32(0, g, sizeof(*g)) == crc;
}

static void take_framebuffer(const struct bn_guest_framebuffer *f)
{
    if (!f->gpa || !f->width || !f->height || f->width > 8192 || f->height > 8192 ||
        f->pitch / 4 < f->width || f->pitch > 65536 || f->pitch % 4)
        return;
    if (!paging_map(f->gpa, (uint64_t)f->pitch * f->height, MAP_WRITE_COMBINE))
        return;
    board.framebuffer = (struct board_framebuffer){
        .base = (uint32_t *)(uint32_t)f->gpa,
        .width = f->width,
        .height = f->height,
        .pitch = f->pitch,
    };
}

static void take_guest_info(const struct bn_guest_info *g)
{
    board.x2apic = g->flags & BN_GUEST_X2APIC;
    board.tsc_hz = g->tsc_hz;
    board.apic_timer_hz = (uint32_t)g->apic_timer_hz;
    board.boot_tsc = g->boot_tsc;
    board.speaker = g->flags & BN_GUEST_SPKR;
    board.bus_port = g->bus.port;
    board.bus_vector = g->bus.vector;
    take_framebuffer(&g->framebuffer);
    if (g->shm_gpa && g->shm_bytes <= 1u << 30 && paging_map(g->shm_gpa, g->shm_bytes, MAP_RAM)) {
        board.shm = (uint8_t *)(uint32_t)g->shm_gpa;
        board.shm_bytes = (uint32_t)g->shm_bytes;
    }
}

void machine_halt(void)
{
    for (;;)
        __asm__ volatile("cli\n\thlt");
}

void machine_main(uint32_t magic, uint32_t info, uint64_t entry_tsc)
{
    struct bn_guest_info guest_info = {0};
    uint16_t width = 1280, height = 720;

    board.entry_tsc = board.boot_tsc = entry_tsc;
    board.hypervised = find_guest_info(magic, info, &guest_info);
    copy_cmdline(magic, info);
    find_mode(&width, &height);
    trap_init();
    paging_init();
    if (board.hypervised)
        take_guest_info(&guest_info);
    else
        bare_find_framebuffer(width, height);
    app_early();
    if (!board.hypervised || guest_info.flags & BN_GUEST_PCI)
        sdhost_init();
    apic_init();
    if (!board.hypervised) {
        board.speaker = true;
        board.bus_port = COM2;
        board.bus_vector = VECTOR_BUS_BARE;
        bare_route_bus_interrupt();
        apic_calibrate_with_pit();
    }
    board_speaker(0); /* a life before this one may have ended in a tone */
    clock_init();
    uart_init();
    app_main();
}
