/* SPDX-License-Identifier: BSD-3-Clause */
/* The PC's 8259s and its 8254, which no VM has: their ports are an empty bus, never the machine's.
 */
#include "hv/platform.h"

#define PORT_61 0x61u

static void absent(struct io_access *io)
{
    if (io->address == PORT_61)
        io->value = 0; /* ones there would be errors of the machine */
}

void legacy_init(struct vm *vm)
{
    vm_add_pio(vm, 0x20, 2, absent, NULL);
    vm_add_pio(vm, 0xA0, 2, absent, NULL);
    vm_add_pio(vm, 0x4D0, 2, absent, NULL);
    vm_add_pio(vm, 0x40, 4, absent, NULL);
    vm_add_pio(vm, PORT_61, 1, absent, NULL);
}
