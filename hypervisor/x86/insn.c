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
    bool operand, address, repeat, repne;
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
    return (int64_t)(value << (64 - 8 * bytes)) >> (64 - 8 * bytes);
}

/* Takes legacy prefixes and REX, and returns the first byte of the opcode. */
static uint8_t take_prefixes(struct cursor *c, struct insn_mode mode, struct prefixes *p)
{
    *p = (struct prefixes){.segment = -1};
    for (;;) {
        uint8_t byte = next(c);

        if (mode.code_bytes == 8 && (byte & 0xF0) == 0x40) {
            p->rex = byte;
            continue;
        }
        switch (byte) {
        case 0x66:
            p->operand = true;
            break;
        case 0x67:
            p->address = true;
            break;
        case 0xF0: /* LOCK: an emulated register has one reader at a time anyway */
            break;
        case 0xF2:
            p->repne = true;
            break;
        case 0xF3:
            p->repeat = true;
            break;
        case 0x26:
        case 0x2E:
        case 0x36:
        case 0x3E:
            p->segment = byte >> 3 & 3; /* ES CS SS DS, in the order of enum segment */
            break;
        case 0x64:
        case 0x65:
            p->segment = SEG_FS + (byte & 1);
            break;
        default:
            return byte;
        }
        p->rex = 0; /* REX counts only right before the opcode */
        if (c->truncated)
            return 0;
    }
}

static void memory_16(struct cursor *c, struct insn_form *form, unsigned mod, unsigned rm)
{
    static const int8_t base[8] = {REG_RBX, REG_RBX, REG_RBP, REG_RBP,
                                   REG_RSI, REG_RDI, REG_RBP, REG_RBX};
    static const int8_t index[8] = {REG_RSI, REG_RDI, REG_RSI, REG_RDI, -1, -1, -1, -1};

    form->base = base[rm];
    form->index = index[rm];
    if (mod == 0 && rm == 6) {
        form->base = -1;
        form->displacement = next_signed(c, 2);
    } else if (mod) {
        form->displacement = next_signed(c, mod);
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

/* ModRM with everything after it that belongs to the memory operand; false: a register form. Gives
 * the /digit or register number without REX in *digit. */
static bool take_memory(struct cursor *c, struct insn_form *form, const struct prefixes *p,
                        struct insn_mode mode, unsigned *digit)
{
    uint8_t modrm = next(c);
    unsigned mod = modrm >> 6, rm = modrm & 7;

    *digit = modrm >> 3 & 7;
    if (mod == 3)
        return false;
    form->reg = (uint8_t)(*digit | (p->rex & REX_R ? 8u : 0));
    if (form->address_bytes == 2)
        memory_16(c, form, mod, rm);
    else
        memory_32(c, form, mod, rm, p, mode.code_bytes == 8);
    if (p->segment >= 0)
        form->segment = (uint8_t)p->segment;
    else if (form->base == REG_RBP || form->base == REG_RSP)
        form->segment = SEG_SS;
    return true;
}

/* A byte register: without REX, numbers 4..7 are AH, CH, DH, BH. */
static void byte_register(struct insn_form *form, const struct prefixes *p)
{
    if (!p->rex && form->reg >= 4 && form->reg < 8) {
        form->high_byte = true;
        form->reg = (uint8_t)(form->reg - 4);
    }
}

static void take_immediate(struct cursor *c, struct insn_form *form, unsigned bytes)
{
    form->immediate_operand = true;
    form->immediate = next_signed(c, bytes > 4 ? 4 : bytes);
}

/* 0F xx */
static enum bn_status decode_two_byte(struct cursor *c, struct insn_mode mode,
                                      const struct prefixes *p, struct insn_form *form)
{
    static const uint8_t bit_ops[4] = {INSN_BT, INSN_BTS, INSN_BTR, INSN_BTC};
    uint8_t opcode = next(c);
    unsigned digit;

    switch (opcode) {
    case 0xB6: /* MOVZX r, m8/m16 */
    case 0xB7:
    case 0xBE: /* MOVSX r, m8/m16 */
    case 0xBF:
        form->op = INSN_LOAD;
        form->target_bytes = form->operand_bytes;
        form->operand_bytes = opcode & 1 ? 2 : 1;
        form->sign_extend = opcode & 8;
        return take_memory(c, form, p, mode, &digit) ? BN_OK : BN_ENOSYS;
    case 0xC3: /* MOVNTI */
        form->op = INSN_STORE;
        return take_memory(c, form, p, mode, &digit) ? BN_OK : BN_ENOSYS;
    case 0xA3: /* BT, BTS, BTR, BTC m, r */
    case 0xAB:
    case 0xB3:
    case 0xBB:
        form->op = bit_ops[opcode >> 3 & 3];
        return take_memory(c, form, p, mode, &digit) ? BN_OK : BN_ENOSYS;
    case 0xBA: /* the same with an immediate */
        if (!take_memory(c, form, p, mode, &digit) || digit < 4)
            return BN_ENOSYS;
        form->op = bit_ops[digit & 3];
        take_immediate(c, form, 1);
        return BN_OK;
    default:
        return BN_ENOSYS;
    }
}

/* F6, F7, FE, FF: the /digit is the operation. */
static enum bn_status decode_unary(struct cursor *c, uint8_t opcode, unsigned digit,
                                   struct insn_form *form)
{
    if (opcode >= 0xFE) {
        if (digit > 1)
            return BN_ENOSYS;
        form->op = digit ? INSN_DEC : INSN_INC;
        return BN_OK;
    }
    if (digit > 3)
        return BN_ENOSYS;
    form->op = digit == 3 ? INSN_NEG : digit == 2 ? INSN_NOT : INSN_TEST;
    if (digit < 2)
        take_immediate(c, form, form->operand_bytes);
    return BN_OK;
}

/* Opcodes with ModRM; bit 0 of most chooses bytes or words. */
static enum bn_status decode_modrm(struct cursor *c, uint8_t opcode, struct insn_mode mode,
                                   const struct prefixes *p, struct insn_form *form)
{
    bool byte = !(opcode & 1);
    unsigned digit;

    if (opcode == 0x63) { /* MOVSXD */
        form->target_bytes = form->operand_bytes;
        form->operand_bytes = 4;
        form->sign_extend = true;
        form->op = INSN_LOAD;
        return mode.code_bytes == 8 && take_memory(c, form, p, mode, &digit) ? BN_OK : BN_ENOSYS;
    }
    if (byte)
        form->operand_bytes = 1;
    form->target_bytes = form->operand_bytes;
    if (!take_memory(c, form, p, mode, &digit))
        return BN_ENOSYS;
    switch (opcode) {
    case 0x80: /* ADD, OR .. CMP m, imm */
    case 0x81:
    case 0x83:
        form->op = (uint8_t)(INSN_ADD + digit);
        take_immediate(c, form, opcode == 0x81 ? form->operand_bytes : 1);
        return BN_OK;
    case 0xC6: /* MOV m, imm */
    case 0xC7:
        form->op = INSN_STORE;
        take_immediate(c, form, form->operand_bytes);
        return digit ? BN_ENOSYS : BN_OK;
    case 0xF6:
    case 0xF7:
    case 0xFE:
    case 0xFF:
        return decode_unary(c, opcode, digit, form);
    case 0x84:
    case 0x85:
        form->op = INSN_TEST;
        break;
    case 0x86:
    case 0x87:
        form->op = INSN_XCHG;
        break;
    case 0x88:
    case 0x89:
        form->op = INSN_STORE;
        break;
    case 0x8A:
    case 0x8B:
        form->op = INSN_LOAD;
        break;
    default: /* 00..3B */
        form->op = (uint8_t)(INSN_ADD + (opcode >> 3));
        form->to_register = opcode & 2;
        break;
    }
    if (byte)
        byte_register(form, p);
    return BN_OK;
}

static bool has_modrm(uint8_t opcode)
{
    if (opcode < 0x40)
        return (opcode & 7) < 4;
    return opcode == 0x63 || (opcode >= 0x80 && opcode <= 0x8B && opcode != 0x82) ||
           opcode == 0xC6 || opcode == 0xC7 || opcode == 0xF6 || opcode == 0xF7 || opcode >= 0xFE;
}

static enum bn_status decode_opcode(struct cursor *c, uint8_t opcode, struct insn_mode mode,
                                    const struct prefixes *p, struct insn_form *form)
{
    if (opcode == 0x0F)
        return decode_two_byte(c, mode, p, form);
    if (has_modrm(opcode))
        return decode_modrm(c, opcode, mode, p, form);
    if (!(opcode & 1))
        form->operand_bytes = 1;
    form->target_bytes = form->operand_bytes;
    form->repeat = p->repeat || p->repne; /* REPNE repeats these as well */
    switch (opcode & 0xFE) {
    case 0xA0: /* MOV AL/AX/EAX/RAX, moffs and back */
    case 0xA2:
        form->op = opcode & 2 ? INSN_STORE : INSN_LOAD;
        form->repeat = false;
        form->displacement = next_signed(c, form->address_bytes);
        return BN_OK;
    case 0xA4:
        form->op = INSN_MOVS;
        return BN_OK;
    case 0xAA:
        form->op = INSN_STOS;
        return BN_OK;
    case 0x6C:
    case 0x6E:
        form->op = opcode & 2 ? INSN_OUTS : INSN_INS;
        form->is_port = true;
        if (form->operand_bytes == 8)
            form->operand_bytes = 4;
        return BN_OK;
    default:
        return BN_ENOSYS;
    }
}

enum bn_status insn_decode_bytes(const uint8_t *bytes, size_t count, struct insn_mode mode,
                                 struct insn_form *form)
{
    struct cursor c = {.bytes = bytes, .count = count < INSN_MAX_BYTES ? count : INSN_MAX_BYTES};
    struct prefixes p;
    uint8_t opcode = take_prefixes(&c, mode, &p);
    enum bn_status status;

    *form = (struct insn_form){.base = -1, .index = -1, .segment = SEG_DS};
    if (p.segment >= 0)
        form->segment = (uint8_t)p.segment;
    if (p.rex & REX_W)
        form->operand_bytes = 8;
    else
        form->operand_bytes = (mode.code_bytes == 2) == p.operand ? 4 : 2;
    if (mode.code_bytes == 8)
        form->address_bytes = p.address ? 4 : 8;
    else
        form->address_bytes = (mode.code_bytes == 2) == p.address ? 4 : 2;
    form->target_bytes = form->operand_bytes;
    status = decode_opcode(&c, opcode, mode, &p, form);
    if (status == BN_OK && c.truncated)
        status = BN_ENOSYS;
    form->length = (uint8_t)c.at;
    return status;
}

/* What ends an exit of one kind, without prefixes; `more`: bytes that follow (ModRM, immediate). */
static const struct {
    uint8_t kind, count, bytes[3], more;
} endings[] = {
    {EXIT_CPUID, 2, {0x0F, 0xA2}, 0}, {EXIT_HLT, 1, {0xF4}, 0},
    {EXIT_PAUSE, 1, {0x90}, 0},       {EXIT_HYPERCALL, 3, {0x0F, 0x01, 0xC1}, 0},
    {EXIT_RDMSR, 2, {0x0F, 0x32}, 0}, {EXIT_HYPERCALL, 3, {0x0F, 0x01, 0xD9}, 0},
    {EXIT_WRMSR, 2, {0x0F, 0x30}, 0}, {EXIT_XSETBV, 3, {0x0F, 0x01, 0xD1}, 0},
    {EXIT_CR, 2, {0x0F, 0x08}, 0},    /* INVD */ {EXIT_CR, 2, {0x0F, 0x09}, 0}, /* WBINVD */
    {EXIT_CR, 2, {0x0F, 0x20}, 1},    {EXIT_CR, 2, {0x0F, 0x21}, 1},
    {EXIT_CR, 2, {0x0F, 0x22}, 1},    {EXIT_CR, 2, {0x0F, 0x23}, 1},
    {EXIT_CR, 2, {0x0F, 0x06}, 0},    /* CLTS */ {EXIT_PIO, 1, {0xE4}, 1},
    {EXIT_PIO, 1, {0xE5}, 1},         {EXIT_PIO, 1, {0xE6}, 1},
    {EXIT_PIO, 1, {0xE7}, 1},         {EXIT_PIO, 1, {0xEC}, 0},
    {EXIT_PIO, 1, {0xED}, 0},         {EXIT_PIO, 1, {0xEE}, 0},
    {EXIT_PIO, 1, {0xEF}, 0},         {EXIT_PIO, 1, {0x6C}, 0},
    {EXIT_PIO, 1, {0x6D}, 0},         {EXIT_PIO, 1, {0x6E}, 0},
    {EXIT_PIO, 1, {0x6F}, 0},
};

unsigned insn_length_bytes(const uint8_t *bytes, size_t count, struct insn_mode mode,
                           enum exit_kind kind)
{
    struct cursor c = {.bytes = bytes, .count = count < INSN_MAX_BYTES ? count : INSN_MAX_BYTES};
    struct prefixes p;
    size_t at;

    take_prefixes(&c, mode, &p);
    if (c.truncated)
        return 0;
    at = c.at - 1;
    for (size_t i = 0; i < HV_ARRAY_SIZE(endings); i++) {
        size_t length = at + endings[i].count + endings[i].more;

        if (endings[i].kind == kind && length <= c.count &&
            !__builtin_memcmp(bytes + at, endings[i].bytes, endings[i].count))
            return (unsigned)length;
    }
    return 0;
}
