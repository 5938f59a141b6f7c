/* SPDX-License-Identifier: BSD-3-Clause */
/* Accesses to ports and memory that are emulated: find who owns the address, ask, give the answer.
 */
#include "hv/exits.h"
#include "hv/insn.h"
#include "hv/ioreq.h"
#include "hv/lib.h"
#include "hv/log.h"
#include "hv/pcpu.h"
#include "hv/shm.h"

/* Binary search: the last region that starts at or below `address`. */
static const struct io_region *find(const struct io_region *table, uint32_t count, uint64_t address,
                                    unsigned bytes)
{
    uint32_t low = 0, high = count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (table[middle].base <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low || address - table[low - 1].base + bytes > table[low - 1].bytes)
        return NULL;
    return &table[low - 1];
}

static enum bn_status add(struct io_region *table, uint32_t *count, const struct io_region *region)
{
    uint32_t at = 0;

    if (*count == VM_MAX_IO_REGIONS)
        return BN_ENOMEM;
    while (at < *count && table[at].base < region->base)
        at++;
    if ((at && table[at - 1].base + table[at - 1].bytes > region->base) ||
        (at < *count && region->base + region->bytes > table[at].base))
        return BN_EINVAL;
    memmove(&table[at + 1], &table[at], (*count - at) * sizeof(*table));
    table[at] = *region;
    ++*count;
    return BN_OK;
}

enum bn_status vm_add_pio(struct vm *vm, uint16_t port, uint16_t count, io_handler handler,
                          void *device)
{
    struct io_region region = {port, count, handler, device};

    return add(vm->pio, &vm->pio_count, &region);
}

enum bn_status vm_add_mmio(struct vm *vm, gpa_t base, uint64_t bytes, io_handler handler,
                           void *device)
{
    struct io_region region = {base, bytes, handler, device};

    return add(vm->mmio, &vm->mmio_count, &region);
}

/* Nobody in the hypervisor owns the address: the device model, if this VM has one; else the bus
 * floats. */
static enum bn_status ask_device_model(struct vcpu *vcpu, const struct ioreq_access *access,
                                       uint64_t *value)
{
    enum bn_status status = BN_ENODEV;

    if (vcpu->vm->config->kind == BN_VM_POSTLAUNCHED)
        status = ioreq_submit(vcpu, access);
    if (status == BN_EBUSY)
        return BN_EBUSY;
    if (!access->write)
        *value = access->bytes == 8 ? ~0ull : (1ull << access->bytes * 8) - 1;
    if (vcpu->vm->config->kind != BN_VM_POSTLAUNCHED)
        vm_log(vcpu->vm, "denied: %s of %s%lx at rip %lx", access->write ? "write" : "read",
               access->mmio ? "" : "port ", access->address, vcpu->rip);
    return BN_OK;
}

static enum bn_status access_port(struct vcpu *vcpu, uint16_t port, unsigned bytes, bool write,
                                  uint64_t *value)
{
    const struct io_region *r = find(vcpu->vm->pio, vcpu->vm->pio_count, port, bytes);
    struct ioreq_access access = {
        .write = write, .bytes = (uint8_t)bytes, .address = port, .value = *value};

    if (r)
        return r->handler(vcpu, r->device, port - r->base, bytes, write, value);
    return ask_device_model(vcpu, &access, value);
}

static enum bn_status access_memory(struct vcpu *vcpu, gpa_t gpa, unsigned bytes, bool write,
                                    uint64_t *value)
{
    const struct io_region *r = find(vcpu->vm->mmio, vcpu->vm->mmio_count, gpa, bytes);
    struct ioreq_access access = {
        .mmio = true, .write = write, .bytes = (uint8_t)bytes, .address = gpa, .value = *value};

    if (r)
        return r->handler(vcpu, r->device, gpa - r->base, bytes, write, value);
    return ask_device_model(vcpu, &access, value);
}

static void wait_for_answer(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
    vcpu->io.active = true;
    vcpu->io.exit = *exit;
    vcpu->pcpu->resched = true;
}

static void finish_port(struct vcpu *vcpu, const struct vcpu_exit *exit, uint64_t value)
{
    uint64_t *rax = &vcpu->regs[REG_RAX];

    if (exit->pio.in && exit->pio.size == 4)
        *rax = (uint32_t)value;
    else if (exit->pio.in && exit->pio.size == 2)
        *rax = (*rax & ~0xFFFFull) | (value & 0xFFFF);
    else if (exit->pio.in)
        *rax = (*rax & ~0xFFull) | (value & 0xFF);
    vcpu_skip_instruction(vcpu, exit);
}

/* Does what a decoded instruction wants until it is done or has to wait. */
static void run_instruction(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
    struct mmio_insn *insn = &vcpu->io.insn;

    while (insn->step == INSN_READ || insn->step == INSN_WRITE) {
        uint64_t value = insn->step == INSN_WRITE ? insn->value : 0;
        bool write = insn->step == INSN_WRITE;
        enum bn_status status;

        if (exit->kind == EXIT_PIO)
            status = access_port(vcpu, exit->pio.port, insn->bytes, write, &value);
        else
            status = access_memory(vcpu, exit->mmio.gpa, insn->bytes, write, &value);
        if (status == BN_EBUSY) {
            wait_for_answer(vcpu, exit);
            return;
        }
        if (status != BN_OK) {
            vcpu_inject_gp(vcpu);
            return;
        }
        insn->step = (uint8_t)insn_complete(vcpu, insn, value);
    }
}

static void start_instruction(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
    enum bn_status status = insn_start(vcpu, &vcpu->io.insn, exit);

    if (status == BN_OK) {
        run_instruction(vcpu, exit);
        return;
    }
    vm_log(vcpu->vm, "instruction at rip %lx cannot be emulated (access to %lx)", vcpu->rip,
           exit->kind == EXIT_MMIO ? exit->mmio.gpa : exit->pio.port);
    vcpu_inject_gp(vcpu);
}

void exit_pio(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
    uint64_t value = 0;
    enum bn_status status;

    if (exit->pio.string) {
        start_instruction(vcpu, exit);
        return;
    }
    if (!exit->pio.in)
        value = vcpu->regs[REG_RAX] & ((1ull << exit->pio.size * 8) - 1);
    status = access_port(vcpu, exit->pio.port, exit->pio.size, !exit->pio.in, &value);
    if (status == BN_EBUSY)
        wait_for_answer(vcpu, exit);
    else if (vcpu->vm->state == VM_RUNNING)
        finish_port(vcpu, exit, value);
}

void exit_mmio(struct vcpu *vcpu, const struct vcpu_exit *exit)
{
    vcpu->look = true; /* the APIC's registers are here */
    if (shm_fault(vcpu, exit->mmio.gpa, exit->mmio.write))
        return;
    if (exit->mmio.fetch) {
        vm_log(vcpu->vm, "denied: execution at %lx", exit->mmio.gpa);
        vcpu_inject_gp(vcpu);
        return;
    }
    start_instruction(vcpu, exit);
}

void exit_io_done(struct vcpu *vcpu)
{
    struct vcpu_exit exit = vcpu->io.exit;
    uint64_t value = 0;

    if (!vcpu->io.active || ioreq_take(vcpu, &value) != BN_OK)
        return;
    vcpu->io.active = false;
    vcpu->state = VCPU_READY;
    if (exit.kind == EXIT_PIO && !exit.pio.string) {
        finish_port(vcpu, &exit, value);
        return;
    }
    vcpu->io.insn.step = (uint8_t)insn_complete(vcpu, &vcpu->io.insn, value);
    run_instruction(vcpu, &exit);
}
