/* SPDX-License-Identifier: BSD-3-Clause */
/* Local APIC: one-shot timer and end of interrupt, through MSRs (x2APIC) or the page (SDM vol. 3
 * §10). */
#include "board.h"
#include "fixed.h"
#include "x86.h"

#define APIC_PAGE    0xFEE00000u
#define BASE_X2APIC  (1u << 10)
#define BASE_ENABLE  (1u << 11)
#define REG_TPR      0x08u
#define REG_EOI      0x0Bu
#define REG_SVR      0x0Fu
#define REG_LVT_TMR  0x32u
#define REG_LVT_LINT 0x35u /* LINT0; LINT1 follows */
#define REG_INITIAL  0x38u
#define REG_CURRENT  0x39u
#define REG_DIVIDE   0x3Eu
#define LVT_MASKED   (1u << 16)
#define DIVIDE_BY_1  0xBu
#define X2APIC_MSR   0x800u

#define PIT_OUT           0x20u
#define CALIBRATION_TICKS 11932u /* 10 ms */

static void apic_write(uint32_t reg, uint32_t value)
{
    if (board.x2apic)
        wrmsr(X2APIC_MSR + reg, value);
    else
        *(volatile uint32_t *)(APIC_PAGE + (reg << 4)) = value;
}

static uint32_t apic_read(uint32_t reg)
{
    return board.x2apic ? (uint32_t)rdmsr(X2APIC_MSR + reg)
                        : *(volatile uint32_t *)(APIC_PAGE + (reg << 4));
}

void apic_init(void)
{
    if (!board.x2apic) {
        uint64_t base = rdmsr(MSR_APIC_BASE);

        board.x2apic = base & BASE_X2APIC;
        if (!board.x2apic) {
            if (!(base & BASE_ENABLE))
                wrmsr(MSR_APIC_BASE, base | BASE_ENABLE);
            OS_ASSERT(paging_map(APIC_PAGE, 4096, MAP_DEVICE));
        }
    }
    apic_write(REG_TPR, 0);
    apic_write(REG_SVR, 0x100u | VECTOR_SPURIOUS);
    apic_write(REG_LVT_LINT, LVT_MASKED);
    apic_write(REG_DIVIDE, DIVIDE_BY_1);
    apic_write(REG_LVT_TMR, VECTOR_TIMER);
}

void apic_eoi(void)
{
    apic_write(REG_EOI, 0);
}

void apic_timer_start(uint32_t ticks)
{
    apic_write(REG_INITIAL, ticks);
}

/* Channel 2 of the PIT counts down 10 ms in mode 0 with its gate from port 61h; nobody else uses it
 * on bare hardware. */
void apic_calibrate_with_pit(void)
{
    uint8_t gate = (uint8_t)(inb(PIT_GATE) & ~0x03u);
    uint64_t tsc;
    uint32_t left;

    apic_write(REG_LVT_TMR, LVT_MASKED | VECTOR_TIMER);
    outb(PIT_GATE, gate);
    outb(PIT_COMMAND, 0xB0);
    outb(PIT_CHANNEL_2, CALIBRATION_TICKS & 0xFF);
    outb(PIT_CHANNEL_2, CALIBRATION_TICKS >> 8);
    outb(PIT_GATE, gate | 1u);
    apic_write(REG_INITIAL, 0xFFFFFFFFu);
    tsc = board_tsc();
    while (!(inb(PIT_GATE) & PIT_OUT))
        ;
    left = apic_read(REG_CURRENT);
    tsc = board_tsc() - tsc;
    apic_write(REG_INITIAL, 0);
    outb(PIT_GATE, gate);
    apic_write(REG_LVT_TMR, VECTOR_TIMER);
    board.apic_timer_hz =
        (uint32_t)udiv64((uint64_t)(0xFFFFFFFFu - left) * PIT_HZ, CALIBRATION_TICKS);
    board.tsc_hz = udiv64(tsc * PIT_HZ, CALIBRATION_TICKS);
}
