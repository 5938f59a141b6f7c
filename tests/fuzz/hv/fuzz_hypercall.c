/* SPDX-License-Identifier: BSD-3-Clause */
/* Hypercalls in any order with any arguments: nothing outside the service VM's memory is ever read,
 * mapped or written for it. */
#include <stdlib.h>
#include <string.h>

#include "../../../hypervisor/core/hsm/acrn.h"
#include "../../unit/hv/hsm_fake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What the IVI gets of the machine must be the service VM's, or in the window and within its
 * rights. */
void fake_check_mapping(const struct vm *vm, hpa_t hpa, uint32_t rights)
{
    uint64_t region = (hpa - WINDOW_BASE) / (2 * MIB) - 1;

    if (vm != &vms[IVI] || hpa < SERVICE_BASE + SERVICE_BYTES)
        return;
    if (hpa >= POOL_BASE && hpa < POOL_BASE + 3 * HV_PAGE_BYTES && rights == MAP_READ)
        return; /* its directory */
    if (hpa < WINDOW_BASE || region >= fake_scenario.region_count || (rights & MAP_EXEC) ||
        !fake_scenario.region[region].rights[IVI] ||
        ((rights & MAP_WRITE) && !(fake_scenario.region[region].rights[IVI] & BN_SHM_WRITE)))
        abort();
}

/* A structure for "set vCPU registers" that only the input can spoil: 16-bit code, as at a reset.
 */
static void write_registers(uint8_t *to)
{
    const struct acrn_vcpu_regs r = {
        .vcpu_regs = {.rip = 0xFFF0, .rflags = 2, .cs_ar = 0x9B, .cs_limit = 0xFFFF}};

    memcpy(to, &r, sizeof(r));
}

/*
 * 20 bytes a call (which, where to write, RDI, RSI) and 64 of memory that RDI, RSI may point to. Of
 * a "set vCPU registers" they are 8, anywhere in a structure that is right otherwise.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t calls[] = {0x01, 0x10, 0x11, 0x12, 0x13, 0x15, 0x16, 0x23,
                                     0x24, 0x25, 0x30, 0x31, 0x42, 0x53, 0x80};
    static bool first = true;

    if (first) {
        fake_reset();
        first = false;
    } else {
        (void)fake_call(0x11, 1, 0); /* a full reset is slow; the VM is the only state */
    }
    fake_create_ivi(size & 1 ? 0x4000 : 0);
    for (; size >= 84; data += 84, size -= 84) {
        uint64_t a, b;

        memcpy(&a, data + 4, 8);
        memcpy(&b, data + 12, 8);
        if (data[0] < 0xF0 && calls[data[0] % HV_ARRAY_SIZE(calls)] == 0x16) {
            write_registers(fake_service(0x8000));
            memcpy((uint8_t *)fake_service(0x8000) + data[2] % 37 * 8, data + 20, data[3] % 9);
        } else {
            memcpy(fake_service(0x8000), data + 20, 64);
        }
        (void)fake_call(data[0] < 0xF0 ? calls[data[0] % HV_ARRAY_SIZE(calls)] : data[1], a, b);
    }
    if (vms[CLUSTER].state != VM_RUNNING || vms[SERVICE].state != VM_RUNNING)
        abort();
    return 0;
}
