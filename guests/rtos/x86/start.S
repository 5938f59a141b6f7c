/* SPDX-License-Identifier: BSD-3-Clause */
/* Multiboot1 entry, interrupt stubs, context switch: everything that cannot be said in C. */

#define MB_MAGIC 0x1BADB002
#define MB_FLAGS 0x00000003 /* modules page-aligned, memory information */

    .section .multiboot, "a"
    .balign 4
    .long MB_MAGIC, MB_FLAGS, -(MB_MAGIC + MB_FLAGS)

    .section .bss.stacks, "aw", @nobits
    .balign 4096
    .globl boot_stack, emergency_stack, boot_stack_top, emergency_stack_top
boot_stack: /* each begins with its guard page */
    .skip 4096 + 16384
boot_stack_top:
emergency_stack:
    .skip 4096 + 8192
emergency_stack_top:

    .text
    .globl _start
_start:
    cli
    cld
    movl $boot_stack_top, %esp
    xorl %ebp, %ebp
    movl %eax, %esi
    rdtsc
    pushl %edx
    pushl %eax
    pushl %ebx
    pushl %esi
    call machine_main /* (magic, info, entry TSC) never returns */
1:  hlt
    jmp 1b

/* 256 stubs of 16 bytes; those without an error code push 0 in its place. */
    .balign 16
    .globl trap_stubs
trap_stubs:
    .set vector, 0
    .rept 256
    .balign 16
    .if (vector == 8) || ((vector >= 10) && (vector <= 14)) || (vector == 17) || (vector == 21) || (vector == 29) || (vector == 30)
    .else
    pushl $0
    .endif
    pushl $vector
    jmp trap_common
    .set vector, vector + 1
    .endr

    .balign 16
trap_common:
    pushal
    cld
    testb $3, 44(%esp) /* CS: what ring 3 has made of its data segments must not be ours */
    jz 1f
    movl $0x33, %eax /* SELECTOR_USER_DATA */
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %fs
    movl %eax, %gs
1:  pushl %esp
    call trap_dispatch /* (struct trap_frame *) */
    addl $4, %esp
    .globl trap_return
trap_return:
    popal
    addl $8, %esp
    iret

/* void context_switch(void **save, void *load): callee-saved registers on the stack, the rest is the compiler's. */
    .globl context_switch
context_switch:
    movl 4(%esp), %eax
    movl 8(%esp), %edx
    pushl %ebp
    pushl %ebx
    pushl %esi
    pushl %edi
    movl %esp, (%eax)
    movl %edx, %esp
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret

/* void context_load(void *load): as above with nothing to save. */
    .globl context_load
context_load:
    movl 4(%esp), %esp
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret

/* uint32_t safe_wrmsr(msr, low, high), safe_rdmsr(msr, *low, *high): 0, or 1 if the CPU refused (#GP; fixup in trap.c). */
    .globl safe_wrmsr, safe_wrmsr_at, safe_rdmsr, safe_rdmsr_at, safe_msr_failed
safe_wrmsr:
    movl 4(%esp), %ecx
    movl 8(%esp), %eax
    movl 12(%esp), %edx
safe_wrmsr_at:
    wrmsr
    xorl %eax, %eax
    ret
safe_rdmsr:
    movl 4(%esp), %ecx
safe_rdmsr_at:
    rdmsr
    movl 8(%esp), %ecx
    movl %eax, (%ecx)
    movl 12(%esp), %ecx
    movl %edx, (%ecx)
    xorl %eax, %eax
    ret
safe_msr_failed:
    movl $1, %eax
    ret

/* The double fault arrives by task gate on a stack of its own: a stack overflow is still told. */
    .globl double_fault_entry
double_fault_entry:
    call double_fault
1:  hlt
    jmp 1b

    .section .note.GNU-stack, "", @progbits
