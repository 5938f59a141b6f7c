/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bare hardware, where no hypervisor hands out devices: the display's Bochs VBE registers, the I/O
 * APIC's pin of COM2. Never called when guest_info is there.
 */
#include "board.h"
#include "x86.h"

#define DISPI_INDEX   0x1CE
#define DISPI_DATA    0x1CF
#define DISPI_ID      0
#define DISPI_XRES    1
#define DISPI_YRES    2
#define DISPI_BPP     3
#define DISPI_ENABLE  4
#define DISPI_VIRT_W  6
#define DISPI_ON_LFB  0x41u
#define DISPI_ID_MASK 0xFFF0u
#define DISPI_ID_IS   0xB0C0u

#define CLASS_DISPLAY 0x03u
#define SUBCLASS_VGA  0x00u

#define IOAPIC_PAGE    0xFEC00000u
#define IOAPIC_VERSION 0x01u
#define IOAPIC_PIN(n)  (0x10u + 2u * (n))
#define COM2_PIN       3u
#define APIC_ID_X2     0x802u
#define APIC_ID_PAGE   0xFEE00020u

static void dispi_write(uint16_t index, uint16_t value)
{
    outw(DISPI_INDEX, index);
    outw(DISPI_DATA, value);
}

static uint16_t dispi_read(uint16_t index)
{
    outw(DISPI_INDEX, index);
    return inw(DISPI_DATA);
}

void bare_find_framebuffer(uint16_t width, uint16_t height)
{
    uint32_t function, bar, pitch;

    if ((dispi_read(DISPI_ID) & DISPI_ID_MASK) != DISPI_ID_IS)
        return;
    if (!pci_find(CLASS_DISPLAY, SUBCLASS_VGA, &function))
        return;
    bar = pci_read(function, PCI_BAR0) & ~0xFu; /* the linear framebuffer */
    dispi_write(DISPI_ENABLE, 0);
    dispi_write(DISPI_XRES, width);
    dispi_write(DISPI_YRES, height);
    dispi_write(DISPI_BPP, 32);
    dispi_write(DISPI_ENABLE, DISPI_ON_LFB);
    /* What the controller took may be less. */
    width = dispi_read(DISPI_XRES);
    height = dispi_read(DISPI_YRES);
    pitch = 4u * dispi_read(DISPI_VIRT_W);
    if (!paging_map(bar, pitch * height, MAP_WRITE_COMBINE))
        return;
    board.framebuffer = (struct board_framebuffer){(uint32_t *)bar, width, height, pitch};
}

static void ioapic_write(uint32_t reg, uint32_t value)
{
    *(volatile uint32_t *)IOAPIC_PAGE = reg;
    *(volatile uint32_t *)(IOAPIC_PAGE + 0x10) = value;
}

static uint32_t ioapic_read(uint32_t reg)
{
    *(volatile uint32_t *)IOAPIC_PAGE = reg;
    return *(volatile uint32_t *)(IOAPIC_PAGE + 0x10);
}

/* ISA interrupt 3, edge, active high, to this CPU; every other pin and both PICs masked. */
void bare_route_bus_interrupt(void)
{
    uint32_t id =
        board.x2apic ? (uint32_t)rdmsr(APIC_ID_X2) : *(volatile uint32_t *)APIC_ID_PAGE >> 24;
    uint32_t pins;

    outb(0x21, 0xFF);
    outb(0xA1, 0xFF);
    OS_ASSERT(paging_map(IOAPIC_PAGE, 4096, MAP_DEVICE));
    pins = (ioapic_read(IOAPIC_VERSION) >> 16 & 0xFF) + 1;
    OS_ASSERT(pins > COM2_PIN);
    for (uint32_t pin = 0; pin < pins; pin++)
        ioapic_write(IOAPIC_PIN(pin), 1u << 16);
    ioapic_write(IOAPIC_PIN(COM2_PIN) + 1, id << 24);
    ioapic_write(IOAPIC_PIN(COM2_PIN), board.bus_vector);
}
