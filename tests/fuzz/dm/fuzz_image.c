/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzzes both image loaders: whatever the file says, nothing outside the guest's memory is touched.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct guest_mem mem;
    static uint8_t *ram;
    struct boot_plan plan = {.cmdline = "x", .kernel = {"fuzz", data, size}};
    struct cpu_state cpu;
    char why[256];

    if (!ram) {
        /* malloc, not mmap: the sanitizer watches both ends */
        ram = aligned_alloc(4096, 0x400000);
        mem = (struct guest_mem){.fd = -1, .base = ram, .low = 0x400000};
        if (!ram || vq_mem_add(&mem.map, 0, 0x400000, 0, ram))
            abort();
    }
    if (size > 64) {
        plan.initrd = (struct blob){"initrd", data, 64};
        plan.module[0] = plan.initrd;
        plan.modules = 1;
    }
    if (boot_bzimage(&mem, &plan, &cpu, why, sizeof(why)) == 0 && cpu.eip != KERNEL_BASE)
        abort();
    if (boot_multiboot(&mem, &plan, &cpu, why, sizeof(why)) == 0 && cpu.eip >= mem.low)
        abort();
    return 0;
}
