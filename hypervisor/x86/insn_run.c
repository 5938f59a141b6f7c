/* SPDX-License-Identifier: BSD-3-Clause */
/* Emulator of decoded instructions: one emulated access at a time, registers and flags at the end.
 */
#include "hv/arch.h"
#include "hv/vm.h"

#define FLAGS                                                                                      \
    (X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | X86_EFLAGS_SF | X86_EFLAGS_OF)

#define VECTOR_PF 14

static uint64_t mask_of(unsigned bytes)
{
    return bytes == 8 ? UINT64_MAX : (1ull << 8 * bytes) - 1;
}

/* 2, 4, 8: of 16 and 32-bit code, of 64-bit mode. */
static unsigned code_bytes(struct vcpu *vcpu)
{
    struct segment_state cs;
    uint64_t efer = 0;

    vendor->get_segment(vcpu, SEG_CS, &cs);
    if (vendor->get_msr(vcpu, MSR_EFER, &efer) == BN_OK && efer & EFER_LMA && cs.access & 0x2000)
        return 8;
    return vendor->get_cr(vcpu, 0) & X86_CR0_PE && cs.access & 0x4000 ? 4 : 2;
}

static gva_t linear(struct vcpu *vcpu, enum segment segment, uint64_t offset)
{
    struct segment_state state;
    bool long_mode = code_bytes(vcpu) == 8;

    if (long_mode && segment != SEG_FS && segment != SEG_GS)
        return offset;
    vendor->get_segment(vcpu, segment, &state);
    return long_mode ? state.base + offset : (uint32_t)(state.base + offset);
}

/* Up to 15 bytes at RIP; fewer when the page after is not there. 0: none. */
static size_t fetch(struct vcpu *vcpu, uint8_t bytes[INSN_MAX_BYTES])
{
    gva_t at = linear(vcpu, SEG_CS, vcpu->rip);
    size_t here = HV_PAGE_BYTES - (at & (HV_PAGE_BYTES - 1));

    if (gva_read(vcpu, at, bytes, INSN_MAX_BYTES) == BN_OK)
        return INSN_MAX_BYTES;
    if (here < INSN_MAX_BYTES && gva_read(vcpu, at, bytes, here) == BN_OK)
        return here;
    return 0;
}

unsigned insn_length(struct vcpu *vcpu, enum exit_kind kind)
{
    uint8_t bytes[INSN_MAX_BYTES];
    size_t count = fetch(vcpu, bytes);

    return count ? insn_length_bytes(bytes, count, code_bytes(vcpu), kind) : 0;
}

static uint64_t read_reg(const struct vcpu *vcpu, const struct insn_form *form, unsigned bytes)
{
    uint64_t value = vcpu->regs[form->reg & 15];

    return (form->high_byte ? value >> 8 : value) & mask_of(bytes);
}

/* 32-bit results clear the upper half, smaller ones keep it. */
static void write_part(uint64_t *reg, unsigned bytes, unsigned shift, uint64_t value)
{
    uint64_t mask = bytes == 4 ? UINT64_MAX : mask_of(bytes) << shift;

    *reg = (*reg & ~mask) | ((value & mask_of(bytes)) << shift & mask);
}

static uint64_t operand(const struct vcpu *vcpu, const struct insn_form *form)
{
    return form->immediate_operand ? (uint64_t)form->immediate & mask_of(form->operand_bytes)
                                   : read_reg(vcpu, form, form->operand_bytes);
}

static uint64_t effective_address(const struct vcpu *vcpu, const struct insn_form *form)
{
    uint64_t offset = (uint64_t)form->displacement;

    if (form->base >= 0)
        offset += vcpu->regs[form->base];
    if (form->index >= 0)
        offset += vcpu->regs[form->index] << form->scale;
    if (form->rip_relative)
        offset += vcpu->rip + form->length;
    return offset & mask_of(form->address_bytes);
}

static gva_t string_address(struct vcpu *vcpu, const struct insn_form *form, bool destination)
{
    uint64_t offset = vcpu->regs[destination ? REG_RDI : REG_RSI] & mask_of(form->address_bytes);

    return linear(vcpu, destination ? SEG_ES : (enum segment)form->segment, offset);
}

static void advance_register(struct vcpu *vcpu, enum reg reg, const struct insn_form *form,
                             int64_t by)
{
    write_part(&vcpu->regs[reg], form->address_bytes, 0, vcpu->regs[reg] + (uint64_t)by);
}

static void done(struct vcpu *vcpu, struct mmio_insn *insn)
{
    const struct vcpu_exit exit = {.kind = EXIT_MMIO, .length = insn->form.length};

    vcpu_skip_instruction(vcpu, &exit);
    insn->step = INSN_DONE;
}

/* One iteration of a string instruction is over; with REP, RIP stays until the count is used up, so
 * that interrupts get their turn between iterations. */
static void string_done(struct vcpu *vcpu, struct mmio_insn *insn)
{
    const struct insn_form *form = &insn->form;
    int64_t by = vcpu->rflags & X86_EFLAGS_DF ? -(int64_t)form->operand_bytes : form->operand_bytes;

    if (form->op == INSN_MOVS || form->op == INSN_OUTS)
        advance_register(vcpu, REG_RSI, form, by);
    if (form->op != INSN_OUTS)
        advance_register(vcpu, REG_RDI, form, by);
    if (form->repeat)
        advance_register(vcpu, REG_RCX, form, -1);
    if (form->repeat && vcpu->regs[REG_RCX] & mask_of(form->address_bytes))
        insn->step = INSN_DONE;
    else
        done(vcpu, insn);
}

static void page_fault(struct vcpu *vcpu, struct mmio_insn *insn, gva_t gva, bool write)
{
    struct segment_state ss;

    vendor->get_segment(vcpu, SEG_SS, &ss); /* its DPL is the CPL */
    vendor->set_cr(vcpu, 2, gva);
    vendor->inject_exception(vcpu, VECTOR_PF, true,
                             (write ? 2u : 0) | ((ss.access >> 5 & 3) == 3 ? 4u : 0));
    insn->step = INSN_FAULT;
}

static void want(struct mmio_insn *insn, enum insn_step step, uint64_t value)
{
    insn->step = (uint8_t)step;
    insn->bytes = insn->form.operand_bytes;
    insn->value = value & mask_of(insn->bytes);
}

/* The memory operand that is not the emulated one goes through the guest's own tables. */
static void start_from_memory(struct vcpu *vcpu, struct mmio_insn *insn)
{
    gva_t source = string_address(vcpu, &insn->form, false);
    uint64_t value = 0;

    if (gva_read(vcpu, source, &value, insn->form.operand_bytes) == BN_OK)
        want(insn, INSN_WRITE, value);
    else
        page_fault(vcpu, insn, source, false);
}

static void finish_to_memory(struct vcpu *vcpu, struct mmio_insn *insn, uint64_t value)
{
    gva_t destination = string_address(vcpu, &insn->form, true);

    if (gva_write(vcpu, destination, &value, insn->form.operand_bytes) == BN_OK)
        string_done(vcpu, insn);
    else
        page_fault(vcpu, insn, destination, true);
}

static enum bn_status start_memory(struct vcpu *vcpu, struct mmio_insn *insn,
                                   const struct vcpu_exit *exit)
{
    const struct insn_form *form = &insn->form;
    bool write = exit->mmio.write;
    gva_t address;

    if (form->op == INSN_MOVS || form->op == INSN_STOS)
        address = string_address(vcpu, form, write);
    else
        address = linear(vcpu, (enum segment)form->segment, effective_address(vcpu, form));
    /*
     * Only what the hardware reported may be touched: not what another CPU wrote over the
     * instruction since, nor a walk of the guest's page tables that are somewhere odd.
     */
    if ((address ^ exit->mmio.gpa) & (HV_PAGE_BYTES - 1) || exit->mmio.fetch ||
        (exit->mmio.gpa & (HV_PAGE_BYTES - 1)) + form->operand_bytes > HV_PAGE_BYTES)
        return BN_EFAULT;
    if (form->op == INSN_STORE)
        want(insn, INSN_WRITE, operand(vcpu, form));
    else if (form->op == INSN_STOS)
        want(insn, INSN_WRITE, vcpu->regs[REG_RAX]);
    else if (form->op == INSN_MOVS && write)
        start_from_memory(vcpu, insn);
    else
        want(insn, INSN_READ, 0);
    /* A load does not write, a store does; what reads and writes may be found out at either. */
    return (form->op == INSN_LOAD && write) || (insn->step == INSN_WRITE && !write) ? BN_EFAULT
                                                                                    : BN_OK;
}

enum bn_status insn_start(struct vcpu *vcpu, struct mmio_insn *insn, const struct vcpu_exit *exit)
{
    uint8_t bytes[INSN_MAX_BYTES];
    size_t count = fetch(vcpu, bytes);
    struct insn_form *form = &insn->form;
    enum bn_status status;

    insn->step = INSN_DONE;
    if (!count)
        return BN_EFAULT;
    status = insn_decode_bytes(bytes, count, code_bytes(vcpu), form);
    if (status != BN_OK)
        return status;
    if (form->is_port != (exit->kind == EXIT_PIO))
        return BN_EFAULT;
    if (form->repeat && !(vcpu->regs[REG_RCX] & mask_of(form->address_bytes)))
        done(vcpu, insn);
    else if (!form->is_port)
        return start_memory(vcpu, insn, exit);
    else if (form->operand_bytes != exit->pio.size || (form->op == INSN_INS) != exit->pio.in)
        return BN_EFAULT;
    else if (form->op == INSN_INS)
        want(insn, INSN_READ, 0);
    else
        start_from_memory(vcpu, insn);
    return BN_OK;
}

/* What an operation on memory and register or immediate gives, and its flags (SDM 1 appendix A). */
static uint64_t combine(struct vcpu *vcpu, const struct insn_form *form, uint64_t memory)
{
    uint64_t other = operand(vcpu, form), sign = 1ull << (8 * form->operand_bytes - 1), flags = 0;
    uint64_t a = form->to_register ? other : memory, b = form->to_register ? memory : other;
    uint64_t result = a & b; /* AND, TEST */

    if (form->op == INSN_OR)
        result = a | b;
    if (form->op == INSN_XOR)
        result = a ^ b;
    if (form->op == INSN_CMP) {
        result = (a - b) & mask_of(form->operand_bytes);
        flags = (a < b ? X86_EFLAGS_CF : 0) | ((a ^ b ^ result) & X86_EFLAGS_AF) |
                ((a ^ b) & (a ^ result) & sign ? X86_EFLAGS_OF : 0);
    }
    flags |= (result ? 0 : X86_EFLAGS_ZF) | (result & sign ? X86_EFLAGS_SF : 0) |
             (__builtin_parityll(result & 0xFF) ? 0 : X86_EFLAGS_PF);
    vcpu->rflags = (vcpu->rflags & ~FLAGS) | flags;
    return result;
}

/* The read of a read-modify-write, a load or a comparison has its value. */
static void complete_read(struct vcpu *vcpu, struct mmio_insn *insn, uint64_t value)
{
    const struct insn_form *form = &insn->form;

    if (form->op == INSN_LOAD && form->sign_extend)
        value = (uint64_t)sign_extend(value, form->operand_bytes);
    else if (form->op != INSN_LOAD)
        value = combine(vcpu, form, value);
    if (form->op == INSN_CMP || form->op == INSN_TEST) {
        done(vcpu, insn);
    } else if (form->op == INSN_LOAD || form->to_register) {
        write_part(&vcpu->regs[form->reg & 15], form->target_bytes, form->high_byte ? 8 : 0, value);
        done(vcpu, insn);
    } else {
        want(insn, INSN_WRITE, value);
    }
}

enum insn_step insn_complete(struct vcpu *vcpu, struct mmio_insn *insn, uint64_t value)
{
    bool string = insn->form.op >= INSN_MOVS;

    value &= mask_of(insn->form.operand_bytes);
    if (insn->step == INSN_READ && string)
        finish_to_memory(vcpu, insn, value);
    else if (insn->step == INSN_READ)
        complete_read(vcpu, insn, value);
    else if (insn->step == INSN_WRITE && string)
        string_done(vcpu, insn);
    else if (insn->step == INSN_WRITE)
        done(vcpu, insn);
    return (enum insn_step)insn->step;
}
