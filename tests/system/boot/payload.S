/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Stands in for the hypervisor in the loader's tests: on COM1 it says "payload:", in hexadecimal the address of
 * bn_boot_info, its own address and the OR of its zeroed memory, and "end", then stops, so that the test can read the
 * machine's memory. It runs wherever it lies, and uses no stack, as RSP is 0.
 */
    .set COM1, 0x3F8

/* AL to COM1 once there is room; whoever reads the other end may be slow. */
    .macro send
    mov %al, %bl
    mov $COM1 + 5, %dx
9:  in %dx, %al
    test $0x20, %al
    jz 9b
    mov %bl, %al
    mov $COM1, %dx
    out %al, %dx
    .endm

    .section .text, "ax"
    .globl payload
payload:
    jmp 1f
    .balign 8
    .ascii "BNIM" /* struct bn_image of binnacle/boot.h */
    .long 1
    .quad payload_bytes
1:  lea hello(%rip), %rsi
    lea info(%rip), %rbp
    jmp print

info:
    mov %rdi, %r8
    lea place(%rip), %rbp
    jmp print_number
place:
    lea payload(%rip), %r8
    lea sum(%rip), %rbp
    jmp print_number

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
    lea stop(%rip), %rbp
    jmp print
stop:
    cli
    hlt
    jmp stop

/* The text at RSI, then to RBP. */
print:
    lodsb
    test %al, %al
    jz 1f
    send
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
    send
    loop 1b
    mov $' ', %al
    send
    jmp *%rbp

    .section .rodata, "a"
hello:
    .asciz "payload: "
bye:
    .asciz "end\r\n"
digits:
    .ascii "0123456789abcdef"

    .section .bss, "aw", @nobits
    .balign 4096
zeros:
    .skip 8192
    .section .note.GNU-stack, "", @progbits
