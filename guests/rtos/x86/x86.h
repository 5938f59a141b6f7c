/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of the i386 port share: instructions, traps, memory map, timer, UART. */
#ifndef RTOS_X86_H
#define RTOS_X86_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VECTOR_TIMER    0x40u
#define VECTOR_BUS_BARE 0x41u /* bare hardware; a guest is told its vector */
#define VECTOR_SERVICE  0x30u /* an untrusted task's gate to the kernel */
#define VECTOR_SPURIOUS 0xFFu

/* With the privilege level of ring 3. The kernel's own data segments are the user's: only its code
 * and stack must be of ring 0. */
#define SELECTOR_USER_CODE 0x2Bu
#define SELECTOR_USER_DATA 0x33u

/* The 8254's channel 2, whose gate, and way to the speaker, are port 61h's bits 0 and 1. */
#define PIT_HZ        1193182u
#define PIT_CHANNEL_2 0x42
#define PIT_COMMAND   0x43
#define PIT_GATE      0x61

#define MSR_APIC_BASE 0x1Bu
#define MSR_PAT       0x277u
#define MSR_EFER      0xC0000080u

struct trap_frame {
    uint32_t edi, esi, ebp, esp, ebx, edx, ecx, eax;
    uint32_t vector, error;
    uint32_t eip, cs, eflags;
    uint32_t user_esp, user_ss; /* from ring 3 alone */
};

static inline void outb(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
    uint8_t value;

    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void outw(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint16_t inw(uint16_t port)
{
    uint16_t value;

    __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void outl(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint32_t inl(uint16_t port)
{
    uint32_t value;

    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

static inline void cpuid(uint32_t leaf, uint32_t r[4])
{
    __asm__ volatile("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3]) : "0"(leaf), "2"(0));
}

/* start.S */
uint32_t safe_wrmsr(uint32_t msr, uint32_t low, uint32_t high);
uint32_t safe_rdmsr(uint32_t msr, uint32_t *low, uint32_t *high);

/* trap.c */
void trap_init(void);
void trap_set_stack(uint32_t top); /* on which what comes from ring 3 is handled */
/* A routine of interrupt category 1 or 2 (OSEK §6); the end of interrupt is sent for it. */
void trap_set_handler(uint8_t vector, void (*handler)(void), uint8_t category);

/* paging.c */
enum map_kind { MAP_RAM, MAP_WRITE_COMBINE, MAP_DEVICE };
void paging_init(void); /* after trap_init: it tries MSRs */
uint32_t paging_root(void);
/* A map like the kernel's, and what ring 3 may write in it: pages of application data and stacks.
 */
void paging_clone(uint64_t *root, uint64_t (*tables)[512]);
void paging_grant(uint64_t (*tables)[512], const uint8_t *from, const uint8_t *to);
bool paging_map(uint64_t pa, uint64_t bytes,
                enum map_kind kind); /* identity; false: cannot be mapped */

/* apic.c */
void apic_init(void);
void apic_eoi(void);
void apic_timer_start(uint32_t ticks);
void apic_calibrate_with_pit(void);

/* pci.c: configuration space of bus 0, by the ports. function: device << 3 | function */
#define PCI_COMMAND 0x04u
#define PCI_CLASS   0x08u /* its upper half */
#define PCI_BAR0    0x10u
uint32_t pci_read(uint32_t function, uint32_t reg);
void pci_write(uint32_t function, uint32_t reg, uint32_t value);
bool pci_find(uint8_t class, uint8_t subclass, uint32_t *function); /* the first of that class */

/* sdhost.c */
void sdhost_init(void);

/* bare.c: what only bare hardware needs */
void bare_find_framebuffer(uint16_t width, uint16_t height); /* sets that mode */
void bare_route_bus_interrupt(void);

/* uart.c */
void uart_init(void);
void uart_write_polled(uint16_t port, const char *text);

/* port.c */
void clock_init(void);

/* user.c: the tables of all untrusted applications; before a switch to such a task; its first
 * context; what comes from ring 3: false: an interrupt. */
void user_init(void);
void user_prepare(uint8_t task);
void *user_context(uint8_t task);
bool user_trap(struct trap_frame *frame);

/* machine.c */
void machine_main(uint32_t magic, uint32_t info, uint64_t entry_tsc) __attribute__((noreturn));
void machine_halt(void) __attribute__((noreturn));

/* panic.c */
void panic_trap(const struct trap_frame *frame) __attribute__((noreturn));
void double_fault(void) __attribute__((noreturn));

#endif
