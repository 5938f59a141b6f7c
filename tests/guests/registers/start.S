/* SPDX-License-Identifier: BSD-3-Clause */
/* Multiboot1 header and entry of the guest that watches its registers: 32-bit protected mode, flat, interrupts off. */
#define MAGIC 0x1BADB002
#define FLAGS 0x3

    .section .multiboot, "a"
    .balign 4
    .long MAGIC, FLAGS, -(MAGIC + FLAGS)

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
