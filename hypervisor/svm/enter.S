/* SPDX-License-Identifier: BSD-3-Clause */
/* Into the guest and back: svm_enter(vmcb, registers, host's own state), addresses physical,
 * virtual, physical. Registers are in hardware order; RAX and RSP travel in the VMCB. */
    .text
    .balign 64
    .globl svm_enter
svm_enter:
    .irp r, rbx, rbp, r12, r13, r14, r15, rdx, rsi
    push %\r
    .endr
    mov %rdi, %rax
    clgi
    vmload %rax
    mov 1 * 8(%rsi), %rcx
    mov 2 * 8(%rsi), %rdx
    mov 3 * 8(%rsi), %rbx
    mov 5 * 8(%rsi), %rbp
    mov 7 * 8(%rsi), %rdi
    .irp n, 8, 9, 10, 11, 12, 13, 14, 15
    mov \n * 8(%rsi), %r\n
    .endr
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
    .irp n, 8, 9, 10, 11, 12, 13, 14, 15
    mov %r\n, \n * 8(%rsi)
    .endr
    pop %rsi
    pop %rax
    vmload %rax
    stgi
    .irp r, r15, r14, r13, r12, rbp, rbx
    pop %\r
    .endr
    cld
    ret
    .section .note.GNU-stack, "", @progbits
