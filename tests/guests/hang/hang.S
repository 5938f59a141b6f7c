/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A cluster that dies the hard way, on any machine: it lets its frame counter go on for a while, then spins with interrupts
 * off and never leaves guest mode by itself. Multiboot1; the counter's place follows from scenarios/test-cluster.dts: window,
 * directory, header, bn_cluster_frames.latest.
 */
#define MAGIC  0x1BADB002
#define LATEST (0x80000000 + 0x200000 + 64 + 32)
#define FRAMES 50
#define PAUSE  100000

    .text
    .balign 4
    .long MAGIC, 0, -MAGIC
    .globl _start
_start:
    mov $FRAMES, %ecx
1:  mov $PAUSE, %eax
2:  dec %eax
    jnz 2b
    incl LATEST
    loop 1b
    cli
3:  jmp 3b
    .section .note.GNU-stack, "", @progbits
