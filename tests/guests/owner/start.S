/* SPDX-License-Identifier: BSD-3-Clause */
/* Entry of the guest that owns functions: 32-bit protected mode, flat. */
    .section .text
    .globl _start
_start:
    movl $stack_top, %esp
    xorl %ebp, %ebp
    pushl %ebx /* Multiboot information */
    lgdt gdt_register
    ljmp $8, $1f
1:  lidt idt_register
    call owner_main
stop:
    hlt
    jmp stop

    .globl interrupt
interrupt:
    pushal
    call take_interrupt
    popal
    iretl

    /* Nothing is left to handle anything: the VM has ended. */
    .globl triple_fault
triple_fault:
    lidt nothing
    int3

    .section .rodata
nothing:
    .word 0
    .long 0

    .section .bss
    .balign 16
    .skip 8192
stack_top:
    .section .note.GNU-stack, "", @progbits
