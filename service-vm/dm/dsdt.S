/* SPDX-License-Identifier: BSD-3-Clause */
/* The compiled DSDT as data of the device model. */
    .section .rodata
    .balign 16
    .global dsdt_aml, dsdt_aml_end
dsdt_aml:
    .incbin "dsdt.aml"
dsdt_aml_end:
    .section .note.GNU-stack, "", @progbits
