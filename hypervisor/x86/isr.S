/* SPDX-License-Identifier: BSD-3-Clause */
/* The 256 interrupt entries: save registers, call trap_dispatch, go back. */
    .text
    .macro stub vector
    .balign 16
    .if (\vector == 8) || (\vector >= 10 && \vector <= 14) || (\vector == 17) || (\vector == 21) || (\vector == 29) || (\vector == 30)
    .else
    push $0
    .endif
    pushq $\vector
    jmp trap_common
    .endm

    .balign 16
    .globl trap_stubs
trap_stubs:
    .set v, 0
    .rept 256
    stub v
    .set v, v + 1
    .endr

trap_common:
    cld
    push %rax
    push %rcx
    push %rdx
    push %rbx
    push %rbp
    push %rsi
    push %rdi
    push %r8
    push %r9
    push %r10
    push %r11
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, %rdi
    mov %rsp, %rbp
    and $~0xf, %rsp
    call trap_dispatch
    mov %rbp, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rdi
    pop %rsi
    pop %rbp
    pop %rbx
    pop %rdx
    pop %rcx
    pop %rax
    add $16, %rsp
    iretq
/* Halts until an NMI comes, unless *flag (RDI) is set. An NMI between look and halt would be slept
 * over: trap_dispatch sends one that finds RIP in here to the end. */
    .globl idle_until_nmi, idle_until_nmi_end
idle_until_nmi:
    cmpb $0, (%rdi)
    jne idle_until_nmi_end
    hlt
idle_until_nmi_end:
    ret

    .section .note.GNU-stack, "", @progbits
