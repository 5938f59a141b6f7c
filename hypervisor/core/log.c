/* SPDX-License-Identifier: BSD-3-Clause */
/* The log: a ring of lines in memory with the console behind it, and panic. */
#include "hv/log.h"
#include "hv/arch.h"
#include "hv/watchdog.h"

#define RING_BYTES     0x10000u
#define LINE_BYTES     200u
#define VM_LINES_BURST 64u         /* lines a VM may log at once, */
#define VM_LINE_NS     50000000ull /* and how long it takes to earn another */

static char ring[RING_BYTES];
static uint64_t ring_at; /* characters ever written */
static struct spinlock ring_lock;
static struct budget {
    uint64_t refill; /* TSC up to which lines have been earned back */
    uint32_t spent, dropped;
} vm_budget[HV_MAX_VMS], event_budget[HV_MAX_VMS];

static void ring_line(const char *line)
{
    for (; *line; line++)
        ring[ring_at++ % RING_BYTES] = *line;
    ring[ring_at++ % RING_BYTES] = '\n';
}

static size_t stamp(char *line, size_t bytes)
{
    uint64_t us = tsc_hz ? tsc_to_ns(tsc_now() - boot_tsc) / 1000 : 0;

    return hv_snprintf(line, bytes, "%lu.%06lu %u: ", us / 1000000, us % 1000000,
                       pcpus_ready ? this_pcpu()->id : 0);
}

static void log_arguments(const char *prefix, const char *format, va_list arguments)
{
    char line[LINE_BYTES];
    size_t used = stamp(line, sizeof(line));

    if (prefix)
        used += hv_snprintf(line + used, sizeof(line) - used, "[%s] ", prefix);
    hv_vsnprintf(line + used, sizeof(line) - used, format, arguments);
    spin_lock(&ring_lock);
    ring_line(line);
    spin_unlock(&ring_lock);
    console_line(line);
}

void hv_log(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    log_arguments(NULL, format, list);
    va_end(list);
}

/* Takes one line from the budget. */
static bool may_log(struct budget *b)
{
    uint64_t now = tsc_now(), step = tsc_from_ns(VM_LINE_NS);
    bool may;

    spin_lock(&ring_lock);
    for (; b->spent && now - b->refill >= step; b->spent--)
        b->refill += step;
    if (!b->spent)
        b->refill = now;
    may = b->spent < VM_LINES_BURST;
    b->spent += may;
    b->dropped += !may;
    spin_unlock(&ring_lock);
    return may;
}

static void log_within(const struct vm *vm, struct budget *budget, const char *format, va_list list)
{
    uint32_t dropped;

    if (!may_log(budget))
        return;
    log_arguments(vm->config->name, format, list);
    dropped = __atomic_exchange_n(&budget->dropped, 0, __ATOMIC_RELAXED);
    if (dropped)
        hv_log("[%s] (%u lines dropped)", vm->config->name, dropped);
}

void vm_log(struct vm *vm, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    log_within(vm, &vm_budget[vm->id], format, list);
    va_end(list);
}

void vm_event(struct vm *vm, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    log_within(vm, &event_budget[vm->id], format, list);
    va_end(list);
}

uint64_t log_head(void)
{
    return __atomic_load_n(&ring_at, __ATOMIC_ACQUIRE);
}

size_t log_read(uint64_t *from, char *to, size_t bytes)
{
    size_t used = 0;

    spin_lock(&ring_lock);
    if (ring_at > RING_BYTES && *from < ring_at - RING_BYTES)
        *from = ring_at - RING_BYTES;
    while (*from < ring_at && used < bytes)
        to[used++] = ring[(*from)++ % RING_BYTES];
    spin_unlock(&ring_lock);
    return used;
}

static void panic_tail(void)
{
    char line[LINE_BYTES];
    uint64_t at = ring_at > 2000 ? ring_at - 2000 : 0;
    size_t used = 0;

    console_panic_line("last lines of the log:");
    for (; at < ring_at; at++) {
        char c = ring[at % RING_BYTES];

        if (c != '\n' && used < sizeof(line) - 1) {
            line[used++] = c;
            continue;
        }
        line[used] = 0;
        console_panic_line(line);
        used = 0;
    }
}

void panic_registers(const struct trap_frame *f)
{
    char line[LINE_BYTES];

    hv_snprintf(line, sizeof(line),
                "vector %lu error %lx rip %lx rsp %lx rflags %lx cr2 %lx cr3 %lx", f->vector,
                f->error, f->rip, f->rsp, f->rflags, read_cr2(), read_cr3());
    console_panic_line(line);
    hv_snprintf(line, sizeof(line), "rax %lx rbx %lx rcx %lx rdx %lx rsi %lx rdi %lx rbp %lx",
                f->rax, f->rbx, f->rcx, f->rdx, f->rsi, f->rdi, f->rbp);
    console_panic_line(line);
    hv_snprintf(line, sizeof(line), "r8 %lx r9 %lx r10 %lx r11 %lx r12 %lx r13 %lx r14 %lx r15 %lx",
                f->r8, f->r9, f->r10, f->r11, f->r12, f->r13, f->r14, f->r15);
    console_panic_line(line);
}

void hv_panic(const char *format, ...)
{
    static uint32_t panicking;
    char line[LINE_BYTES];
    size_t used;
    va_list list;

    __asm__ volatile("cli");
    if (__atomic_exchange_n(&panicking, 1, __ATOMIC_SEQ_CST))
        for (;;)
            __asm__ volatile("hlt"); /* another CPU is telling; or telling itself failed */
    panic_stop_others();
    used = hv_snprintf(line, sizeof(line), "PANIC on CPU %u: ", pcpus_ready ? this_pcpu()->id : 0);
    va_start(list, format);
    hv_vsnprintf(line + used, sizeof(line) - used, format, list);
    va_end(list);
    console_panic_line(line);
    hv_snprintf(line, sizeof(line), "called from %lx, cr3 %lx",
                (uint64_t)__builtin_return_address(0), read_cr3());
    console_panic_line(line);
    panic_tail();
    reset_machine();
}
