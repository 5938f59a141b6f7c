/* SPDX-License-Identifier: BSD-3-Clause */
/* Entry of the guest that watches its registers: 32-bit protected mode, flat, interrupts off. */
    .section .text
    .globl _start
_start:
    movl $stack_top, %esp
    xorl %ebp, %ebp
    call registers_main
stop:
    cli
    hlt
    jmp stop

    .section .bss
    .balign 16
    .skip 8192
stack_top:
    .section .note.GNU-stack, "", @progbits
