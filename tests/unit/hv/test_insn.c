/* SPDX-License-Identifier: BSD-3-Clause */
/* Decoder and emulator: every form once through an emulated device register, lengths, hostile
 * bytes. */
#include "dev_fake.h"

#include <stdlib.h>

#include "hv/insn.h"

#define CODE   0x1000u
#define DEVICE 0xFEC00000ull

static struct vcpu *cpu;
static struct mmio_insn insn;

static void set_mode(unsigned code_bytes)
{
    fake.efer = code_bytes == 8 ? 1 << 10 : 0;
    fake.cr0 = code_bytes == 2 ? 0 : 1;
    fake.segment[SEG_CS].access = code_bytes == 8 ? 0xA09B : code_bytes == 4 ? 0xC09B : 0x009B;
}

static void start(unsigned mode)
{
    cpu = &fake_vm(1)->vcpu[0];
    set_mode(mode);
    cpu->rip = CODE;
    cpu->rflags = 2;
    cpu->regs[REG_RBX] = DEVICE;
}

static enum bn_status begin(const char *code, size_t bytes, uint64_t gpa, bool write)
{
    struct vcpu_exit exit = {.kind = EXIT_MMIO, .mmio = {.gpa = gpa, .write = write}};

    memset(fake.ram + CODE, 0xCC, 32);
    memcpy(fake.ram + CODE, code, bytes);
    return insn_start(cpu, &insn, &exit);
}

/* Runs one instruction against a device register that holds `old`; gives what it holds after. */
static uint64_t run(const char *code, size_t bytes, uint64_t gpa, uint64_t old)
{
    bool write_first = false;
    struct insn_form form;
    uint64_t now = old;
    unsigned steps = 0;

    assert_int_equal(insn_decode_bytes((const uint8_t *)code, bytes,
                                       fake.efer  ? 8
                                       : fake.cr0 ? 4
                                                  : 2,
                                       &form),
                     BN_OK);
    assert_int_equal(form.length, bytes);
    write_first = form.op == INSN_STORE || form.op == INSN_STOS;
    assert_int_equal(begin(code, bytes, gpa, write_first), BN_OK);
    while (insn.step == INSN_READ || insn.step == INSN_WRITE) {
        if (insn.step == INSN_WRITE)
            memcpy(&now, &insn.value, insn.bytes);
        insn_complete(cpu, &insn, now);
        assert_in_range(++steps, 1, 2);
    }
    assert_int_equal(insn.step, INSN_DONE);
    assert_int_equal(cpu->rip, CODE + bytes);
    return now;
}
#define RUN(code, gpa, old) run(code, sizeof(code) - 1, gpa, old)

static void test_loads(void **state)
{
    (void)state;
    start(8);
    cpu->regs[REG_RAX] = UINT64_MAX;
    RUN("\x8b\x03", DEVICE, 0x12345678);
    assert_int_equal(cpu->regs[REG_RAX], 0x12345678); /* upper half cleared */
    start(8);
    cpu->regs[REG_RAX] = UINT64_MAX;
    RUN("\x66\x8b\x43\x10", DEVICE + 0x10, 0x1234);
    assert_int_equal(cpu->regs[REG_RAX], 0xFFFFFFFFFFFF1234);
    start(8);
    RUN("\x4c\x8b\x8b\x00\x01\x00\x00", DEVICE + 0x100, 0x1122334455667788);
    assert_int_equal(cpu->regs[REG_R9], 0x1122334455667788);
    start(8);
    cpu->regs[REG_RAX] = 0x1111;
    RUN("\x8a\x23", DEVICE, 0xAB); /* AH */
    assert_int_equal(cpu->regs[REG_RAX], 0xAB11);
    start(8);
    RUN("\x40\x8a\x23", DEVICE, 0xAB); /* SPL with REX */
    assert_int_equal(cpu->regs[REG_RSP], 0xAB);
    start(8);
    RUN("\x0f\xb6\x03", DEVICE, 0x80);
    assert_int_equal(cpu->regs[REG_RAX], 0x80);
    start(8);
    RUN("\x48\x0f\xbe\x03", DEVICE, 0x80);
    assert_int_equal(cpu->regs[REG_RAX], 0xFFFFFFFFFFFFFF80);
    start(8);
    RUN("\x0f\xbf\x03", DEVICE, 0x8000);
    assert_int_equal(cpu->regs[REG_RAX], 0xFFFF8000);
}

static void test_addresses(void **state)
{
    (void)state;
    start(8); /* [rbx + rcx * 4 + 8] */
    cpu->regs[REG_RCX] = 3;
    RUN("\x8b\x44\x8b\x08", DEVICE + 20, 1);
    start(8); /* [r12 + r13 * 8] with every REX bit */
    cpu->regs[REG_R12] = DEVICE;
    cpu->regs[REG_R13] = 2;
    RUN("\x47\x8b\x3c\xec", DEVICE + 16, 7);
    assert_int_equal(cpu->regs[REG_R15], 7);
    start(8); /* relative to the next instruction */
    RUN("\x8b\x05\x00\x02\x00\x00", 0x1206, 1);
    start(8); /* with an immediate behind it, still to the end */
    RUN("\xc7\x05\x00\x02\x00\x00\x01\x00\x00\x00", 0x120A, 1);
    start(8); /* fs: */
    fake.segment[SEG_FS].base = DEVICE - 0x40;
    RUN("\x64\x8b\x04\x25\x48\x00\x00\x00", DEVICE + 8, 1);
    start(8); /* moffs with 64-bit address */
    RUN("\xa1\x30\x00\xc0\xfe\x00\x00\x00\x00", DEVICE + 0x30, 0x99);
    assert_int_equal(cpu->regs[REG_RAX], 0x99);
    start(8); /* 32-bit address size wraps */
    cpu->regs[REG_RBX] = 0xFFFFFFFFFEC00010;
    RUN("\x67\x8b\x03", DEVICE + 0x10, 1);
    start(4); /* 32-bit: DS base counts */
    fake.segment[SEG_DS].base = 0x10;
    RUN("\x8b\x03", DEVICE + 0x10, 1);
    start(4); /* and SS with EBP */
    cpu->regs[REG_RBP] = (uint32_t)DEVICE;
    fake.segment[SEG_SS].base = 0x20;
    RUN("\x8b\x45\x00", DEVICE + 0x20, 1);
    start(2); /* 16-bit code, [ebx + 2] by prefix, 32-bit operand by prefix */
    cpu->regs[REG_RBX] = 0x30;
    fake.segment[SEG_DS].base = 0xA0000;
    RUN("\x67\x66\x8b\x43\x02", 0xA0032, 0xCAFEBABE);
    assert_int_equal(cpu->regs[REG_RAX], 0xCAFEBABE);
    start(2); /* moffs16 */
    fake.segment[SEG_DS].base = 0xA0000;
    RUN("\xa0\x34\x12", 0xA1234, 0x5A);
    assert_int_equal(cpu->regs[REG_RAX], 0x5A);
}

static void test_stores(void **state)
{
    (void)state;
    start(8);
    cpu->regs[REG_RAX] = 0x1122334455667788;
    assert_int_equal(RUN("\x89\x03", DEVICE, 0), 0x55667788);
    start(8);
    assert_int_equal(begin("\x48\x89\x03", 3, DEVICE, true), BN_OK);
    assert_int_equal(insn.bytes, 8);
    assert_int_equal(insn_complete(cpu, &insn, 0xBAD), INSN_DONE); /* nobody reads that answer */
    for (unsigned i = 0; i < REG_COUNT; i++)
        assert_int_equal(cpu->regs[i], i == REG_RBX ? DEVICE : 0);
    start(8);
    assert_int_equal(RUN("\x48\xc7\x03\xff\xff\xff\xff", DEVICE, 0), UINT64_MAX);
    start(8);
    assert_int_equal(RUN("\xc6\x43\x01\x7f", DEVICE + 1, 0), 0x7F);
    start(8);
    cpu->regs[REG_RAX] = 0xAB00;
    assert_int_equal(RUN("\x88\x23", DEVICE, 0x11), 0xAB);
    start(8);
    cpu->regs[REG_RAX] = 0x77;
    assert_int_equal(RUN("\xa2\x30\x00\xc0\xfe\x00\x00\x00\x00", DEVICE + 0x30, 0), 0x77);
}

/* Against the processor that runs the test. */
static void test_arithmetic(void **state)
{
    static const uint32_t values[] = {0, 1, 0x7F, 0x80, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x0F};

    (void)state;
    for (size_t i = 0; i < HV_ARRAY_SIZE(values); i++) {
        for (size_t j = 0; j < HV_ARRAY_SIZE(values); j++) {
            uint32_t memory, a = values[i], b = values[j];
            uint64_t flags;

#define CHECK(code, text, carry)                                                                   \
    start(8);                                                                                      \
    cpu->regs[REG_RAX] = b;                                                                        \
    cpu->rflags = 2 | (carry);                                                                     \
    memory = a;                                                                                    \
    __asm__ volatile("bt $0, %k3; " text "; pushfq; pop %1"                                        \
                     : "+m"(memory), "=r"(flags)                                                   \
                     : "r"(b), "r"(carry)                                                          \
                     : "cc");                                                                      \
    assert_int_equal((uint32_t)RUN(code, DEVICE, a), memory);                                      \
    assert_int_equal(cpu->rflags & 0x8D5 & keep, flags & 0x8D5 & keep)

            uint64_t keep = UINT64_MAX;
            CHECK("\x39\x03", "cmpl %2, %0", 0);
            keep = ~0x10ull; /* AF is undefined after logic */
            CHECK("\x09\x03", "orl %2, %0", 0);
            CHECK("\x21\x03", "andl %2, %0", 0);
            CHECK("\x31\x03", "xorl %2, %0", 0);
            CHECK("\x85\x03", "testl %2, %0", 0);
        }
    }
}

static void test_other_read_modify_write(void **state)
{
    (void)state;
    start(8);
    cpu->regs[REG_RAX] = 5;
    RUN("\x23\x03", DEVICE, 6); /* AND r, m */
    assert_int_equal(cpu->regs[REG_RAX], 4);
    start(8);
    cpu->regs[REG_RAX] = 5;
    RUN("\x3b\x03", DEVICE, 7); /* CMP r, m: register minus memory */
    assert_int_equal(cpu->regs[REG_RAX], 5);
    assert_true(cpu->rflags & 1);
    start(8);
    RUN("\x83\x3b\x07", DEVICE, 7); /* CMP m, imm8 */
    assert_true(cpu->rflags & 0x40);
    start(8);
    assert_int_equal(RUN("\x83\x0b\x80", DEVICE, 1), 0xFFFFFF81); /* OR m, imm8 extended */
    start(8);
    assert_int_equal(RUN("\x81\x23\x0f\x00\x00\x00", DEVICE, 0xFF), 0x0F);
    start(8);
    cpu->regs[REG_RAX] = 0x1100;
    assert_int_equal(RUN("\xf0\x30\x23", DEVICE, 0x10), 1); /* LOCK XOR m, AH */
    start(8);
    assert_int_equal(RUN("\xf6\x03\x01", DEVICE, 1), 1); /* TEST m, imm */
    assert_false(cpu->rflags & 0x40);
}

static void test_strings(void **state)
{
    const char data[8] = "abcdefg";

    (void)state;
    start(8); /* REP MOVSB from memory to the device */
    cpu->regs[REG_RSI] = 0x2000;
    cpu->regs[REG_RDI] = DEVICE;
    cpu->regs[REG_RCX] = 3;
    memcpy(fake.ram + 0x2000, data, 8);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(begin("\xf3\xa4", 2, DEVICE + i, true), BN_OK);
        assert_int_equal(insn.step, INSN_WRITE);
        assert_int_equal(insn.value, data[i]);
        assert_int_equal(cpu->rip, CODE);
        assert_int_equal(insn_complete(cpu, &insn, 0), INSN_DONE);
    }
    assert_int_equal(cpu->rip, CODE + 2);
    assert_int_equal(cpu->regs[REG_RCX], 0);
    assert_int_equal(cpu->regs[REG_RDI], DEVICE + 3);
    start(8); /* MOVSD from the device, downwards */
    cpu->rflags |= 0x400;
    cpu->regs[REG_RSI] = DEVICE;
    cpu->regs[REG_RDI] = 0x2010;
    assert_int_equal(begin("\xa5", 1, DEVICE, false), BN_OK);
    assert_int_equal(insn_complete(cpu, &insn, 0xDEADBEEF), INSN_DONE);
    assert_memory_equal(fake.ram + 0x2010, "\xef\xbe\xad\xde", 4);
    assert_int_equal(cpu->regs[REG_RDI], 0x200C);
    assert_int_equal(cpu->regs[REG_RSI], DEVICE - 4);
    start(8); /* the other operand is not there */
    cpu->regs[REG_RSI] = 0x900000;
    cpu->regs[REG_RDI] = DEVICE;
    assert_int_equal(begin("\xa5", 1, DEVICE, true), BN_OK);
    assert_int_equal(insn.step, INSN_FAULT);
    assert_int_equal(fake.exception, 14);
    assert_int_equal(fake.cr2, 0x900000);
    assert_int_equal(cpu->rip, CODE);
    start(8); /* STOSQ, count 0 */
    cpu->regs[REG_RDI] = DEVICE;
    assert_int_equal(begin("\xf3\x48\xab", 3, DEVICE, true), BN_OK);
    assert_int_equal(insn.step, INSN_DONE);
    assert_int_equal(cpu->rip, CODE + 3);
}

static void test_port_strings(void **state)
{
    struct vcpu_exit exit = {.kind = EXIT_PIO,
                             .pio = {.port = 0x1F0, .size = 2, .in = true, .string = true}};

    (void)state;
    start(8);
    cpu->regs[REG_RDI] = 0x2000;
    cpu->regs[REG_RCX] = 2;
    memcpy(fake.ram + CODE, "\xf3\x66\x6d", 3);
    assert_int_equal(insn_start(cpu, &insn, &exit), BN_OK);
    assert_int_equal(insn.step, INSN_READ);
    assert_int_equal(insn_complete(cpu, &insn, 0x4241), INSN_DONE);
    assert_int_equal(cpu->rip, CODE);
    assert_int_equal(insn_start(cpu, &insn, &exit), BN_OK);
    assert_int_equal(insn_complete(cpu, &insn, 0x4443), INSN_DONE);
    assert_int_equal(cpu->rip, CODE + 3);
    assert_memory_equal(fake.ram + 0x2000, "ABCD", 4);
    exit.pio.in = false;
    memcpy(fake.ram + CODE + 3, "\x8b\x03", 2);
    assert_int_equal(insn_start(cpu, &insn, &exit), BN_EFAULT); /* not that exit's instruction */
    exit.pio.size = 1;
    cpu->rip = CODE;
    cpu->regs[REG_RSI] = 0x2001;
    memcpy(fake.ram + CODE, "\x6e", 1);
    assert_int_equal(insn_start(cpu, &insn, &exit), BN_OK);
    assert_int_equal(insn.step, INSN_WRITE);
    assert_int_equal(insn.value, 'B');
    assert_int_equal(insn_complete(cpu, &insn, 0), INSN_DONE);
    assert_int_equal(cpu->regs[REG_RSI], 0x2002);
}

static void test_refuses(void **state)
{
    static const struct {
        const char *code;
        size_t bytes;
    } unknown[] = {{"\x8b\xc3", 2},         {"\x0f\x10\x03", 3},
                   {"\xd9\x03", 2},         {"\x90", 1},
                   {"\x8e\x03", 2},         {"\xc7\x0b\x00\x00\x00\x00", 6},
                   {"\x0f\xba\x2b\x01", 4}, {"\xff\x13", 2},
                   {"\xc5\xf8\x10\x03", 4}, {"\x01\x03", 2},
                   {"\x83\x03\x01", 3},     {"\x87\x03", 2},
                   {"\xff\x03", 2},         {"\xf7\x1b", 2},
                   {"\x0f\xab\x03", 3}};

    (void)state;
    for (size_t i = 0; i < HV_ARRAY_SIZE(unknown); i++) {
        start(8);
        assert_int_equal(begin(unknown[i].code, unknown[i].bytes, DEVICE, false), BN_ENOSYS);
        assert_int_equal(cpu->rip, CODE);
    }
    start(8);
    assert_int_equal(begin("\x8b\x03", 2, DEVICE + 8, false), BN_EFAULT); /* elsewhere */
    assert_int_equal(begin("\x8b\x03", 2, DEVICE, true), BN_EFAULT);      /* a load that writes */
    assert_int_equal(begin("\x89\x03", 2, DEVICE, false), BN_EFAULT);     /* and the reverse */
    cpu->regs[REG_RBX] = DEVICE + 0xFFE;
    assert_int_equal(begin("\x8b\x03", 2, DEVICE + 0xFFE, false), BN_EFAULT); /* two pages */
    cpu->rip = FAKE_RAM_BYTES + 0x1000;
    assert_int_equal(insn_start(cpu, &insn, &(struct vcpu_exit){.kind = EXIT_MMIO}), BN_EFAULT);
}

static void test_code_at_page_end(void **state)
{
    struct vcpu_exit exit = {.kind = EXIT_MMIO, .mmio = {.gpa = DEVICE}};

    (void)state;
    start(8);
    fake.unmapped = 0x2000;
    cpu->rip = 0x1FFE;
    memcpy(fake.ram + 0x1FFE, "\x8b\x03", 2);
    assert_int_equal(insn_start(cpu, &insn, &exit), BN_OK);
    assert_int_equal(insn_complete(cpu, &insn, 3), INSN_DONE);
    cpu->rip = 0x1FFF; /* the second byte is not there */
    fake.ram[0x1FFF] = 0x8B;
    assert_int_equal(insn_start(cpu, &insn, &exit), BN_ENOSYS);
}

static unsigned length(const char *code, size_t bytes, unsigned mode, enum exit_kind kind)
{
    return insn_length_bytes((const uint8_t *)code, bytes, mode, kind);
}

static void test_lengths(void **state)
{
    (void)state;
    assert_int_equal(length("\x0f\xa2", 2, 8, EXIT_CPUID), 2);
    assert_int_equal(length("\x66\x48\x0f\xa2", 4, 8, EXIT_CPUID), 4);
    assert_int_equal(length("\x48\x0f\xa2", 3, 4, EXIT_CPUID), 0); /* DEC EAX there */
    assert_int_equal(length("\x0f\xa2", 2, 8, EXIT_RDMSR), 0);
    assert_int_equal(length("\x0f\x32", 2, 8, EXIT_RDMSR), 2);
    assert_int_equal(length("\x0f\x30", 2, 8, EXIT_WRMSR), 2);
    assert_int_equal(length("\xf4", 1, 8, EXIT_HLT), 1);
    assert_int_equal(length("\xf3\x90", 2, 8, EXIT_PAUSE), 2);
    assert_int_equal(length("\x0f\x01\xc1", 3, 8, EXIT_HYPERCALL), 3);
    assert_int_equal(length("\x0f\x01\xd9", 3, 8, EXIT_HYPERCALL), 3);
    assert_int_equal(length("\x0f\x01\xd1", 3, 8, EXIT_XSETBV), 3);
    assert_int_equal(length("\x0f\x08", 2, 8, EXIT_CR), 2);
    assert_int_equal(length("\x0f\x20\xc0", 3, 8, EXIT_CR), 0);
    assert_int_equal(length("\xe4\x60", 2, 8, EXIT_PIO), 2);
    assert_int_equal(length("\x66\xef", 2, 8, EXIT_PIO), 2);
    assert_int_equal(length("\x0f", 1, 8, EXIT_CPUID), 0);
    assert_int_equal(length("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x0f\xa2", 16,
                            8, EXIT_CPUID),
                     0); /* longer than an instruction can be */
}

static void test_never_reads_beyond(void **state)
{
    (void)state;
    srandom(1);
    for (unsigned i = 0; i < 200000; i++) {
        size_t bytes = (size_t)random() % 16;
        uint8_t *code = malloc(bytes ? bytes : 1);
        struct insn_form form;
        static const uint8_t modes[] = {2, 4, 8};
        unsigned mode = modes[i % 3];

        for (size_t j = 0; j < bytes; j++)
            code[j] = (uint8_t)random();
        if (insn_decode_bytes(code, bytes, mode, &form) == BN_OK) {
            assert_in_range(form.length, 1, bytes);
            assert_true(form.base >= -1 && form.base < 16 && form.index >= -1 && form.index < 16);
            assert_true(form.operand_bytes && form.operand_bytes <= 8 && form.segment <= SEG_GS);
        }
        assert_in_range(insn_length_bytes(code, bytes, mode, (enum exit_kind)(i % EXIT_KINDS)), 0,
                        bytes);
        free(code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loads),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_stores),
        cmocka_unit_test(test_arithmetic),
        cmocka_unit_test(test_other_read_modify_write),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_port_strings),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_code_at_page_end),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_never_reads_beyond),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
