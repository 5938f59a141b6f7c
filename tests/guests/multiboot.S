/* SPDX-License-Identifier: BSD-3-Clause */
/* The Multiboot1 header of bare guests: modules on pages, memory map. */
#define MAGIC 0x1BADB002
#define FLAGS 0x3

    .section .multiboot, "a"
    .balign 4
    .long MAGIC, FLAGS, -(MAGIC + FLAGS)
    .section .note.GNU-stack, "", @progbits
