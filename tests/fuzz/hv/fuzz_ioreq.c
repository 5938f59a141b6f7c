/* SPDX-License-Identifier: BSD-3-Clause */
/* The ioreq page under a device model that writes what it likes, when it likes. */
#include <stdlib.h>
#include <string.h>

#include "../../unit/hv/hsm_fake.h"

#define PAGE 0x4000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool first = true;
    uint8_t *page;

    if (first) {
        fake_reset();
        first = false;
    } else {
        (void)fake_call(0x11, 1, 0);
    }
    fake_create_ivi(PAGE);
    if (fake_call(0x12, 1, 0) != 0)
        abort();
    page = fake_service(PAGE);
    for (; size >= 8; data += 8, size -= 8) {
        struct vcpu *vcpu = &vms[IVI].vcpu[data[1] & 1];
        struct io_access access = {.mmio = data[2] & 1,
                                   .write = data[2] & 2,
                                   .bytes = data[3],
                                   .address = (uint64_t)data[4] << (data[5] & 63)};
        uint64_t value = 0, id = data[1];

        switch (data[0] % 5) {
        case 0: /* the vCPU accesses, if it runs */
            if (vcpu->state != VCPU_WAIT_IO && ioreq_submit(vcpu, &access) == BN_EBUSY &&
                vcpu->state != VCPU_WAIT_IO)
                abort();
            break;
        case 1: /* somebody writes to the page */
            page[(data[4] | (unsigned)data[5] << 8) % HV_PAGE_BYTES] = data[6];
            page[(data[1] & 15) * 256 + 136] = data[7] & 3;
            break;
        case 2:
            (void)fake_call(0x31, 1, id);
            break;
        case 3:
            if (ioreq_take(vcpu, &value) == BN_OK && vcpu->state != VCPU_READY)
                abort();
            break;
        default:
            if ((data[1] & 7) == 0 && fake_call(0x15, 1, 0) == 0) { /* reset, start */
                vms[IVI].vcpu[0].state = vms[IVI].vcpu[1].state = VCPU_READY;
                (void)fake_call(0x12, 1, 0);
            }
        }
    }
    return 0;
}
