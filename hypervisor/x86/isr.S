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
    .irp r, rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
    push %\r
    .endr
    mov %rsp, %rdi
    mov %rsp, %rbp
    and $~0xf, %rsp
    call trap_dispatch
    mov %rbp, %rsp
    .irp r, r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax
    pop %\r
    .endr
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
