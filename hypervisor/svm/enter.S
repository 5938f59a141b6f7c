/* SPDX-License-Identifier: BSD-3-Clause */
/* Into the guest and back: svm_enter(vmcb, registers, host's own state), addresses physical,
 * virtual, physical. Registers are in hardware order; RAX and RSP travel in the VMCB. */
    .text
    .balign 64
    .globl svm_enter
svm_enter:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    push %rdx
    push %rsi
    mov %rdi, %rax
    clgi
    vmload %rax
    mov 1 * 8(%rsi), %rcx
    mov 2 * 8(%rsi), %rdx
    mov 3 * 8(%rsi), %rbx
    mov 5 * 8(%rsi), %rbp
    mov 7 * 8(%rsi), %rdi
    mov 8 * 8(%rsi), %r8
    mov 9 * 8(%rsi), %r9
    mov 10 * 8(%rsi), %r10
    mov 11 * 8(%rsi), %r11
    mov 12 * 8(%rsi), %r12
    mov 13 * 8(%rsi), %r13
    mov 14 * 8(%rsi), %r14
    mov 15 * 8(%rsi), %r15
    mov 6 * 8(%rsi), %rsi
    sti /* so that physical interrupts end the guest's turn; nothing comes while GIF is 0 */
    vmrun %rax
    cli
    vmsave %rax
    push %rsi
    mov 8(%rsp), %rsi
    mov %rcx, 1 * 8(%rsi)
    mov %rdx, 2 * 8(%rsi)
    mov %rbx, 3 * 8(%rsi)
    mov %rbp, 5 * 8(%rsi)
    popq 6 * 8(%rsi)
    mov %rdi, 7 * 8(%rsi)
    mov %r8, 8 * 8(%rsi)
    mov %r9, 9 * 8(%rsi)
    mov %r10, 10 * 8(%rsi)
    mov %r11, 11 * 8(%rsi)
    mov %r12, 12 * 8(%rsi)
    mov %r13, 13 * 8(%rsi)
    mov %r14, 14 * 8(%rsi)
    mov %r15, 15 * 8(%rsi)
    pop %rsi
    pop %rax
    vmload %rax
    stgi
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    cld
    ret
    .section .note.GNU-stack, "", @progbits
