/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A guest that shares its CPU and watches its registers. It fills those that another VM's turn
 * could spoil and no interrupt of its own does, waits until it has been away often, which its clock
 * tells, and compares after each time. Prints "registers: kept over N turns" or which one was not
 * kept, and leaves by isa-debug-exit.
 */
#include <stddef.h>

#include "../bare.h"

#define TURNS        200u
#define AWAY         10000u /* ticks: more than an exit takes, less than a turn of Linux */
#define KEPT         0x10u  /* left with */
#define LOST         0x11u
#define CR4_SSE      0x600u
#define CR4_OSXSAVE  0x40000u
#define XCR0_AVX     7u
#define LEGACY       32u /* ST0 to ST7, then XMM0 to XMM7 (SDM 1 §10.5.1) */
#define LEGACY_BYTES 256u
#define XSTATE_BV    512u /* SDM 1 §13.4.2 */
#define YMM          576u /* their upper halves */
#define YMM_BYTES    128u
#define AREA_BYTES   832u
#define MXCSR        24u

void registers_main(void);

static const struct {
    const char *name;
    uint32_t number;
    uint64_t value;
} msrs[] = {
    {"SYSENTER_CS", 0x174, 0x5A10},
    {"SYSENTER_ESP", 0x175, 0x11223344},
    {"SYSENTER_EIP", 0x176, 0x55667788},
    {"PAT", 0x277, 0x0007010600070106},
    {"STAR", 0xC0000081, 0x0023001012345678},
    {"LSTAR", 0xC0000082, 0xFFFFFFFF81234568},
    {"CSTAR", 0xC0000083, 0xFFFFFFFF89ABCDE0},
    {"SFMASK", 0xC0000084, 0x47700},
    {"FS base", 0xC0000100, 0x00007123456789A0},
    {"GS base", 0xC0000101, 0xFFFF888012345670},
    {"KERNEL_GS_BASE", 0xC0000102, 0x00007ABCDEF01230},
    {"TSC_AUX", 0xC0000103, 0x1234},
};

static uint8_t filled[AREA_BYTES] __attribute__((aligned(64))),
    seen[AREA_BYTES] __attribute__((aligned(64)));

/* One read, one write of a register that only MOV reaches. */
#define MOV_REGISTER(name)                                                                         \
    static uint32_t read_##name(void)                                                              \
    {                                                                                              \
        uint32_t value;                                                                            \
                                                                                                   \
        __asm__ volatile("mov %%" #name ", %0" : "=r"(value) : : "memory");                        \
        return value;                                                                              \
    }                                                                                              \
    static void write_##name(uint32_t value)                                                       \
    {                                                                                              \
        __asm__ volatile("mov %0, %%" #name : : "r"(value) : "memory");                            \
    }
MOV_REGISTER(cr2)
MOV_REGISTER(dr0)
MOV_REGISTER(dr1)
MOV_REGISTER(dr2)
MOV_REGISTER(dr3)

static const struct {
    const char *name;
    uint32_t (*read)(void);
    void (*write)(uint32_t value);
    uint32_t value;
} moved[] = {
    {"CR2", read_cr2, write_cr2, 0xC0FFEE00}, {"DR0", read_dr0, write_dr0, 0x0D0D0000},
    {"DR1", read_dr1, write_dr1, 0x0D0D1111}, {"DR2", read_dr2, write_dr2, 0x0D0D2222},
    {"DR3", read_dr3, write_dr3, 0x0D0D3333},
};

/* x87, SSE and AVX by an image of what they are to hold, each byte another. */
static void fill_vectors(void)
{
    uint32_t cr4, mxcsr = 0x1F80;

    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    __asm__ volatile("mov %0, %%cr4" : : "r"(cr4 | CR4_SSE | CR4_OSXSAVE));
    __asm__ volatile("xsetbv" : : "c"(0), "a"(XCR0_AVX), "d"(0));
    for (unsigned i = 0; i < LEGACY_BYTES; i++)
        filled[LEGACY + i] =
            (uint8_t)(i % 16 < 10 || i >= 128 ? i * 7 + 1 : 0); /* ST is 10 bytes of 16 */
    for (unsigned i = 0; i < YMM_BYTES; i++)
        filled[YMM + i] = (uint8_t)(i * 5 + 3);
    filled[0] = 0x7F;
    filled[1] = 0x03;
    filled[4] = 0xFF; /* no register is empty */
    for (unsigned i = 0; i < 4; i++)
        filled[MXCSR + i] = (uint8_t)(mxcsr >> 8 * i);
    filled[XSTATE_BV] = XCR0_AVX;
    __asm__ volatile("xrstor %0" : : "m"(filled), "a"(XCR0_AVX), "d"(0));
}

static int same(unsigned from, unsigned bytes)
{
    for (unsigned i = from; i < from + bytes; i++)
        if (seen[i] != filled[i])
            return 0;
    return 1;
}

/* The first register that does not hold what it was filled with, NULL if all do. */
static const char *lost(void)
{
    uint32_t xcr0, high;

    for (unsigned i = 0; i < sizeof(moved) / sizeof(moved[0]); i++)
        if (moved[i].read() != moved[i].value)
            return moved[i].name;
    for (unsigned i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++)
        if (read_msr(msrs[i].number) != msrs[i].value)
            return msrs[i].name;
    __asm__ volatile("xgetbv" : "=a"(xcr0), "=d"(high) : "c"(0));
    if (xcr0 != XCR0_AVX || high)
        return "XCR0";
    __asm__ volatile("xsave %0" : "=m"(seen) : "a"(XCR0_AVX), "d"(0));
    if (!same(LEGACY, LEGACY_BYTES / 2))
        return "x87";
    if (!same(LEGACY + LEGACY_BYTES / 2, LEGACY_BYTES / 2))
        return "XMM";
    return same(YMM, YMM_BYTES) ? NULL : "YMM";
}

void registers_main(void)
{
    const char *name;
    unsigned turns = 0;
    uint64_t now, before;

    for (unsigned i = 0; i < sizeof(moved) / sizeof(moved[0]); i++)
        moved[i].write(moved[i].value);
    for (unsigned i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++)
        write_msr(msrs[i].number, msrs[i].value);
    fill_vectors();
    for (before = tsc(), name = lost(); !name && turns < TURNS; before = now) {
        now = tsc();
        if (now - before > AWAY) {
            turns++;
            name = lost();
        }
    }
    print("registers: ");
    print(name ? name : "kept");
    print(name ? " not kept after " : " over ");
    print_number(turns);
    print(" turns\n");
    out8(EXIT_PORT, name ? LOST : KEPT);
}
