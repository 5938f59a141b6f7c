/* SPDX-License-Identifier: BSD-3-Clause */
/* What GRUB looks for and jumps to, and the way from there to long mode. */
#define MAGIC 0xE85250D6 /* Multiboot2 specification 2.0, §3.1 */

    .section .header, "a"
    .balign 8
header:
    .long MAGIC, 0, header_end - header, -(MAGIC + (header_end - header))
    .balign 8
    .short 6, 0 /* modules on page boundaries */
    .long 8
    .balign 8
    .short 5, 1 /* a framebuffer, if there is one: width, height, depth */
    .long 20, 1024, 768, 32
    .balign 8
    .short 0, 0
    .long 8
header_end:

/* 32-bit protected mode, flat, paging off; EAX = GRUB's magic, EBX = its information (§3.3). */
    .text
    .code32
    .globl loader_start
loader_start:
    cli
    cld
    mov %eax, %esi
    rdtsc
    mov %eax, loader_tsc_entry
    mov %edx, loader_tsc_entry + 4
    cmp $0x36D76289, %esi
    jne stop

    mov $0x20, %eax /* PAE */
    mov %eax, %cr4
    mov $pml4, %eax
    mov %eax, %cr3
    mov $0xC0000080, %ecx
    rdmsr
    or $0x900, %eax /* LME, NXE */
    wrmsr
    mov %cr0, %eax
    or $0x80010001, %eax /* PG, WP, PE */
    mov %eax, %cr0
    lgdt gdtr
    ljmp $8, $long_mode
stop:
    hlt
    jmp stop

    .code64
long_mode:
    mov $16, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov $stack_top, %esp
    xor %ebp, %ebp
    mov %ebx, %edi
    call loader_main

    .section .rodata
    .balign 8
gdt:
    .quad 0, 0x00AF9B000000FFFF, 0x00CF93000000FFFF
gdtr:
    .word 23
    .long gdt

    .data
    .balign 8
    .globl loader_tsc_entry
loader_tsc_entry:
    .quad 0

    /* The first 4 GiB as they are, in pages of 2 MiB. */
    .balign 4096
pml4:
    .quad pdpt + 3
    .balign 4096
pdpt:
    .quad pd + 0x0003, pd + 0x1003, pd + 0x2003, pd + 0x3003
    .balign 4096
pd:
    .rept 4 * 512
    .quad (. - pd) << 18 | 0x83
    .endr

    .bss
    .balign 16
    .skip 16384
stack_top:
    .section .note.GNU-stack, "", @progbits
