/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of a virtual machine: made from its scenario entry, started, stopped, reset, taken
 * apart. */
#include "hv/arch.h"
#include "hv/host.h"
#include "hv/iommu.h"
#include "hv/ioreq.h"
#include "hv/platform.h"
#include "hv/watchdog.h"

struct vm vms[HV_MAX_VMS];

struct vm *vm_service(void)
{
    for (uint32_t i = 0; i < scenario.vm_count; i++)
        if (scenario.vm[i].kind == BN_VM_SERVICE)
            return &vms[i];
    return NULL;
}

bool vm_is_service(const struct vm *vm)
{
    return vm->config->kind == BN_VM_SERVICE;
}

void vm_init_all(void)
{
    for (uint32_t i = 0; i < scenario.vm_count; i++) {
        vms[i].id = i;
        vms[i].config = &scenario.vm[i];
        vms[i].vcpu_count = scenario.vm[i].cpu_count;
    }
}

static enum bn_status create_vcpu(struct vm *vm, uint32_t id)
{
    const struct bn_vm_cpu *config = &vm->config->cpu[id];
    struct vcpu *vcpu = &vm->vcpu[id];
    enum bn_status status;

    if (!vcpu->xsave) {
        hpa_t area = pages_alloc(2);

        if (!area)
            return BN_ENOMEM;
        vcpu->xsave = hpa_to_ptr(area);
        vcpu->lapic.regs = hpa_to_ptr(area + HV_PAGE_BYTES);
    }
    vcpu->vm = vm;
    vcpu->id = id;
    vcpu->pcpu = &pcpus[config->pcpu];
    vcpu->weight = config->weight;
    vcpu->lapic.vcpu = vcpu;
    /* Devices of these two send their interrupts to the physical id. */
    vcpu->lapic.apic_id = vm->config->kind == BN_VM_POSTLAUNCHED ? id : vcpu->pcpu->apic_id;
    memset(vcpu->exits, 0, sizeof(vcpu->exits));
    memset(vcpu->known, 0, sizeof(vcpu->known));
    status = vendor->vcpu_create(vcpu);
    if (status == BN_OK && id == 0)
        msr_policy_apply(vcpu);
    return status;
}

static void reset_vcpus(struct vm *vm)
{
    for (uint32_t i = 0; i < vm->vcpu_count; i++) {
        vcpu_reset(&vm->vcpu[i]);
        vm->vcpu[i].requests = 0;
        vm->vcpu[i].state = i ? VCPU_WAIT_SIPI : VCPU_READY;
    }
}

enum bn_status vm_create(struct vm *vm)
{
    enum bn_status status = BN_EBUSY;

    if (vm->state != VM_ABSENT)
        return BN_EBUSY;
    vm->pio_count = vm->mmio_count = 0;
    status = paging_init(&vm->memory, vendor->nested) ?: vm_close_maps(vm);
    for (uint32_t i = 0; status == BN_OK && i < vm->vcpu_count; i++)
        status = create_vcpu(vm, i);
    if (status == BN_OK) {
        reset_vcpus(vm);
        status = platform_create(vm);
    }
    if (status != BN_OK) {
        paging_finish(&vm->memory);
        return status;
    }
    for (uint32_t i = 0; i < vm->vcpu_count; i++)
        sched_add(&vm->vcpu[i]);
    vm->state = VM_CREATED;
    return BN_OK;
}

enum bn_status vm_build(struct vm *vm)
{
    const struct bn_module *image = boot_module(vm->config->image);
    enum bn_status status;

    if (!image) {
        hv_log("[%s] image %s was not loaded", vm->config->name, vm->config->image);
        return BN_ENODEV;
    }
    status = vm_is_service(vm) ? service_build(vm, image) : prelaunched_build(vm, image);
    if (status != BN_OK)
        hv_log("[%s] cannot be built from %s (status %u)", vm->config->name, vm->config->image,
               status);
    return status;
}

static void kick_all(struct vm *vm)
{
    for (uint32_t i = 0; i < vm->vcpu_count; i++)
        pcpu_kick(vm->vcpu[i].pcpu);
}

void vm_start(struct vm *vm)
{
    __atomic_store_n(&vm->state, VM_RUNNING, __ATOMIC_SEQ_CST);
    kick_all(vm);
}

/* The vCPU on whose behalf this CPU is working is in the host for certain: it is not waited for,
 * nor are its siblings, which may be waiting for it. */
static bool own_vm(const struct vm *vm)
{
    const struct vcpu *mine = this_pcpu()->loaded;

    return mine && mine->vm == vm;
}

void vm_pause(struct vm *vm)
{
    if (vm->state == VM_ABSENT)
        return;
    if (vm->state == VM_RUNNING)
        __atomic_store_n(&vm->state, VM_PAUSED, __ATOMIC_SEQ_CST);
    kick_all(vm);
    if (own_vm(vm))
        return;
    for (uint32_t i = 0; i < vm->vcpu_count; i++)
        while (__atomic_load_n(&vm->vcpu[i].loaded, __ATOMIC_ACQUIRE))
            cpu_pause();
}

void vm_reset(struct vm *vm)
{
    vm_pause(vm);
    reset_vcpus(vm);
    platform_reset(vm);
    vm->state = VM_CREATED;
}

void vm_destroy(struct vm *vm)
{
    if (vm->state == VM_ABSENT)
        return;
    vm_pause(vm);
    vm->state = VM_DYING;
    platform_destroy(vm);
    for (uint32_t i = 0; i < vm->vcpu_count; i++) {
        timer_cancel(&vm->vcpu[i].lapic.timer);
        vm->vcpu[i].state = VCPU_OFF;
    }
    iommu_release(vm);
    /* No CPU is in this VM, and each of its vCPUs flushes its TLB when it is entered next. */
    spin_lock(&vm->memory_lock);
    paging_finish(&vm->memory);
    spin_unlock(&vm->memory_lock);
    vm->state = VM_ABSENT;
}

/* All its vCPUs; returns when done. */
static void flush_tlb(struct vm *vm)
{
    for (uint32_t i = 0; i < vm->vcpu_count; i++)
        if (vm->vcpu[i].pcpu)
            vcpu_request(&vm->vcpu[i], VCPU_REQ_FLUSH_TLB);
    /* Whoever is not in guest mode flushes before he is again. */
    for (uint32_t i = 0; i < vm->vcpu_count; i++) {
        struct vcpu *vcpu = &vm->vcpu[i];

        while (vcpu->pcpu && vcpu->requests & VCPU_REQ_FLUSH_TLB && vcpu->pcpu->loaded == vcpu &&
               __atomic_load_n(&vcpu->pcpu->mode, __ATOMIC_SEQ_CST) == PCPU_GUEST)
            cpu_pause();
    }
}

enum bn_status vm_map(struct vm *vm, gpa_t gpa, hpa_t hpa, uint64_t bytes, uint32_t rights)
{
    enum bn_status status = BN_EINVAL;

    spin_lock(&vm->memory_lock);
    if (vm->memory.root)
        status = paging_map(&vm->memory, gpa, hpa, bytes, rights)
                     ?: iommu_map(vm, gpa, hpa, bytes, rights);
    spin_unlock(&vm->memory_lock);
    if (status == BN_OK && vm->state != VM_CREATED)
        flush_tlb(vm); /* a mapping may have been replaced, or rights taken */
    return status;
}

enum bn_status vm_unmap(struct vm *vm, gpa_t gpa, uint64_t bytes)
{
    enum bn_status status = BN_EINVAL;

    spin_lock(&vm->memory_lock);
    if (vm->memory.root)
        status = iommu_unmap(vm, gpa, bytes) ?: paging_unmap(&vm->memory, gpa, bytes);
    spin_unlock(&vm->memory_lock);
    if (status == BN_OK)
        flush_tlb(vm);
    return status;
}
