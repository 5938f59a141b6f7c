/* SPDX-License-Identifier: BSD-3-Clause */
/* Decoder of the instructions that can reach emulated memory or ports: bytes in, struct insn_form
 * out. */
#include "hv/insn.h"
#include "hv/vcpu.h"

struct cursor {
    const uint8_t *bytes;
    size_t count, at;
    bool truncated;
};

struct prefixes {
    bool operand, address, repeat;
    uint8_t rex; /* 0: none */
    int segment; /* -1: none */
};

#define REX_W 8u
#define REX_R 4u
#define REX_X 2u
#define REX_B 1u

static uint8_t next(struct cursor *c)
{
    if (c->at >= c->count) {
        c->truncated = true;
        return 0;
    }
    return c->bytes[c->at++];
}

/* Little-endian, sign-extended; bytes 1, 2, 4, 8. */
static int64_t next_signed(struct cursor *c, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)next(c) << 8 * i;
    return sign_extend(value, bytes);
}

/* Takes legacy prefixes and REX, and returns the first byte of the opcode. */
static uint8_t take_prefixes(struct cursor *c, unsigned code_bytes, struct prefixes *p)
{
    *p = (struct prefixes){.segment = -1};
    for (;;) {
        uint8_t byte = next(c);

        if (code_bytes == 8 && (byte & 0xF0) == 0x40) {
            p->rex = byte;
            continue;
        }
        if (byte == 0x66)
            p->operand = true;
        else if (byte == 0x67)
            p->address = true;
        else if (byte == 0xF2 || byte == 0xF3)
            p->repeat = true;
        else if ((byte & 0xE7) == 0x26)
            p->segment = byte >> 3 & 3; /* ES CS SS DS, in the order of enum segment */
        else if ((byte & 0xFE) == 0x64)
            p->segment = SEG_FS + (byte & 1);
        else if (byte != 0xF0) /* LOCK: an emulated register has one reader at a time anyway */
            return byte;
        p->rex = 0; /* REX counts only right before the opcode */
        if (c->truncated)
            return 0;
    }
}

static void memory_32(struct cursor *c, struct insn_form *form, unsigned mod, unsigned rm,
                      const struct prefixes *p, bool long_mode)
{
    unsigned base = rm;

    form->index = -1;
    if (rm == 4) {
        uint8_t sib = next(c);
        unsigned index = (sib >> 3 & 7u) | (p->rex & REX_X ? 8u : 0);

        base = sib & 7;
        form->scale = sib >> 6;
        form->index = index == 4 ? -1 : (int8_t)index;
    }
    form->base = (int8_t)(base | (p->rex & REX_B ? 8u : 0));
    if (mod == 0 && base == 5) { /* no base; without SIB in 64-bit mode: relative to RIP */
        form->base = -1;
        form->rip_relative = long_mode && rm == 5;
        form->displacement = next_signed(c, 4);
    } else if (mod) {
        form->displacement = next_signed(c, mod == 1 ? 1 : 4);
    }
}

/* ModRM with everything after it that belongs to the memory operand; false: a register form, or one
 * of 16 bits. */
static bool take_memory(struct cursor *c, struct insn_form *form, const struct prefixes *p,
                        unsigned code_bytes)
{
    uint8_t modrm = next(c);

    if (modrm >> 6 == 3 || form->address_bytes == 2)
        return false;
    form->reg = (uint8_t)((modrm >> 3 & 7) | (p->rex & REX_R ? 8u : 0));
    memory_32(c, form, modrm >> 6, modrm & 7, p, code_bytes == 8);
    if (p->segment < 0 && (form->base == REG_RBP || form->base == REG_RSP))
        form->segment = SEG_SS;
    return true;
}

#define ANY 8u     /* digit: the register of a ModRM byte, or none follows */
#define TWO 0x100u /* the opcode follows 0Fh */

enum { /* what follows the opcode, and how it is meant */
       MODRM = 1,
       IMMEDIATE = 2,
       IMMEDIATE_8 = 4,
       SIGNED = 8,
       STRING = 16,
       PORT = 32,
       OFFSET = 64,
};

/* `memory`: bytes of the memory operand; 0: one if bit 0 of the opcode is clear, else the operand
 * size. */
static const struct opcode {
    uint16_t opcode, mask;
    uint8_t digit, op, memory, flags;
} opcodes[] = {
    {0x8A, 0x1FE, ANY, INSN_LOAD, 0, MODRM},
    {0x88, 0x1FE, ANY, INSN_STORE, 0, MODRM},
    {0xC6, 0x1FE, 0, INSN_STORE, 0, MODRM | IMMEDIATE},
    {0xA0, 0x1FE, ANY, INSN_LOAD, 0, OFFSET},
    {0xA2, 0x1FE, ANY, INSN_STORE, 0, OFFSET},
    {TWO | 0xB6, 0x1FF, ANY, INSN_LOAD, 1, MODRM}, /* MOVZX */
    {TWO | 0xB7, 0x1FF, ANY, INSN_LOAD, 2, MODRM},
    {TWO | 0xBE, 0x1FF, ANY, INSN_LOAD, 1, MODRM | SIGNED},
    {TWO | 0xBF, 0x1FF, ANY, INSN_LOAD, 2, MODRM | SIGNED},
    {0xA4, 0x1FE, ANY, INSN_MOVS, 0, STRING},
    {0xAA, 0x1FE, ANY, INSN_STOS, 0, STRING},
    {0x6C, 0x1FE, ANY, INSN_INS, 0, STRING | PORT},
    {0x6E, 0x1FE, ANY, INSN_OUTS, 0, STRING | PORT},
    {0x08, 0x1FC, ANY, INSN_OR, 0, MODRM}, /* both directions */
    {0x20, 0x1FC, ANY, INSN_AND, 0, MODRM},
    {0x30, 0x1FC, ANY, INSN_XOR, 0, MODRM},
    {0x38, 0x1FC, ANY, INSN_CMP, 0, MODRM},
    {0x84, 0x1FE, ANY, INSN_TEST, 0, MODRM},
    {0xF6, 0x1FE, 0, INSN_TEST, 0, MODRM | IMMEDIATE},
    {0x80, 0x1FE, 1, INSN_OR, 0, MODRM | IMMEDIATE},
    {0x83, 0x1FF, 1, INSN_OR, 0, MODRM | IMMEDIATE_8},
    {0x80, 0x1FE, 4, INSN_AND, 0, MODRM | IMMEDIATE},
    {0x83, 0x1FF, 4, INSN_AND, 0, MODRM | IMMEDIATE_8},
    {0x80, 0x1FE, 6, INSN_XOR, 0, MODRM | IMMEDIATE},
    {0x83, 0x1FF, 6, INSN_XOR, 0, MODRM | IMMEDIATE_8},
    {0x80, 0x1FE, 7, INSN_CMP, 0, MODRM | IMMEDIATE},
    {0x83, 0x1FF, 7, INSN_CMP, 0, MODRM | IMMEDIATE_8},
};

static const struct opcode *find(unsigned opcode, unsigned digit)
{
    for (size_t i = 0; i < HV_ARRAY_SIZE(opcodes); i++)
        if ((opcode & opcodes[i].mask) == opcodes[i].opcode &&
            (opcodes[i].digit == ANY || opcodes[i].digit == digit))
            return &opcodes[i];
    return NULL;
}

enum bn_status insn_decode_bytes(const uint8_t *bytes, size_t count, unsigned code_bytes,
                                 struct insn_form *form)
{
    struct cursor c = {.bytes = bytes, .count = count < INSN_MAX_BYTES ? count : INSN_MAX_BYTES};
    struct prefixes p;
    unsigned opcode = take_prefixes(&c, code_bytes, &p);
    const struct opcode *o;

    if (opcode == 0x0F)
        opcode = TWO | next(&c);
    o = find(opcode, c.at < c.count ? bytes[c.at] >> 3 & 7 : 0);
    if (!o)
        return BN_ENOSYS;
    *form = (struct insn_form){.op = o->op,
                               .base = -1,
                               .index = -1,
                               .segment = p.segment >= 0 ? (uint8_t)p.segment : SEG_DS,
                               .to_register = o->mask == 0x1FC && opcode & 2,
                               .sign_extend = o->flags & SIGNED,
                               .is_port = o->flags & PORT,
                               .repeat = o->flags & STRING && p.repeat};
    form->target_bytes = p.rex & REX_W ? 8 : (code_bytes == 2) == p.operand ? 4 : 2;
    if (form->is_port && form->target_bytes == 8)
        form->target_bytes = 4;
    form->operand_bytes = o->memory ? o->memory : opcode & 1 ? form->target_bytes : 1;
    if (!o->memory)
        form->target_bytes = form->operand_bytes;
    if (code_bytes == 8)
        form->address_bytes = p.address ? 4 : 8;
    else
        form->address_bytes = (code_bytes == 2) == p.address ? 4 : 2;
    if (o->flags & MODRM && !take_memory(&c, form, &p, code_bytes))
        return BN_ENOSYS;
    if (o->flags & OFFSET)
        form->displacement = next_signed(&c, form->address_bytes);
    /* Without REX, byte registers 4..7 are AH, CH, DH, BH. */
    form->high_byte = !p.rex && form->target_bytes == 1 && form->reg >= 4;
    form->reg = (uint8_t)(form->high_byte ? form->reg - 4 : form->reg);
    form->immediate_operand = o->flags & (IMMEDIATE | IMMEDIATE_8);
    if (form->immediate_operand)
        form->immediate = next_signed(&c, o->flags & IMMEDIATE_8    ? 1
                                          : form->operand_bytes > 4 ? 4
                                                                    : form->operand_bytes);
    form->length = (uint8_t)c.at;
    return c.truncated ? BN_ENOSYS : BN_OK;
}

/* What ends an exit of one kind, without prefixes: `count` bytes, the last of which counts where
 * `mask` is set; `more`: bytes that follow (ModRM, immediate). */
static const struct {
    uint8_t kind, count, bytes[3], mask, more;
} endings[] = {
    {EXIT_CPUID, 2, {0x0F, 0xA2}, 0xFF, 0},
    {EXIT_HLT, 1, {0xF4}, 0xFF, 0},
    {EXIT_PAUSE, 1, {0x90}, 0xFF, 0}, /* behind REP */
    {EXIT_HYPERCALL, 3, {0x0F, 0x01, 0xC1}, 0xFF, 0},
    {EXIT_HYPERCALL, 3, {0x0F, 0x01, 0xD9}, 0xFF, 0},
    {EXIT_RDMSR, 2, {0x0F, 0x32}, 0xFF, 0},
    {EXIT_WRMSR, 2, {0x0F, 0x30}, 0xFF, 0},
    {EXIT_XSETBV, 3, {0x0F, 0x01, 0xD1}, 0xFF, 0},
    {EXIT_CR, 2, {0x0F, 0x08}, 0xFE, 0}, /* INVD, WBINVD */
    {EXIT_PIO, 1, {0xE4}, 0xFC, 1},
    {EXIT_PIO, 1, {0xEC}, 0xFC, 0},
    {EXIT_PIO, 1, {0x6C}, 0xFC, 0},
};

unsigned insn_length_bytes(const uint8_t *bytes, size_t count, unsigned code_bytes,
                           enum exit_kind kind)
{
    struct cursor c = {.bytes = bytes, .count = count < INSN_MAX_BYTES ? count : INSN_MAX_BYTES};
    struct prefixes p;
    size_t at;

    take_prefixes(&c, code_bytes, &p);
    if (c.truncated)
        return 0;
    at = c.at - 1;
    for (size_t i = 0; i < HV_ARRAY_SIZE(endings); i++) {
        size_t last = endings[i].count - 1u, length = at + last + 1 + endings[i].more;

        if (endings[i].kind == kind && length <= c.count &&
            !__builtin_memcmp(bytes + at, endings[i].bytes, last) &&
            (bytes[at + last] & endings[i].mask) == endings[i].bytes[last])
            return (unsigned)length;
    }
    return 0;
}
