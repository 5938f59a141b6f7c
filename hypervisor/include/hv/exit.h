/* SPDX-License-Identifier: BSD-3-Clause */
/* A hardware exit in vendor-free words: what svm/ and vmx/ hand upwards. */
#ifndef HV_EXIT_H
#define HV_EXIT_H

#include "hv/types.h"

enum exit_kind {                  /* also the index of the per-VM exit counters */
                 EXIT_NONE,       /* handled inside the vendor's code */
                 EXIT_HOST_IRQ,   /* a physical interrupt; taken once host interrupts are opened */
                 EXIT_HOST_NMI,   /* the watchdog wants this CPU */
                 EXIT_IRQ_WINDOW, /* the guest can take an interrupt now */
                 EXIT_CPUID,
                 EXIT_HLT,
                 EXIT_PAUSE,
                 EXIT_HYPERCALL, /* vmcall or vmmcall */
                 EXIT_PIO,
                 EXIT_MMIO, /* nested page fault */
                 EXIT_RDMSR,
                 EXIT_WRMSR,
                 EXIT_XSETBV,
                 EXIT_CR,        /* INVD, WBINVD, MOV CR8 and the like that policy wants to see: see
                                    exit.cr */
                 EXIT_EXCEPTION, /* an intercepted exception, to be reflected */
                 EXIT_SHUTDOWN,  /* triple fault */
                 EXIT_INVALID,   /* entry refused by the hardware or an exit nobody knows: the VM is
                                    parked */
                 EXIT_EOI,       /* the guest ended the service of a level interrupt */
                 EXIT_KINDS
};

struct exit_pio {
    uint16_t port;
    uint8_t size; /* 1, 2, 4 */
    bool in, string;
};

struct exit_mmio {
    gpa_t gpa;
    bool write, fetch;
};

struct exit_exception {
    uint8_t vector;
    bool has_error;
    uint32_t error;
};

struct vcpu_exit {
    enum exit_kind kind;
    uint8_t length; /* of the instruction; 0 if the vendor could not tell and nobody needs it */
    union {
        uint8_t vector; /* HOST_IRQ: what the processor acknowledged, 0: nothing; EOI: what ended */
        struct exit_pio pio;
        struct exit_mmio mmio;
        struct exit_exception exception;
    };
};

#endif
