/* SPDX-License-Identifier: BSD-3-Clause */
/* From the loader (or a start-up IPI) to C: first page tables, first stack, the other CPUs' way in. */

#define IMAGE_SLOT  511
#define EARLY_LARGE 16  /* 2 MiB pages of the image that the first tables map */

    .section .head, "ax"
    .code64
    .globl hv_entry
hv_entry: /* RDI = physical address of bn_boot_info; runs at its physical place */
    jmp 1f
    .balign 8
    .ascii "BNIM" /* struct bn_image of binnacle/boot.h */
    .long 1
    .quad image_bytes
1:  cli
    cld
    mov %rdi, %r12
    lea image_start(%rip), %rbx
    lea early_pml4(%rip), %rdx

    /* The firmware's identity map serves as identity map and as direct map until we make our own. */
    mov %cr3, %rsi
    and $~0xfff, %rsi
    mov %rdx, %rdi
    mov $256, %ecx
    rep movsq
    mov %rdx, %rsi
    mov $255, %ecx
    rep movsq

    lea early_pdpt(%rip), %rax
    or $3, %rax
    mov %rax, IMAGE_SLOT * 8(%rdx)
    lea early_pd(%rip), %rcx
    mov %rcx, %rax
    or $3, %rax
    lea early_pdpt(%rip), %rsi
    mov %rax, 510 * 8(%rsi)
    mov %rbx, %rax
    or $0x83, %rax
    xor %esi, %esi
1:  mov %rax, (%rcx, %rsi, 8)
    add $0x200000, %rax
    inc %esi
    cmp $EARLY_LARGE, %esi
    jb 1b

    mov %rdx, %cr3
    mov $early_stack_top, %rsp
    xor %ebp, %ebp
    mov %r12, %rdi
    mov $hv_main, %rax
    call *%rax
    ud2

    .text
    .globl hv_ap_entry
hv_ap_entry: /* another CPU, already on our page tables */
    mov ap_stack_top(%rip), %rsp
    xor %ebp, %ebp
    mov ap_pcpu(%rip), %rdi
    call hv_ap_main
    ud2

    .globl stack_switch_call
stack_switch_call: /* RDI = new stack top, RSI = function that does not return */
    mov %rdi, %rsp
    xor %ebp, %ebp
    call *%rsi
    ud2

/* Copied to a page below 1 MiB. The three words at its end are filled in by the boot CPU. */
    .section .rodata
    .balign 16
    .globl ap_trampoline, ap_trampoline_end, ap_trampoline_cr3, ap_trampoline_base
    .code16
ap_trampoline:
    cli
    cld
    mov %cs, %ax
    mov %ax, %ds
    lgdtl (ap_gdtr - ap_trampoline)
    mov (ap_trampoline_cr3 - ap_trampoline), %esi
    mov (ap_trampoline_base - ap_trampoline), %edi
    mov $0x20, %eax /* PAE */
    mov %eax, %cr4
    mov %esi, %cr3
    mov $0xC0000080, %ecx
    xor %edx, %edx
    mov $0x900, %eax /* LME, NXE */
    wrmsr
    mov $0x80010033, %eax /* PG, WP, NE, ET, MP, PE */
    mov %eax, %cr0
    ljmpl *(ap_far - ap_trampoline)
    .code64
ap_long:
    mov $0x10, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov $hv_ap_entry, %rax
    jmp *%rax
    .balign 8
ap_gdt:
    .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff
    .globl ap_gdtr, ap_far, ap_gdt, ap_long
ap_gdtr:
    .word 23
    .long 0 /* filled in */
    .word 0
ap_far:
    .long 0 /* filled in */
    .word 8
    .word 0
ap_trampoline_cr3:
    .long 0
ap_trampoline_base:
    .long 0
ap_trampoline_end:

    .bss
    .balign 4096
early_pml4:
    .skip 4096
early_pdpt:
    .skip 4096
early_pd:
    .skip 4096
    .skip 16384
early_stack_top:
    .section .note.GNU-stack, "", @progbits
