/* SPDX-License-Identifier: BSD-3-Clause */
/* Decoder and emulator of the instructions that reach emulated memory or ports, in two phases. */
#ifndef HV_INSN_H
#define HV_INSN_H

#include "hv/exit.h"

#define INSN_MAX_BYTES 15u

enum insn_op {
    INSN_LOAD,  /* MOV r, m; MOVZX, MOVSX */
    INSN_STORE, /* MOV m, r/imm */
    INSN_OR,
    INSN_AND,
    INSN_XOR,
    INSN_CMP,
    INSN_TEST,
    INSN_MOVS, /* from here on strings */
    INSN_STOS,
    INSN_INS,
    INSN_OUTS,
};

/* Of 1 to 8 bytes. */
static inline int64_t sign_extend(uint64_t value, unsigned bytes)
{
    return (int64_t)(value << (64 - 8 * bytes)) >> (64 - 8 * bytes);
}

/* What the decoder found in the bytes; nothing of it was executed. */
struct insn_form {
    uint8_t op;            /* enum insn_op */
    uint8_t length;        /* bytes, 1..15 */
    uint8_t operand_bytes; /* 1, 2, 4, 8: of the memory operand */
    uint8_t target_bytes;  /* of the register that a LOAD writes */
    uint8_t address_bytes; /* 2, 4, 8 */
    uint8_t reg;           /* register operand */
    bool high_byte;        /* AH, CH, DH, BH */
    bool to_register;      /* OR r, m rather than OR m, r */
    bool immediate_operand;
    bool sign_extend;
    bool repeat;
    bool is_port;
    uint8_t segment; /* enum segment of the memory operand (of the source of MOVS) */
    /* Memory operand: base + index * scale + displacement; -1: none. Not used by string ops. */
    int8_t base, index;
    uint8_t scale; /* shift */
    bool rip_relative;
    int64_t displacement;
    int64_t immediate;
};

/* One access that the emulator wants done: to the memory or port of the exit. */
enum insn_step {
    INSN_DONE,  /* registers and RIP are up to date (a REP one may still have iterations to go) */
    INSN_READ,  /* read `bytes`, then call insn_complete with the value */
    INSN_WRITE, /* write `value`, then call insn_complete */
    INSN_FAULT, /* #PF was injected for the other operand of a string instruction */
};

struct mmio_insn {
    struct insn_form form;
    uint8_t step;  /* enum insn_step it waits for */
    uint8_t bytes; /* of the access */
    uint64_t value;
};

/*
 * Decodes `count` (<= 15) bytes; reads no other. code_bytes: 2, 4 or 8, the default operand size in
 * 16 and 32-bit code, or 64-bit mode. BN_ENOSYS: not one of ours or truncated. `form` is
 * complete on BN_OK only.
 */
enum bn_status insn_decode_bytes(const uint8_t *bytes, size_t count, unsigned code_bytes,
                                 struct insn_form *form);

/*
 * Phase one, for EXIT_MMIO and for string EXIT_PIO: fetches and decodes at RIP, checks that the
 * instruction fits the exit (address within its page, direction), and says in insn->step which
 * access is wanted. BN_EFAULT: bytes not readable or not this exit's; BN_ENOSYS: not emulated.
 */
enum bn_status insn_start(struct vcpu *vcpu, struct mmio_insn *insn, const struct vcpu_exit *exit);
/* Phase two, as often as the step is READ or WRITE: takes the answer (reads), gives the next step.
 */
enum insn_step insn_complete(struct vcpu *vcpu, struct mmio_insn *insn, uint64_t value);

/*
 * Length of the intercepted instruction at RIP on CPUs that do not tell (no NRIPS): prefixes
 * included; 0: the bytes there are not one of the instructions that exits of `kind` can have.
 */
unsigned insn_length(struct vcpu *vcpu, enum exit_kind kind);
unsigned insn_length_bytes(const uint8_t *bytes, size_t count, unsigned code_bytes,
                           enum exit_kind kind);

#endif
