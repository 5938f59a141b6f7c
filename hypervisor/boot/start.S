/* SPDX-License-Identifier: BSD-3-Clause */
/* The loader's first instructions. */
    .text

/*
 * The PE file's entry: take the time before anything else, then GNU-EFI's own start code, which relocates the image and
 * calls _entry. RCX and RDX hold the firmware's arguments.
 */
    .globl loader_start
    .hidden loader_start
loader_start:
    mov %rdx, %r10
    rdtsc
    shl $32, %rdx
    or %rdx, %rax
    mov %rax, loader_tsc_entry(%rip)
    mov %r10, %rdx
    jmp _start

    .data
    .balign 8
    .globl loader_tsc_entry
    .hidden loader_tsc_entry
loader_tsc_entry:
    .quad 0

    .section .note.GNU-stack, "", @progbits
