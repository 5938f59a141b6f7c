/* SPDX-License-Identifier: BSD-3-Clause */
/* What bare guests begin with: the Multiboot1 header (modules on pages, memory map), and a flat GDT. */
#define MAGIC 0x1BADB002
#define FLAGS 0x3

    .section .multiboot, "a"
    .balign 4
    .long MAGIC, FLAGS, -(MAGIC + FLAGS)

    .section .rodata
    .balign 8
    .globl gdt, gdt_register
gdt:
    .quad 0, 0x00CF9B000000FFFF, 0x00CF93000000FFFF
gdt_register:
    .word 23
    .long gdt
    .section .note.GNU-stack, "", @progbits
