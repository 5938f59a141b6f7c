/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stands in for the hypervisor in the loader's tests: on COM1 it says "payload:" and the 8-byte words of bn_boot_info up
 * to the memory map, in hexadecimal, then "bss" and the sum of its zeroed memory, and leaves through isa-debug-exit. It
 * is linked high, runs at its physical place, and uses no stack, as RSP is 0.
 */
    .set COM1, 0x3F8
    .set WORDS, 112 / 8

    .section .text, "ax"
    .globl payload
payload:
    mov $COM1, %dx
    lea hello(%rip), %rsi
    lea words(%rip), %rbp
    jmp print

words:
    xor %ebx, %ebx
word:
    mov (%rdi, %rbx, 8), %r8
    lea printed_word(%rip), %rbp
    jmp print_number
printed_word:
    inc %ebx
    cmp $WORDS, %ebx
    jb word
    lea bss(%rip), %rsi
    lea sum(%rip), %rbp
    jmp print

sum:
    xor %r8d, %r8d
    lea zeros(%rip), %rsi
    mov $8192 / 8, %ecx
1:  lodsq
    or %rax, %r8
    loop 1b
    lea end(%rip), %rbp
    jmp print_number

end:
    lea bye(%rip), %rsi
    lea leave(%rip), %rbp
    jmp print
leave:
    mov $0xF4, %dx
    mov $0x10, %eax
    out %eax, %dx
    cli
    hlt

/* The text at RSI, then to RBP. */
print:
    lodsb
    test %al, %al
    jz 1f
    out %al, %dx
    jmp print
1:  jmp *%rbp

/* R8 in hexadecimal and a blank, then to RBP. */
print_number:
    mov $16, %ecx
    lea digits(%rip), %rsi
1:  rol $4, %r8
    mov %r8d, %eax
    and $15, %eax
    mov (%rsi, %rax), %al
    out %al, %dx
    loop 1b
    mov $' ', %al
    out %al, %dx
    jmp *%rbp

    .section .rodata, "a"
hello:
    .asciz "payload: "
bss:
    .asciz "bss "
bye:
    .asciz "end\r\n"
digits:
    .ascii "0123456789abcdef"

    .section .bss, "aw", @nobits
    .balign 4096
zeros:
    .skip 8192
    .section .note.GNU-stack, "", @progbits
