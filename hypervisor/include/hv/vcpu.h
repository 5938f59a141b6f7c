/* SPDX-License-Identifier: BSD-3-Clause */
/* A virtual CPU: registers, what it waits for, what is pending for it; and the vendor interface
 * below it. */
#ifndef HV_VCPU_H
#define HV_VCPU_H

#include "hv/insn.h"
#include "hv/vlapic.h"

/* clang-format off */
enum reg { /* as x86 encodes them */
    REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
    REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_COUNT
};
enum segment {
    SEG_ES, SEG_CS, SEG_SS, SEG_DS, SEG_FS, SEG_GS, SEG_LDTR, SEG_TR, SEG_GDTR, SEG_IDTR, SEG_COUNT
};
/* clang-format on */

struct segment_state {
    uint16_t selector;
    uint16_t access; /* type, S, DPL, P in bits 0-7; AVL, L, D/B, G in bits 12-15 (as in the
                        descriptor) */
    uint32_t limit;
    uint64_t base;
};

enum vcpu_state {
    VCPU_OFF, /* not started, or taken off line */
    VCPU_WAIT_SIPI,
    VCPU_READY,   /* wants a CPU */
    VCPU_HALTED,  /* HLT: wakes on an interrupt */
    VCPU_WAIT_IO, /* an ioreq is with the service VM */
    VCPU_PARKED,  /* did something impossible; state was dumped */
};

/* What the device or hypervisor answered to an access that was not complete when its exit was
 * handled. */
struct vcpu_pending_io {
    bool active;
    struct vcpu_exit exit;
    struct mmio_insn insn; /* decoded instruction of an MMIO or string access */
};

#define VCPU_KNOWN 8 /* a power of two */

struct vcpu {
    struct vm *vm;
    uint32_t id; /* in its VM; also its virtual APIC id */
    struct pcpu *pcpu;
    volatile uint32_t state;  /* enum vcpu_state */
    uint64_t regs[REG_COUNT]; /* valid between exits; RSP and RAX too */
    uint64_t rip, rflags;
    struct vlapic lapic;
    volatile uint32_t requests; /* VCPU_REQ_*, set by anyone, taken by its own CPU before entry */
    struct vcpu_pending_io io;
    uint64_t exits[EXIT_KINDS];
    uint32_t weight;      /* of the scenario */
    uint64_t vruntime;    /* time used, divided by weight */
    uint64_t run_start;   /* TSC; 0: not running */
    volatile bool loaded; /* current on its CPU: its state may be in the registers */
    volatile uint32_t sipi_vector;
    uint32_t asid; /* tag of its TLB entries on its CPU */
    uint64_t tsc_aux, dr[4];
    bool asleep;                 /* as its CPU's scheduler saw it last */
    bool nmi_pending;            /* own CPU only */
    bool irq_window, nmi_window; /* asked for */
    bool delivered;              /* its processor takes posted interrupts without an exit */
    bool look;                   /* what it should be given may have changed */
    struct known_length { /* instructions that exited before: the same bytes are there again */
        uint64_t rip, cr3;
        uint8_t kind, length;
    } known[VCPU_KNOWN];
    void *vendor;    /* the vendor's part: VMCB or VMCS and what belongs to it */
    uint64_t *xsave; /* extended state while it is not on its CPU */
    uint64_t xcr0;
};

#define VCPU_REQ_IRQ       (1u << 0) /* look at the local APIC again */
#define VCPU_REQ_NMI       (1u << 1)
#define VCPU_REQ_FLUSH_TLB (1u << 2)
#define VCPU_REQ_RESET     (1u << 3) /* INIT */
#define VCPU_REQ_PAUSE     (1u << 4)
#define VCPU_REQ_IO_DONE   (1u << 5) /* the service VM has completed the ioreq */
#define VCPU_REQ_SIPI      (1u << 6) /* start at sipi_vector << 12, if waiting for it */

/* A guest that spins so long, in cycles, lets others have its CPU; and what is one loop, from PAUSE
 * to PAUSE. Counted in PAUSEs of about the same cost on AMD's side. */
#define VCPU_SPIN_WINDOW 4096u
#define VCPU_SPIN_GAP    128u

/* The vendor interface: everything above it is vendor-free, everything below it is svm/ or vmx/.
 * Const tables. */
struct paging_format;
struct vcpu_vendor {
    const char *name;                   /* "SVM", "VMX" */
    const struct paging_format *nested; /* of guest memory */
    bool (*present)(void);
    /* Turns virtualisation on on the calling CPU. BN_ENODEV names in the log what is missing. */
    enum bn_status (*cpu_enable)(void);
    enum bn_status (*vcpu_create)(struct vcpu *vcpu);
    /* Controls, and of the power-on state what the functions below do not reach: DR6, DR7. */
    void (*vcpu_reset)(struct vcpu *vcpu);
    /* Its state comes to its CPU, and leaves it; own CPU. Not to be called if null. */
    void (*load)(struct vcpu *vcpu);
    void (*unload)(struct vcpu *vcpu);
    void (*run)(struct vcpu *vcpu, struct vcpu_exit *exit);
    uint64_t (*get_cr)(struct vcpu *vcpu, unsigned cr); /* 0, 2, 3, 4 */
    void (*set_cr)(struct vcpu *vcpu, unsigned cr, uint64_t value);
    void (*get_segment)(struct vcpu *vcpu, enum segment which, struct segment_state *state);
    void (*set_segment)(struct vcpu *vcpu, enum segment which, const struct segment_state *state);
    /* State MSRs that live in the VMCB or VMCS: EFER, STAR.., FS/GS base, SYSENTER, PAT. BN_ENOSYS:
     * not one of them. */
    enum bn_status (*get_msr)(struct vcpu *vcpu, uint32_t msr, uint64_t *value);
    enum bn_status (*set_msr)(struct vcpu *vcpu, uint32_t msr, uint64_t value);
    /* The vector, -1: none, that the processor takes once the guest lets it; it is accepted then.
     */
    void (*offer_irq)(struct vcpu *vcpu, int vector);
    /* Where that is null: */
    bool (*can_take_irq)(struct vcpu *vcpu); /* IF set, no shadow, no event on its way in */
    void (*inject_irq)(struct vcpu *vcpu, uint8_t vector);
    /* Instead of both, where not null: true while the processor itself delivers what is pending in
     * the local APIC's registers as they are now. */
    bool (*deliver_irqs)(struct vcpu *vcpu);
    void (*inject_exception)(struct vcpu *vcpu, uint8_t vector, bool has_error, uint32_t error);
    bool (*can_take_nmi)(struct vcpu *vcpu); /* none in progress, no event on its way in */
    void (*inject_nmi)(struct vcpu *vcpu);
    void (*request_nmi_window)(struct vcpu *vcpu, bool on); /* null: there is none */
    void (*request_irq_window)(struct vcpu *vcpu, bool on);
    void (*skip)(struct vcpu *vcpu, unsigned bytes); /* RIP goes on; the interrupt shadow ends */
    void (*flush_tlb)(struct vcpu *vcpu);            /* at its next entry */
    void (*allow_msr)(struct vcpu *vcpu, uint32_t msr, bool read, bool write);
    void (*dump)(struct vcpu *vcpu); /* to the log by name: what only this vendor has */
};
extern const struct vcpu_vendor *vendor; /* chosen once at boot */
extern const struct vcpu_vendor vendor_svm;
extern const struct vcpu_vendor vendor_vmx;

/* A vCPU that was reset is to start at `entry` in 32-bit protected mode: flat segments (10h code,
 * 18h data), paging and interrupts off, registers 0. */
void vcpu_set_flat(struct vcpu *vcpu, uint32_t entry);
void vcpu_dump(struct vcpu *vcpu); /* all of it to the log */
void vcpu_skip_instruction(struct vcpu *vcpu, const struct vcpu_exit *exit);
void vcpu_inject_gp(struct vcpu *vcpu);
bool vcpu_at_vmcall(struct vcpu *vcpu); /* RIP is at 0F 01 C1 */

/* Sets request bits and makes the vCPU look at them soon: wakes it if it waits, interrupts its CPU
 * if it runs elsewhere. */
void vcpu_request(struct vcpu *vcpu, uint32_t bits);
/* VCPU_REQ_IRQ after an interrupt was posted: a guest that takes it by itself runs on. Any CPU. */
void vcpu_notify(struct vcpu *vcpu);

/* Parks the whole VM of this vCPU: dump, log, tell its supervisor. Others go on. Cold: inlined, it
 * would cost every exit that skips an instruction. */
__attribute__((cold)) void vcpu_park(struct vcpu *vcpu, const char *why);

#endif
