/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bench guest: what an exit costs, in TSC ticks per operation. Under QEMU's -icount shift=0 a
 * tick is one instruction, those of the hypervisor included. Prints lines "bench NAME MEDIAN LEAST
 * GREATEST" on COM1 and leaves by isa-debug-exit. The word "dm" on its command line says that a
 * device model in user space stands behind it, and measures a port that only that one answers;
 * "loop" then reads it for ever, for those who watch from outside. "irq" measures an interrupt
 * instead, from the write that raises it to behind its handler, and nothing that exits; "posted"
 * one that the second CPU takes while it runs, and stays there so that exits can be counted.
 */
#include "../bare.h"

#define EXIT_VALUE 0x10u
#define PIC_MASK                                                                                   \
    0x21u /* KVM emulates the chip in the kernel; Binnacle answers in the hypervisor that there is \
             none */
#define FW_CFG       0x511u /* QEMU's fw_cfg: in user space with both */
#define WARM_UP      32u
#define LOG2_BATCH   6u
#define BATCHES      15u
#define INFO_CMDLINE (1u << 2)
#define IRQ_VECTOR   0x40u
#define APIC_BASE    0x1Bu
#define X2APIC_ON    0xC00u
#define X2APIC_SVR   0x80Fu
#define X2APIC_SELF  0x83Fu
#define X2APIC_ICR   0x830u
#define ICR_INIT     0x4500u
#define ICR_STARTUP  0x4600u
#define AP_ID        (1ull << 32)
#define AP_PAGE      0x8000u

struct multiboot_info {
    uint32_t flags, mem_lower, mem_upper, boot_device, cmdline;
};

static struct gate idt[IRQ_VECTOR + 1];
const struct table_register idt_register = {sizeof(idt) - 1, idt};
volatile uint32_t undefined_seen, interrupts_seen;
static volatile uint32_t ap_ready;
extern const uint8_t ap_start[], ap_end[];

void undefined_instruction(void);
void interrupt(void);
void bench_main(uint32_t magic, const struct multiboot_info *info);
void ap_main(void);

static void op_nothing(void)
{
    __asm__ volatile("nop");
}

static void op_cpuid(void)
{
    uint32_t a = 1, b, c = 0, d;

    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
}

/* The number is one that nobody knows: what is measured is the way there and back. */
static void op_vmcall(void)
{
    uint32_t a = 0x7FFFFFFF, b = 0, c = 0, d = 0;

    __asm__ volatile("vmcall" : "+a"(a), "+b"(b), "+c"(c), "+d"(d) : : "memory");
}

static void op_vmmcall(void)
{
    uint32_t a = 0x7FFFFFFF, b = 0, c = 0, d = 0;

    __asm__ volatile("vmmcall" : "+a"(a), "+b"(b), "+c"(c), "+d"(d) : : "memory");
}

static void op_irq(void)
{
    uint32_t before = interrupts_seen;

    write_msr(X2APIC_SELF, IRQ_VECTOR);
    while (interrupts_seen == before)
        ;
}

static void op_posted(void)
{
    uint32_t before = interrupts_seen;

    write_msr(X2APIC_ICR, AP_ID | IRQ_VECTOR);
    while (interrupts_seen == before)
        ;
}

static void op_port_hv(void)
{
    (void)in8(PIC_MASK);
}

static void op_port_dm(void)
{
    (void)in8(FW_CFG);
}

/* Ticks of one operation: the mean of each batch, sorted. What interrupts a batch (a timer tick of
 * the host, another of its threads) so spoils that batch and not the median. */
static void ticks(void (*op)(void), uint32_t batch[BATCHES])
{
    for (unsigned i = 0; i < WARM_UP; i++)
        op();
    for (unsigned n = 0; n < BATCHES; n++) {
        uint64_t start = tsc();
        uint32_t mean;
        unsigned at = n;

        for (unsigned i = 0; i < 1u << LOG2_BATCH; i++)
            op();
        mean = (uint32_t)((tsc() - start) >> LOG2_BATCH);
        for (; at && batch[at - 1] > mean; at--)
            batch[at] = batch[at - 1];
        batch[at] = mean;
    }
}

/* Prints the median, then the least and the greatest batch. */
static void measure(const char *name, void (*op)(void))
{
    uint32_t before = undefined_seen, loop[BATCHES], all[BATCHES];
    const unsigned shown[] = {BATCHES / 2, 0, BATCHES - 1};

    ticks(op_nothing, loop);
    ticks(op, all);
    print("bench ");
    print(name);
    if (undefined_seen != before) {
        print(" none\n");
        return;
    }
    for (unsigned i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        print(" ");
        print_number(all[shown[i]] - loop[BATCHES / 2]);
    }
    print("\n");
}

/* KVM and we say in CPUID 0x40000000 who we are; TCG alone has no hypercalls. */
static const char *whose_machine(void)
{
    uint32_t a = 1, b, c = 0, d;

    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    if (!(c >> 31))
        return "none";
    a = 0x40000000;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return b == 0x4E524341 ? "binnacle" : b == 0x4B4D564B ? "kvm" : "none";
}

static int has_word(const char *line, const char *word)
{
    while (*line) {
        const char *w = word;

        while (*w && *line == *w) {
            line++;
            w++;
        }
        if (!*w && (!*line || *line == ' '))
            return 1;
        while (*line && *line != ' ')
            line++;
        while (*line == ' ')
            line++;
    }
    return 0;
}

static void apic_on(void)
{
    uint64_t base = read_msr(APIC_BASE);

    if ((base & X2APIC_ON) != X2APIC_ON)
        write_msr(APIC_BASE, base | X2APIC_ON);
    write_msr(X2APIC_SVR, 0x1FF);
}

void ap_main(void)
{
    apic_on();
    ap_ready = 1;
    __asm__ volatile("sti");
    for (;;)
        ;
}

static void measure_posted(void)
{
    for (unsigned i = 0; i < (unsigned)(ap_end - ap_start); i++)
        ((volatile uint8_t *)AP_PAGE)[i] = ap_start[i];
    idt[IRQ_VECTOR] = interrupt_gate(interrupt);
    apic_on();
    write_msr(X2APIC_ICR, AP_ID | ICR_INIT);
    write_msr(X2APIC_ICR, AP_ID | ICR_STARTUP | AP_PAGE >> 12);
    while (!ap_ready)
        ;
    measure("posted", op_posted);
    print("bench interrupts ");
    print_number(interrupts_seen);
    print(" 0 0\nbench done\n");
    for (;;)
        ;
}

static void measure_interrupt(void)
{
    apic_on();
    out8(PIC_MASK, 0xFF); /* the BIOS left its timer on */
    out8(PIC_MASK + 0x80, 0xFF);
    idt[IRQ_VECTOR] = interrupt_gate(interrupt);
    __asm__ volatile("sti");
    measure("irq", op_irq);
    __asm__ volatile("cli");
}

static void measure_exits(const char *host)
{
    measure("cpuid", op_cpuid);
    if (host[0] != 'n') {
        measure("hypercall", op_vmcall);
        measure("hypercall-vmmcall", op_vmmcall);
    }
    measure("port-hv", op_port_hv);
}

void bench_main(uint32_t magic, const struct multiboot_info *info)
{
    const char *host = whose_machine(), *line = "";

    idt[6] = interrupt_gate(undefined_instruction);
    print("bench host ");
    print(host);
    print("\n");
    if (magic == 0x2BADB002 && (info->flags & INFO_CMDLINE))
        line = (const char *)(uintptr_t)info->cmdline;
    if (has_word(line, "posted"))
        measure_posted();
    if (has_word(line, "irq"))
        measure_interrupt();
    else
        measure_exits(host);
    if (has_word(line, "dm"))
        measure("port-dm", op_port_dm);
    print("bench done\n");
    while (has_word(line, "loop"))
        op_port_dm();
    out8(EXIT_PORT, EXIT_VALUE);
}
