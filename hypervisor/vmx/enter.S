/* SPDX-License-Identifier: BSD-3-Clause */
/* Into the guest and back: bool vmx_enter(registers, launched), in hardware order; RSP travels in the VMCS.
 * True: the processor refused the entry (VMCS_INSTRUCTION_ERROR). */
#define HOST_RSP 0x6C14
    .text
    .balign 64
    .globl vmx_enter, vmx_exited
vmx_enter:
    .irp r, rbx, rbp, r12, r13, r14, r15, rdi
    push %\r
    .endr
    mov $HOST_RSP, %eax
    vmwrite %rsp, %rax
    test %esi, %esi
    mov 0 * 8(%rdi), %rax
    mov 1 * 8(%rdi), %rcx
    mov 2 * 8(%rdi), %rdx
    mov 3 * 8(%rdi), %rbx
    mov 5 * 8(%rdi), %rbp
    mov 6 * 8(%rdi), %rsi
    .irp n, 8, 9, 10, 11, 12, 13, 14, 15
    mov \n * 8(%rdi), %r\n
    .endr
    mov 7 * 8(%rdi), %rdi
    jnz 1f
    vmlaunch
    jmp 2f
1:  vmresume
2:  mov $1, %eax
    jmp 3f
vmx_exited: /* where every exit arrives, RSP as it was written above */
    push %rdi
    mov 8(%rsp), %rdi
    mov %rax, 0 * 8(%rdi)
    mov %rcx, 1 * 8(%rdi)
    mov %rdx, 2 * 8(%rdi)
    mov %rbx, 3 * 8(%rdi)
    mov %rbp, 5 * 8(%rdi)
    mov %rsi, 6 * 8(%rdi)
    popq 7 * 8(%rdi)
    .irp n, 8, 9, 10, 11, 12, 13, 14, 15
    mov %r\n, \n * 8(%rdi)
    .endr
    xor %eax, %eax
3:  .irp r, rdi, r15, r14, r13, r12, rbp, rbx
    pop %\r
    .endr
    ret
    .section .note.GNU-stack, "", @progbits
