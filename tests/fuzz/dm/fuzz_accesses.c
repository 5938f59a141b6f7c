/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzzes every device inside the device model: the input is a list of accesses as a hostile guest
 * makes them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "devices.h"
#include "fw_items.h"
#include "layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct hyp {
    int unused;
};

static int line(struct hyp *h, unsigned gsi, bool asserted)
{
    (void)h;
    (void)asserted;
    return gsi < 24 ? 0 : -1;
}

static int msi(struct hyp *h, uint64_t address, uint32_t data)
{
    (void)h;
    (void)address;
    (void)data;
    return 0;
}

static int irqfd(struct hyp *h, int fd, uint64_t address, uint32_t data, bool add)
{
    (void)fd;
    (void)add;
    return msi(h, address, data);
}

static int ioeventfd(struct hyp *h, int fd, uint64_t address, uint32_t bytes, bool add)
{
    (void)fd;
    (void)add;
    return msi(h, address, bytes);
}

static void destroy(struct hyp *h)
{
    (void)h;
}

static const struct hyp_ops ops = {
    .irq_line = line, .msi = msi, .irqfd = irqfd, .ioeventfd = ioeventfd, .destroy = destroy};

static struct machine m;
static struct hyp hyp;

static void make_machine(void)
{
    static uint8_t window[4096];
    struct uart *u;
    struct power *p;
    struct fw_cfg *f;
    struct watchdog *w;
    struct pvpanic *v;
    struct console *c;
    struct ivshmem *s;
    struct debug_console *d;
    struct q35 *q;

    machine_init(&m, "fuzz");
    m.ops = &ops;
    m.hyp = &hyp;
    m.unclaimed = 1000; /* none is logged */
    if (machine_open_loop(&m) || guest_mem_create(&m.mem, 0x400000, false) ||
        uart_create(&u, &m, NULL, NULL) || power_create(&p, &m) || fw_cfg_create(&f, &m) ||
        fw_items_add(f, &m) || debug_console_create(&d, &m, NULL) || q35_create(&q, &m, 31) ||
        rtc_add(&m) || debug_exit_add(&m) || watchdog_create(&w, &m, 2) ||
        pvpanic_create(&v, &m, 3) || console_create(&c, &m, NULL, NULL, 4) ||
        ivshmem_create(&s, &m, window, sizeof(window), 1))
        abort();
    m.end = END_STOPPED; /* an end is silent from now on */
}

/* Where accesses are worth something: the ports of devices, configuration space, what BARs are
 * mapped now. */
static uint64_t interesting(uint8_t which, uint16_t offset)
{
    static const uint16_t port[] = {0x3F8, 0x600, 0x64, 0x70, 0x92, 0xCF9, 0x510, 0xF4, 0x402};
    unsigned slot = which % 8 == 7 ? 31 : which % 8;

    if (which < 64)
        return port[which % 9] + offset % 16u;
    if (which < 128)
        return ECAM_BASE + ((uint64_t)slot << 15) + offset % 256u;
    for (unsigned i = 0; i < 6 && m.pci.slot[slot]; i++) {
        const struct pci_bar *b = &m.pci.slot[slot]->bar[(which / 8 + i) % 6];

        if (b->bytes)
            return b->address + offset % b->bytes;
    }
    return ECAM_BASE + offset;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool made;

    if (!made)
        make_machine();
    made = true;
    for (size_t at = 0; at + 12 <= size; at += 12) {
        struct io_access a = {.write = data[at] & 1, .bytes = 1u << (data[at] >> 1 & 3)};
        uint16_t offset;

        memcpy(&offset, data + at + 2, sizeof(offset));
        memcpy(&a.value, data + at + 4, sizeof(a.value));
        a.space = data[at + 1] < 64 ? ACCESS_PIO : ACCESS_MMIO;
        if (a.space == ACCESS_PIO && a.bytes == 8)
            a.bytes = 4;
        a.address = interesting(data[at + 1], offset);
        machine_access(&m, &a);
        if (data[at] & 0x80)
            (void)!vu_loop_once(&m.loop, 0);
    }
    return 0;
}
