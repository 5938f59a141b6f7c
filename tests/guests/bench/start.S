/* SPDX-License-Identifier: BSD-3-Clause */
/* Multiboot1 header and entry of the bench guest: 32-bit protected mode, flat, interrupts off. */
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
    pushl %ebx /* Multiboot information */
    pushl %eax /* 0x2BADB002 */
    lgdt gdt_register /* the loader's table need not be there any more */
    ljmp $8, $1f
1:  lidt idt_register
    call bench_main
stop:
    cli
    hlt
    jmp stop

    /* #UD while measuring means: not offered here. The instruction's three bytes are skipped and counted. */
    .globl undefined_instruction
undefined_instruction:
    addl $3, (%esp)
    incl undefined_seen
    iretl

    /* The measured one: counted and ended at the local APIC (X2APIC EOI). */
    .globl interrupt
interrupt:
    pushl %eax
    pushl %ecx
    pushl %edx
    movl $0x80B, %ecx
    xorl %eax, %eax
    xorl %edx, %edx
    wrmsr
    incl interrupts_seen
    popl %edx
    popl %ecx
    popl %eax
    iretl

    .section .rodata
    .balign 8
gdt:
    .quad 0, 0x00CF9B000000FFFF, 0x00CF93000000FFFF
gdt_register:
    .word 23
    .long gdt

    .section .bss
    .balign 16
    .skip 8192
stack_top:
    .section .note.GNU-stack, "", @progbits
