/* SPDX-License-Identifier: BSD-3-Clause */
/* A program without privileges that makes hypercalls: exit status 0 if every one was refused. */

static long call(unsigned long id)
{
    register unsigned long r8 __asm__("r8") = id;
    long result;

    __asm__ volatile("vmcall" : "=a"(result), "+r"(r8) : "D"(1ul), "S"(0ul) : "memory");
    return result;
}

void start(void);

void start(void)
{
    long status = 0;

    for (unsigned long n = 0; n < 0x100; n++)
        if (call(0x80000000ul + n) != -1)
            status = 1;
    __asm__ volatile("syscall" : : "a"(60ul), "D"(status) : "rcx", "r11", "memory");
    __builtin_unreachable();
}
