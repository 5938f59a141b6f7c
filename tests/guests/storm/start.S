/* SPDX-License-Identifier: BSD-3-Clause */
/* Entry of the storm: 32-bit protected mode, flat, interrupts off; and its one interrupt handler. */
    .section .text
    .globl _start
_start:
    movl $stack_top, %esp
    xorl %ebp, %ebp
    pushl %ebx /* Multiboot information */
    lgdt gdt_register /* the loader's table need not be there any more */
    ljmp $8, $1f
1:  lidt idt_register
    call storm_main
stop:
    cli
    hlt
    jmp stop

    .globl interrupt
interrupt:
    pushal
    call storm_interrupt
    popal
    iretl

    .section .bss
    .balign 16
    .skip 8192
stack_top:
    .section .note.GNU-stack, "", @progbits
