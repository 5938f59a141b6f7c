/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A pre-launched VM that has functions of the machine by its scenario: QEMU's "edu"
 * (docs/specs/edu.rst), and perhaps a network card (igb). Tells in a text at RESULT, which is read
 * from outside, which functions it sees and whether edu works: its id, a copy within the VM's
 * memory, the message when that is done. Then edu is told to write where the word "attack=" of the
 * command line says, and the VM ends by a triple fault. Started again, it tells by a register of
 * edu, which has no reset, that this is another life, does the same, and stays. The word "later="
 * says how many copies, each a tenth of a second, come before the attack: an IOMMU may have room
 * for one fault only.
 */
#include "../bare.h"

#define RESULT       0x200000u
#define RESULT_BYTES 4096u
#define MINE         0x300000u /* copied from there to the next page */
#define COUNT        64u
#define VECTOR       0x41u

#define EDU        0x11E81234u
#define EDU_BUFFER 0x40000u
#define EDU_ID     0x00u
#define EDU_INVERT 0x04u
#define EDU_STATUS 0x24u
#define EDU_DONE   0x64u
#define EDU_FROM   0x80u
#define EDU_TO     0x88u
#define EDU_COUNT  0x90u
#define EDU_START  0x98u
#define RUN        1u
#define TO_MEMORY  2u
#define INTERRUPTS 4u

#define CARD         0x10C98086u /* igb */
#define CARD_ADDRESS 0x5400u     /* the first half of its own */
#define CHANGED      0x77000002u

#define APIC        0xFEE00000u
#define APIC_BASE   0x1Bu
#define APIC_X2APIC (1u << 10)
#define X2APIC      0x800u
#define APIC_ID     0x02u
#define APIC_EOI    0x0Bu
#define APIC_SVR    0x0Fu

struct multiboot_info {
    uint32_t flags, mem_lower, mem_upper, boot_device, cmdline, modules, module_list;
};
static struct gate idt[VECTOR + 1];
const struct table_register idt_register = {sizeof(idt) - 1, idt};

static volatile uint8_t *edu;
static volatile uint32_t interrupts_seen;
static char *out = (char *)RESULT;

void interrupt(void);
void triple_fault(void) __attribute__((noreturn));
void take_interrupt(void);
void owner_main(const struct multiboot_info *info);

/* ---- what is told */

static void say(const char *text)
{
    while (*text && out < (char *)RESULT + RESULT_BYTES - 1)
        *out++ = *text++;
}

static void say_hex(uint32_t value)
{
    for (int shift = 28; shift >= 0; shift -= 4)
        say((const char[]){"0123456789abcdef"[value >> shift & 15], 0});
}

static void tell(const char *what, uint32_t value)
{
    say(what);
    say(" ");
    say_hex(value);
    say("\n");
}

/* ---- the processor */

static uint32_t apic(unsigned reg, int write, uint32_t value)
{
    volatile uint32_t *at = (volatile uint32_t *)(APIC + reg * 16);

    if (read_msr(APIC_BASE) & APIC_X2APIC) {
        if (!write)
            return (uint32_t)read_msr(X2APIC + reg);
        write_msr(X2APIC + reg, value);
    } else if (write) {
        *at = value;
    } else {
        return reg == APIC_ID ? *at >> 24 : *at;
    }
    return 0;
}

static uint32_t config(unsigned bdf, unsigned at, int write, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(0x80000000u | bdf << 8 | at), "Nd"((uint16_t)0xCF8));
    if (write)
        __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"((uint16_t)0xCFC));
    else
        __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"((uint16_t)0xCFC));
    return value;
}

/* ---- edu */

static uint32_t edu_read(unsigned reg)
{
    return *(volatile uint32_t *)(edu + reg);
}

static void edu_write(unsigned reg, uint32_t value)
{
    *(volatile uint32_t *)(edu + reg) = value;
}

void take_interrupt(void)
{
    edu_write(EDU_DONE, edu_read(EDU_STATUS));
    interrupts_seen++;
    apic(APIC_EOI, 1, 0);
}

/* Waits for the message that it is done. */
static void copy(uint32_t from, uint32_t to, uint32_t direction)
{
    uint32_t before = interrupts_seen;

    edu_write(EDU_FROM, from);
    edu_write(EDU_TO, to);
    edu_write(EDU_COUNT, COUNT);
    edu_write(EDU_START, RUN | direction | INTERRUPTS);
    while (interrupts_seen == before)
        __asm__ volatile("sti; hlt; cli" : : : "memory");
}

static void switch_messages_on(unsigned bdf)
{
    unsigned at = config(bdf, 0x34, 0, 0) & 0xFC;

    while (at && (config(bdf, at, 0, 0) & 0xFF) != 5)
        at = config(bdf, at, 0, 0) >> 8 & 0xFC;
    config(bdf, at + 4, 1, APIC | apic(APIC_ID, 0, 0) << 12);
    config(bdf, at + 8, 1, 0);
    config(bdf, at + 12, 1, VECTOR);
    config(bdf, at, 1, config(bdf, at, 0, 0) | 1u << 16);
}

static void try_edu(unsigned bdf)
{
    const volatile uint8_t *mine = (volatile uint8_t *)MINE, *back = mine + 4096;
    uint32_t same = 0, before = interrupts_seen;

    tell("id", edu_read(EDU_ID));
    edu_write(EDU_INVERT, 0x12345678);
    tell("inverted", edu_read(EDU_INVERT));
    for (unsigned i = 0; i < COUNT; i++)
        *(volatile uint8_t *)(MINE + i) = (uint8_t)(i * 7 + 1);
    switch_messages_on(bdf);
    copy(MINE, EDU_BUFFER, 0);
    copy(EDU_BUFFER, MINE + 4096, TO_MEMORY);
    for (unsigned i = 0; i < COUNT; i++)
        same += mine[i] == back[i];
    tell("copied", same);
    tell("messages", interrupts_seen - before);
}

/* ---- in order */

static unsigned find(uint32_t id, int telling)
{
    unsigned found = 0;

    for (unsigned bdf = 0; bdf < 0x200; bdf++) {
        uint32_t is = config(bdf, 0, 0, 0);

        if (is == UINT32_MAX)
            continue;
        if (telling)
            tell("function", bdf);
        if (is == id)
            found = bdf;
    }
    return found;
}

static volatile uint8_t *open(unsigned bdf)
{
    config(bdf, 4, 1, 6); /* memory, master */
    return (volatile uint8_t *)(config(bdf, 0x10, 0, 0) & ~15u);
}

static uint32_t number_in(const char *text, const char *word)
{
    uint32_t value = 0;

    for (; *text; text++) {
        unsigned i = 0;

        while (word[i] && text[i] == word[i])
            i++;
        if (word[i])
            continue;
        for (text += i; *text > ' '; text++)
            value = value << 4 | (uint32_t)(*text <= '9' ? *text - '0' : *text - 'a' + 10);
        return value;
    }
    return value;
}

/* What a life leaves in the card the next must not find. True: it was changed. */
static int change(unsigned card)
{
    volatile uint32_t *address = (volatile uint32_t *)(open(card) + CARD_ADDRESS);

    tell("card", *address);
    *address = CHANGED;
    return *address == CHANGED;
}

void owner_main(const struct multiboot_info *info)
{
    uint32_t attack = number_in((const char *)info->cmdline, "attack="), before;
    unsigned bdf = find(EDU, 1), card = find(CARD, 0);
    int changed;

    idt[VECTOR] = interrupt_gate(interrupt);
    apic(APIC_SVR, 1, 0x1FF);
    edu = open(bdf);
    before = edu_read(EDU_FROM);
    tell("before", before);
    changed = card ? change(card) : 0;
    try_edu(bdf);
    for (uint32_t i = number_in((const char *)info->cmdline, "later="); i; i--)
        copy(EDU_BUFFER, MINE + 4096, TO_MEMORY);
    copy(EDU_BUFFER, attack, TO_MEMORY);
    edu_write(EDU_FROM, 0x10u + (uint32_t)changed);
    say("end\n");
    if (!before)
        triple_fault();
}
