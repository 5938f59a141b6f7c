/* SPDX-License-Identifier: BSD-3-Clause */
/* Entry of the bench guest: 32-bit protected mode, flat, interrupts off. */
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

    /* Where the second CPU starts, copied to a page below 1 MiB: real mode, CS the only register that is known. */
    .globl ap_start, ap_end
    .code16
ap_start:
    cli
    movw %cs, %ax
    movw %ax, %ds
    lgdtl ap_gdt_register - ap_start
    movl %cr0, %eax
    orl $1, %eax
    movl %eax, %cr0
    ljmpl $8, $ap_flat
    .balign 4
ap_gdt_register:
    .word 23
    .long gdt
ap_end:
    .code32
ap_flat:
    movw $16, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl $ap_stack_top, %esp
    lidt idt_register
    call ap_main
    jmp stop

    .section .bss
    .balign 16
    .skip 8192
stack_top:
    .skip 4096
ap_stack_top:
    .section .note.GNU-stack, "", @progbits
