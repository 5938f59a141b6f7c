/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzzer of the instruction decoder and emulator: never outside its bytes, never endless, registers
 * only. */
#include "dev_fake.h"

#include <stdlib.h>

#include "hv/insn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Byte 0: mode and kind of exit; 1..8: a register value; the rest: code. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t modes[] = {2, 4, 8, 8};
    static struct vcpu *cpu;
    struct vcpu_exit exit = {.kind = EXIT_MMIO, .mmio = {.gpa = 0xFEC00000}};
    unsigned mode;
    struct insn_form form;
    struct mmio_insn insn = {0};
    uint8_t *code;
    uint64_t value;
    unsigned steps = 0;

    if (size < 9)
        return 0;
    if (!cpu)
        cpu = &fake_vm(1)->vcpu[0];
    mode = modes[data[0] & 3];
    memcpy(&value, data + 1, 8);
    size = size - 9 < 32 ? size - 9 : 32;
    code = malloc(size + 1); /* exact: one byte too far is found */
    memcpy(code, data + 9, size);
    code = realloc(code, size ? size : 1);
    if (insn_decode_bytes(code, size, mode, &form) == BN_OK &&
        (!form.length || form.length > size || form.length > INSN_MAX_BYTES || !form.operand_bytes))
        abort();
    if (insn_length_bytes(code, size, mode, (enum exit_kind)(data[0] >> 3)) > INSN_MAX_BYTES)
        abort();

    fake.efer = mode == 8 ? 1 << 10 : 0;
    fake.cr0 = mode == 2 ? 0 : 1;
    fake.segment[SEG_CS].access = mode == 8 ? 0xA09B : mode == 4 ? 0xC09B : 0x009B;
    cpu->rip = 0x1000;
    for (unsigned i = 0; i < REG_COUNT; i++)
        cpu->regs[i] = value;
    exit.mmio.gpa |= value & 0xFFF;
    exit.mmio.write = data[0] & 4;
    memset(fake.ram + 0x1000, 0, 32);
    memcpy(fake.ram + 0x1000, code, size);
    free(code);
    if (insn_start(cpu, &insn, &exit) != BN_OK)
        return 0;
    while (insn.step == INSN_READ || insn.step == INSN_WRITE) {
        if (++steps > 2 || !insn.bytes || insn.bytes > 8)
            abort();
        insn_complete(cpu, &insn, value);
    }
    return 0;
}
