/* SPDX-License-Identifier: BSD-3-Clause */
/* What interrupts the hypervisor itself: exceptions end in panic, vectors go to their owners. */
#include "hv/arch.h"
#include "hv/host.h"
#include "hv/iommu.h"
#include "hv/vioapic.h"
#include "hv/vmsi.h"

static volatile bool stopping; /* a panic is on: NMIs mean "stop" */

void panic_stop_others(void)
{
    stopping = true;
    for (uint32_t i = 0; pcpus_ready && i < pcpu_count; i++)
        if (pcpus[i].online && &pcpus[i] != this_pcpu())
            lapic_send(pcpus[i].apic_id, LAPIC_NMI);
}

/*
 * A vector that is not the host's own: a device of the service VM sent it. Where no vCPU of the
 * service VM lives nobody can want it.
 */
static void device_interrupt(uint8_t vector)
{
    struct vcpu *service = this_pcpu()->service;

    if (vector >= HOST_VECTOR_DEVICE_FIRST)
        vmsi_interrupt(this_pcpu(), vector);
    else if (service && !hostirq_take(service, vector))
        vlapic_post(service, vector, false);
    host_lapic_eoi();
}

/* The host's own vectors. A device that forges one causes a look at queues, and nothing else. */
static void host_interrupt(uint8_t vector)
{
    host_lapic_eoi();
    if (vector == HOST_VECTOR_TIMER)
        timer_interrupt();
    else if (vector == HOST_VECTOR_CONSOLE)
        console_poll();
    else if (vector == HOST_VECTOR_IOMMU)
        iommu_interrupt();
    else
        this_pcpu()->resched = true;
}

void trap_dispatch(struct trap_frame *frame)
{
    uint8_t vector = (uint8_t)frame->vector;

    if (vector == VECTOR_NMI) {
        if (stopping)
            for (;;)
                __asm__ volatile("cli; hlt");
        this_pcpu()->resched = true;
        if (frame->rip >= (uint64_t)idle_until_nmi && frame->rip < (uint64_t)idle_until_nmi_end)
            frame->rip = (uint64_t)idle_until_nmi_end;
    } else if (vector < 32) {
        panic_registers(frame);
        hv_panic("exception %u at %lx", vector, frame->rip);
    } else if (vector >= HOST_VECTOR_FIRST && vector <= HOST_VECTOR_LAST) {
        host_interrupt(vector);
    } else if (vector != HOST_VECTOR_SPURIOUS) {
        device_interrupt(vector);
    }
}
